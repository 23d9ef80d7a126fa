import type { DataSource } from 'typeorm';
import { quoteSchema } from './schema-name';

const batch = 1000;

/**
 * Gives committed rows of `<owner>.outbox` the next dense positions and returns how many it numbered.
 *
 * One at a time, under an advisory lock that the transaction holds until its commit is visible: whoever sees position n
 * therefore sees every position below it, and no row can ever appear below a position that somebody has seen. The step is
 * short, so a second process waits for its turn: the row that made it come is numbered when it returns.
 * Rows of one key are numbered in the order of `serial`, which is the order of their commits (see `publish`).
 */
export async function numberOutbox(dataSource: DataSource, owner: string): Promise<number> {
  const schema = quoteSchema(owner);
  return dataSource.transaction('READ COMMITTED', async (tx) => {
    await tx.query('SELECT pg_advisory_xact_lock(hashtextextended($1, 0))', [`ncr.outbox.${owner}`]);
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
