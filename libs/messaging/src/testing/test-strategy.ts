import { once } from 'node:events';
import { publish } from '../outbox';
import { Desk, erased, MakeBed, noted } from './bed';

export type { Bed, BedHandler, BedProcess, MakeBed, Note } from './bed';

const range = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, i) => from + i);

/** What every transport strategy must do (design: messages). `make` builds a strategy on an empty database. */
export function testStrategy(name: string, make: MakeBed): void {
  describe(`the ${name} strategy`, () => {
    let desk: Desk;
    beforeEach(async () => {
      desk = await Desk.open(make);
    });
    afterEach(() => desk.close());

    it('INV-9: delivers every message of a key in the order of its commits', async () => {
      const keys = ['a', 'b', 'c', 'd'];
      await desk.start(desk.reader('all'));
      await Promise.all(keys.map((key) => desk.write(key, 1, 25)));
      await desk.until('all', 100);
      for (const key of keys) expect(await desk.numbers('all', key)).toEqual(range(1, 25));
    });

    it('delivers what was published before the consumer existed, and while no process ran', async () => {
      await desk.write('a', 1, 3);
      const process = await desk.start(desk.reader('late'));
      await desk.until('late', 3);
      await process.stop();
      await desk.write('a', 4, 6);
      await desk.start(desk.reader('late'));
      await desk.until('late', 6);
      expect(await desk.numbers('late', 'a')).toEqual(range(1, 6));
    });

    it('delivers what was inserted early and committed late', async () => {
      await desk.start(desk.reader('all'));
      const slow = desk.dataSource.createQueryRunner();
      await slow.startTransaction();
      await publish(slow, noted, 'slow', { n: 1 });
      await desk.write('quick', 1, 3);
      await desk.until('all', 3);
      await slow.commitTransaction();
      await slow.release();
      await desk.until('all', 4);
      expect(await desk.numbers('all', 'slow')).toEqual([1]);
    });

    it('never delivers what was rolled back', async () => {
      await desk.start(desk.reader('all'));
      const undone = desk.dataSource.transaction(async (tx) => {
        await publish(tx, noted, 'a', { n: 13 });
        throw new Error('changed my mind');
      });
      await expect(undone).rejects.toThrow('changed my mind');
      await desk.write('a', 1);
      await desk.until('all', 1);
      expect(await desk.numbers('all', 'a')).toEqual([1]);
    });

    it('keeps the order per key over all contracts of one consumer', async () => {
      await desk.start(desk.reader('all'));
      for (const n of range(1, 10)) await desk.write('a', n, n, n % 2 === 0 ? erased : noted);
      await desk.until('all', 10);
      expect(await desk.numbers('all', 'a')).toEqual(range(1, 10));
      expect(new Set((await desk.seen('all')).map((row) => row.subject)).size).toBe(2);
    });

    it('delivers again after a crash between the work and its acknowledgement, and the work counts once', async () => {
      let crashes = 0;
      await desk.start(
        desk.reader('all', async ({ tx, payload }) => {
          if (payload.n !== 2 || crashes++ > 0) return;
          await tx.query('SELECT pg_terminate_backend(pg_backend_pid())');
        }),
      );
      await desk.write('a', 1, 3);
      await desk.until('all', 3);
      expect(crashes).toBe(2);
      expect(await desk.numbers('all', 'a')).toEqual([1, 2, 3]);
    });

    it('tries a failing message again, later, before the next one of its key', async () => {
      const attempts: number[] = [];
      await desk.start(
        desk.reader('all', async ({ payload }) => {
          attempts.push(payload.n);
          if (attempts.length < 3) throw new Error('not today');
        }),
      );
      await desk.write('a', 1, 2);
      await desk.until('all', 2);
      expect(attempts).toEqual([1, 1, 1, 2]);
      expect(await desk.numbers('all', 'a')).toEqual([1, 2]);
    });

    it('puts a poisonous message aside after the last try, with its payload and error, and goes on', async () => {
      await desk.start(
        desk.reader('all', ({ payload }) =>
          payload.n === 1 ? Promise.reject(new Error('poison')) : Promise.resolve(),
        ),
      );
      await desk.write('a', 1, 3);
      await desk.until('all', 2);
      expect(await desk.numbers('all', 'a')).toEqual([2, 3]);
      expect(
        await desk.dataSource.query('SELECT consumer, subject, key, payload, error, attempts FROM reader.dead_letter'),
      ).toEqual([
        {
          consumer: 'reader.all',
          subject: noted.subject,
          key: 'a',
          payload: { n: 1 },
          error: expect.stringContaining('poison') as string,
          attempts: 3,
        },
      ]);
    });

    it('puts a message aside at once that breaks its contract', async () => {
      await desk.start(desk.reader('all'));
      await desk.dataSource.query(
        `INSERT INTO writer.outbox (subject, key, partition, payload) VALUES ($1, 'a', 0, '{"n": "one"}')`,
        [noted.subject],
      );
      const letters = () => desk.dataSource.query<{ attempts: number }[]>('SELECT attempts FROM reader.dead_letter');
      await desk.eventually(async () => (await letters()).length > 0, 'no dead letter');
      expect(await letters()).toEqual([{ attempts: 1 }]);
    });

    it('lets a slow consumer delay no other', async () => {
      const gate = new AbortController();
      const slow = desk.reader('slow', async () => {
        if (!gate.signal.aborted) await once(gate.signal, 'abort');
      });
      await desk.start(slow, desk.reader('quick'));
      await desk.write('a', 1, 20);
      await desk.write('b', 1, 20);
      await desk.until('quick', 40);
      expect(await desk.seen('slow')).toEqual([]);
      gate.abort();
      await desk.until('slow', 40);
    });

    it('delivers again from a position, with the same ids and positions', async () => {
      const first = await desk.start(desk.reader('all'));
      await desk.write('a', 1, 6);
      await desk.until('all', 6);
      await first.stop();
      const before = await desk.seen('all');
      await desk.dataSource.query(
        `UPDATE reader.consumer_position SET position = $1 WHERE consumer = 'reader.all' AND position > $1`,
        [before[2].position],
      );
      await desk.start(desk.reader('all'));
      await desk.until('all', 9);
      expect((await desk.seen('all')).slice(6)).toEqual(before.slice(3));
    });

    it('gives each message to one of two processes, and a key to one at a time', async () => {
      const busy = new Map<string, number>();
      let overlaps = 0;
      const careful = () =>
        desk.reader('shared', async ({ key }) => {
          busy.set(key, (busy.get(key) ?? 0) + 1);
          if (busy.get(key)! > 1) overlaps++;
          await new Promise((resolve) => setTimeout(resolve, 2));
          busy.set(key, busy.get(key)! - 1);
        });
      await Promise.all([desk.start(careful()), desk.start(careful())]);
      const keys = range(1, 8).map((n) => `key-${n}`);
      await Promise.all(keys.map((key) => desk.write(key, 1, 15)));
      await desk.until('shared', 120);
      await new Promise((resolve) => setTimeout(resolve, 100));
      for (const key of keys) expect(await desk.numbers('shared', key)).toEqual(range(1, 15));
      expect(overlaps).toBe(0);
    });

    it('hands over to the other process when one stops', async () => {
      const [first] = await Promise.all([desk.start(desk.reader('shared')), desk.start(desk.reader('shared'))]);
      await desk.write('a', 1, 5);
      await first.stop();
      await desk.write('a', 6, 10);
      await desk.until('shared', 10);
      expect(await desk.numbers('shared', 'a')).toEqual(range(1, 10));
    });
  });
}
