import { assert, property, string } from 'fast-check';
import { Consumer } from './consumer';
import { handlerExtras } from './handles';
import { numberOutbox } from './numbering';
import { partitionOf, partitions, publish } from './outbox';
import { sweepOutbox } from './sweeper';
import { Desk, noted } from './testing/bed';

let desk: Desk;
beforeEach(async () => {
  desk = await Desk.open(() => Promise.resolve({ start: () => Promise.reject(new Error('no processes here')) }));
});
afterEach(() => desk.close());

const positions = async () =>
  (
    await desk.dataSource.query<{ position: string | null }[]>('SELECT position FROM writer.outbox ORDER BY position')
  ).map(({ position }) => position && Number(position));

describe('the outbox', () => {
  it('spreads keys over all partitions, a key always to the same', () => {
    const used = new Set(Array.from({ length: 500 }, (_, n) => partitionOf(`team/app-${n}`)));
    expect([...used].sort((a, b) => a - b)).toEqual(Array.from({ length: partitions }, (_, n) => n));
    assert(property(string(), (key) => partitionOf(key) === partitionOf(key) && partitionOf(key) < partitions));
  });

  it('refuses a payload that breaks the contract', async () => {
    await expect(publish(desk.dataSource.manager, noted, 'a', { n: 0.5 })).rejects.toThrow('expected int');
  });

  it('numbers densely from 1, goes on where it stopped, even when everything was swept', async () => {
    await desk.write('a', 1, 3);
    expect(await numberOutbox(desk.dataSource, 'writer')).toBe(3);
    expect(await numberOutbox(desk.dataSource, 'writer')).toBe(0);
    await desk.dataSource.query('DELETE FROM writer.outbox');
    await desk.write('a', 4, 5);
    await numberOutbox(desk.dataSource, 'writer');
    expect(await positions()).toEqual([4, 5]);
  });

  it('numbers densely when many processes number at once', async () => {
    const writing = new AbortController();
    const numberers = Array.from({ length: 4 }, async () => {
      while (!writing.signal.aborted) await numberOutbox(desk.dataSource, 'writer');
    });
    await Promise.all(['a', 'b', 'c'].map((key) => desk.write(key, 1, 30)));
    writing.abort();
    await Promise.all(numberers);
    await numberOutbox(desk.dataSource, 'writer');
    expect(await positions()).toEqual(Array.from({ length: 90 }, (_, n) => n + 1));
  });

  it('keeps rows until they are old and every consumer has passed', async () => {
    await desk.write('a', 1, 4);
    await numberOutbox(desk.dataSource, 'writer');
    const consumer = new Consumer(handlerExtras(noted, 'reader.one'), desk.dataSource, { tries: 1, pause: 0 });
    consumer.handle(noted.subject, () => Promise.resolve());
    await consumer.prepare();
    const sweep = () => sweepOutbox(desk.dataSource, 'writer', [consumer]);
    await consumer.deliver(partitionOf('a'));
    expect(await sweep()).toBe(0);
    await desk.dataSource.query(`UPDATE writer.outbox SET created_at = now() - interval '8 days' WHERE position <= 3`);
    expect(await sweep()).toBe(1);
    await consumer.deliver(partitionOf('a'));
    await consumer.deliver(partitionOf('a'));
    await consumer.deliver(partitionOf('a'));
    expect(await sweep()).toBe(2);
    expect(await positions()).toEqual([4]);
  });
});
