import { ManifestUnknown } from '@ncr/oci';
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
  expect(await cache.get('a', async () => undefined)).toBeUndefined();
});

test('INV-2: nobody sees the old row after somebody saw the new one, while the change still goes on', async () => {
  const cache = new MutableCache<typeof row>(5000, 10);
  const [before, after] = [{ value: 1 }, { value: 2 }];
  await cache.get('a', async () => before);
  const [slow, commit] = [Promise.withResolvers<typeof row>(), Promise.withResolvers<void>()];
  const change = cache.changing(
    'a',
    () => commit.promise,
    () => ['a'],
  );
  const reading = cache.get('a', () => slow.promise);
  expect(await cache.get('a', async () => after)).toBe(after);
  slow.resolve(before);
  expect(await reading).toBe(before);
  expect(await cache.get('a', async () => after)).toBe(after);
  commit.resolve();
  await change;
  expect(await cache.get('a', async () => after)).toBe(after);
});

test('INV-2: what was read while it changed is not remembered, and other rows stay in memory', async () => {
  const cache = new MutableCache<typeof row>(5000, 10);
  await cache.get('b', async () => row);
  const slow = Promise.withResolvers<typeof row>();
  const nothing = async (): Promise<undefined> => undefined;
  const reading = Promise.withResolvers<unknown>();
  await cache.changing(
    'a',
    async () => {
      void cache.get('a', () => slow.promise).then(reading.resolve);
      expect(await cache.get('b', nothing)).toBe(row);
    },
    () => ['a'],
  );
  slow.resolve(row);
  await reading.promise;
  expect(await cache.get('a', nothing)).toBeUndefined();
});

test('a refused change drops nothing, one that failed drops everything', async () => {
  const cache = new MutableCache<typeof row>(5000, 10);
  await cache.get('a', async () => row);
  const failing = async (error: Error): Promise<void> => {
    const work = async (): Promise<void> => {
      throw error;
    };
    await expect(cache.changing('a', work, () => ['a'])).rejects.toBe(error);
  };
  await failing(new ManifestUnknown('refused'));
  expect(await cache.get('a', async () => undefined)).toBe(row);
  await failing(new Error('connection lost'));
  expect(await cache.get('a', async () => undefined)).toBeUndefined();
});

test('without a lifetime nothing is remembered', async () => {
  const cache = new MutableCache<typeof row>(0, 10);
  const read = jest.fn(async () => row);
  await cache.get('a', read);
  await cache.get('a', read);
  expect(read).toHaveBeenCalledTimes(2);
});
