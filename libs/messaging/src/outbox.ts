import { createHash } from 'node:crypto';
import { Contract, ownerOf } from '@ncr/contracts';
import { markPublished, Queryable } from './bell';
import { quoteSchema } from './schema-name';

/** Number of partitions of every subject. Changing it would reorder what waits. */
export const partitions = 16;

/** The partition of a key, 0 to 15: all messages of one key share one, and so keep their order. */
export function partitionOf(key: string): number {
  return createHash('sha256').update(key).digest()[0] % partitions;
}

/**
 * Records a fact in the transaction of the change it tells of: both commit or neither. Call it after the lock that
 * serialises changes of `key` is held, so that the order of rows of one key is the order of their commits.
 * The row goes into `<owner>.outbox`, owner being the second word of the subject. Throws a `ZodError` when the payload
 * breaks the contract.
 */
export async function publish<P>(tx: Queryable, contract: Contract<P>, key: string, payload: P): Promise<void> {
  await tx.query(
    `INSERT INTO ${quoteSchema(ownerOf(contract))}.outbox (subject, key, partition, payload) VALUES ($1, $2, $3, $4)`,
    [contract.subject, key, partitionOf(key), JSON.stringify(contract.payload.parse(payload))],
  );
  markPublished(tx);
}

/**
 * SQL for the first migration of a service that publishes.
 *
 * Why `position` is not `serial`: ids are drawn when a row is inserted, but rows become visible when their transaction
 * commits. A reader that has seen id 7 would step over id 6, committed later, for ever. So a committed row gets its
 * `position` from the numbering step (`numbering.ts`), and nobody who reads in order looks at anything else. `serial`
 * orders rows of one key only, whose transactions the key's lock keeps apart.
 */
export function outboxTables(service: string): string {
  const schema = quoteSchema(service);
  return `
    CREATE TABLE ${schema}.outbox (
      serial bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
      id uuid NOT NULL DEFAULT gen_random_uuid(),
      subject text NOT NULL COLLATE "C",
      key text NOT NULL COLLATE "C",
      partition smallint NOT NULL CHECK (partition BETWEEN 0 AND ${partitions - 1}),
      payload jsonb NOT NULL,
      created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
      position bigint
    );
    CREATE INDEX outbox_unnumbered ON ${schema}.outbox (serial) WHERE position IS NULL;
    CREATE UNIQUE INDEX outbox_by_position ON ${schema}.outbox (position) WHERE position IS NOT NULL;
    CREATE INDEX outbox_next ON ${schema}.outbox (subject, partition, position) WHERE position IS NOT NULL;
    CREATE TABLE ${schema}.outbox_position (
      single boolean PRIMARY KEY DEFAULT true CHECK (single),
      last bigint NOT NULL
    );
    INSERT INTO ${schema}.outbox_position (last) VALUES (0);
  `;
}

/** SQL for the first migration of a service that consumes: its places, and the messages it gave up. */
export function consumerTables(service: string): string {
  const schema = quoteSchema(service);
  return `
    CREATE TABLE ${schema}.consumer_position (
      consumer text NOT NULL COLLATE "C",
      partition smallint NOT NULL,
      position bigint NOT NULL DEFAULT 0,
      attempts integer NOT NULL DEFAULT 0,
      retry_at timestamptz,
      PRIMARY KEY (consumer, partition)
    );
    CREATE TABLE ${schema}.dead_letter (
      consumer text NOT NULL COLLATE "C",
      event_id uuid NOT NULL,
      position bigint NOT NULL,
      subject text NOT NULL COLLATE "C",
      key text NOT NULL COLLATE "C",
      payload jsonb NOT NULL,
      error text NOT NULL,
      attempts integer NOT NULL,
      created_at timestamptz NOT NULL DEFAULT now(),
      PRIMARY KEY (consumer, event_id)
    );
  `;
}
