import type { DataSource } from 'typeorm';
import { quoteSchema } from './schema-name';

const batch = 1000;

/**
 * Gives committed rows of `<owner>.outbox` the next dense positions and returns how many it numbered.
 *
 * One at a time, under an advisory lock that the transaction holds until its commit is visible: whoever sees position n
 * therefore sees every position below it, and no row can ever appear below a position that somebody has seen. The lock is
 * only tried: a process that does not get it leaves the work to the one that has it.
 * Rows of one key are numbered in the order of `serial`, which is the order of their commits (see `publish`).
 */
export async function numberOutbox(dataSource: DataSource, owner: string): Promise<number> {
  const schema = quoteSchema(owner);
  return dataSource.transaction('READ COMMITTED', async (tx) => {
    const [lock] = await tx.query<{ locked: boolean }[]>(
      `SELECT pg_try_advisory_xact_lock(hashtextextended($1, 0)) AS locked`,
      [`ncr.outbox.${owner}`],
    );
    if (!lock?.locked) return 0;
    const [numbered] = await tx.query<{ count: number }[]>(
      `WITH waiting AS (
         SELECT serial, row_number() OVER (ORDER BY serial) AS nth
         FROM (SELECT serial FROM ${schema}.outbox WHERE position IS NULL ORDER BY serial LIMIT ${batch}) oldest
       ), counted AS (
         UPDATE ${schema}.outbox_position SET last = last + (SELECT count(*) FROM waiting)
         WHERE EXISTS (SELECT FROM waiting)
         RETURNING last - (SELECT count(*) FROM waiting) AS base
       ), placed AS (
         UPDATE ${schema}.outbox o SET position = base + nth FROM waiting, counted WHERE o.serial = waiting.serial
         RETURNING 1
       )
       SELECT count(*)::int AS count FROM placed`,
    );
    return numbered?.count ?? 0;
  });
}
