import type { DataSource } from 'typeorm';
import { Consumer } from './consumer';
import { partitions } from './outbox';
import { quoteSchema } from './schema-name';

/**
 * Deletes the rows of `<owner>.outbox` that every one of `consumers` has passed and that are older than `days`; gives
 * their number. `consumers` must be all consumers of the suite, as they are where all services share a process.
 */
export async function sweepOutbox(
  dataSource: DataSource,
  owner: string,
  consumers: readonly Consumer[],
  days = 7,
): Promise<number> {
  const schema = quoteSchema(owner);
  const readers = consumers.filter((consumer) => consumer.owner === owner);
  const places = await Promise.all(readers.map((reader) => reader.places()));
  const behind = readers.flatMap((reader, nth) =>
    reader.subjects.flatMap((subject) =>
      Array.from({ length: partitions }, (_, partition) => ({
        subject,
        partition,
        // A partition without a row was never read.
        position: places[nth].get(partition) ?? '0',
      })),
    ),
  );
  const [swept] = await dataSource.query<{ count: number }[]>(
    `WITH behind AS (SELECT * FROM jsonb_to_recordset($1::jsonb) AS b (subject text, partition smallint, position bigint)),
     swept AS (
       DELETE FROM ${schema}.outbox o
       WHERE o.position IS NOT NULL AND o.created_at < now() - $2 * interval '1 day' AND NOT EXISTS (
         SELECT FROM behind b WHERE b.subject = o.subject AND b.partition = o.partition AND b.position < o.position)
       RETURNING 1)
     SELECT count(*)::int AS count FROM swept`,
    [JSON.stringify(behind), days],
  );
  return swept?.count ?? 0;
}
