import { onPublished, publish, outboxTables } from '@ncr/messaging';
import { event } from '@ncr/contracts';
import { Unavailable } from '@ncr/oci';
import { testDatabase } from '@ncr/embedded/testing';
import { z } from 'zod';
import { DataPool, inTransaction } from './data-pool';

const done = event('event.shop.thing.done', z.object({}), 'Done.');

let pool: DataPool;
let drop: () => Promise<void>;
beforeAll(async () => {
  const database = await testDatabase();
  drop = database.drop;
  pool = new DataPool({ connectionString: database.url, max: 2 });
  await pool.query(
    `CREATE SCHEMA shop; ${outboxTables('shop')} CREATE TABLE shop.row (id int PRIMARY KEY, n int NOT NULL)`,
  );
  await pool.query('INSERT INTO shop.row VALUES (1, 0), (2, 0)');
});
afterAll(async () => {
  await pool.end();
  await drop();
});

describe('the data plane’s pool', () => {
  it('F-17: refuses with 503 and Retry-After whoever waits five seconds for a connection', async () => {
    const held = await Promise.all([pool.connect(), pool.connect()]);
    const refused = await Promise.all(
      [pool.query('SELECT 1'), pool.connect()].map((wait) => wait.catch((error: unknown) => error)),
    );
    for (const client of held) client.release();
    for (const error of refused) {
      expect(error).toBeInstanceOf(Unavailable);
      expect((error as Unavailable).headers).toEqual({ 'Retry-After': '5' });
    }
    expect((await pool.query('SELECT 1 AS n')).rows).toEqual([{ n: 1 }]);
  });

  it('refuses likewise when the database is away', async () => {
    const away = new DataPool({ host: '127.0.0.1', port: 1 });
    await expect(away.query('SELECT 1')).rejects.toBeInstanceOf(Unavailable);
    await away.end();
  });
});

const update = (id: number) => `UPDATE shop.row SET n = n + 1 WHERE id = ${id}`;

describe('a transaction', () => {
  it('is committed before its result is given', async () => {
    await inTransaction(pool, (tx) => tx.query('UPDATE shop.row SET n = 7 WHERE id = 1'));
    expect((await pool.query('SELECT n FROM shop.row WHERE id = 1')).rows).toEqual([{ n: 7 }]);
  });

  it('leaves nothing when the work throws', async () => {
    const work = inTransaction(pool, async (tx) => {
      await tx.query('UPDATE shop.row SET n = 8 WHERE id = 1');
      throw new Error('no');
    });
    await expect(work).rejects.toThrow('no');
    expect((await pool.query('SELECT n FROM shop.row WHERE id = 1')).rows).toEqual([{ n: 7 }]);
  });

  it('F-19: that ends in a deadlock is done again', async () => {
    const both = (first: number, second: number) =>
      inTransaction(pool, async (tx) => {
        await tx.query(update(first));
        await new Promise((resolve) => setTimeout(resolve, 50));
        await tx.query(update(second));
      });
    await pool.query('UPDATE shop.row SET n = 0');
    await Promise.all([both(1, 2), both(2, 1)]);
    expect((await pool.query('SELECT n FROM shop.row')).rows).toEqual([{ n: 2 }, { n: 2 }]);
  });

  it('wakes the relay when it published, after the commit', async () => {
    let woken = 0;
    const silence = onPublished(() => woken++);
    await inTransaction(pool, async (tx) => {
      await publish(tx, done, 'key', {});
      expect(woken).toBe(0);
    });
    expect(woken).toBe(1);
    await inTransaction(pool, (tx) => tx.query('SELECT 1'));
    expect(woken).toBe(1);
    silence();
  });
});
