import { MutableCache } from './mutable-cache';

const row = { value: 1 };

test('a row is read once', async () => {
  const cache = new MutableCache<typeof row>(5000, 10);
  const read = jest.fn(async () => row);
  await cache.get('a', read);
  expect(await cache.get('a', read)).toBe(row);
  expect(read).toHaveBeenCalledTimes(1);
});

test('absence is not remembered', async () => {
  const cache = new MutableCache<typeof row>(5000, 10);
  await cache.get('a', async () => undefined);
  expect(await cache.get('a', async () => row)).toBe(row);
});

test('INV-2: what was read before a change committed is not remembered after it', async () => {
  const cache = new MutableCache<typeof row>(5000, 10);
  const slow = Promise.withResolvers<typeof row>();
  const reading = cache.get('a', () => slow.promise);
  cache.drop('a');
  slow.resolve(row);
  expect(await reading).toBe(row);
  expect(cache.peek('a')).toBeUndefined();
});

test('without a lifetime nothing is remembered', async () => {
  const cache = new MutableCache<typeof row>(0, 10);
  const read = jest.fn(async () => row);
  await cache.get('a', read);
  await cache.get('a', read);
  expect(read).toHaveBeenCalledTimes(2);
});
