import { Contract, ownerOf } from '@ncr/contracts';
import type { DataSource, EntityManager } from 'typeorm';
import { Delivery, HandlerExtras } from './handles';
import { partitions } from './outbox';
import { quoteSchema } from './schema-name';

/** How often a message is tried, and the pause before the second try, in milliseconds; it doubles up to a minute. */
export interface Persistence {
  readonly tries: number;
  readonly pause: number;
}

/** What became of one attempt; `nothing`: no message is due in the partition, or another process holds it. */
export type Outcome = 'handled' | 'failed' | 'dead' | 'nothing';

interface OutboxRow {
  readonly id: string;
  readonly subject: string;
  readonly key: string;
  readonly position: string;
  readonly payload: unknown;
  readonly created_at: Date;
}

interface Attempt {
  readonly partition: number;
  /** The consumer's position before the message, as PostgreSQL spells it. */
  readonly from: string;
  readonly row: OutboxRow;
}

/** The stored payload breaks the contract, and will do so the next time, too. */
class UnreadableMessage extends Error {}

const longestPause = 60_000;

/**
 * One consumer of one process: takes the messages of its subjects out of the publisher's outbox, in order.
 * Its place in each partition is a row of its own service's schema, locked while a message is handled: so of all
 * processes only one is at work on a partition, and there is at most one message of a key under way.
 */
export class Consumer {
  readonly name: string;
  /** The service whose outbox it reads. */
  readonly owner: string;
  readonly subjects: string[];
  private readonly schema: string;
  private readonly outbox: string;
  private readonly handlers = new Map<string, (delivery: Delivery<unknown>) => Promise<void>>();
  private readonly contracts: ReadonlyMap<string, Contract<unknown>>;

  constructor(
    readonly extras: HandlerExtras,
    private readonly dataSource: DataSource,
    private readonly persistence: Persistence,
  ) {
    const owners = new Set(extras.contracts.map(ownerOf));
    if (owners.size !== 1)
      throw new Error(`${extras.consumer} must read the events of one owner, not of ${owners.size}`);
    this.name = extras.consumer;
    this.owner = ownerOf(extras.contracts[0]);
    this.subjects = extras.contracts.map((contract) => contract.subject);
    this.schema = quoteSchema(extras.consumer.split('.')[0]);
    this.outbox = `${quoteSchema(this.owner)}.outbox`;
    this.contracts = new Map(extras.contracts.map((contract) => [contract.subject, contract]));
  }

  handle(subject: string, handler: (delivery: Delivery<unknown>) => Promise<void>): void {
    this.handlers.set(subject, handler);
  }

  /** Makes the rows of a new consumer: it begins with the oldest message that is still kept. */
  async prepare(): Promise<void> {
    await this.dataSource.query(
      `INSERT INTO ${this.schema}.consumer_position (consumer, partition)
       SELECT $1, n FROM generate_series(0, ${partitions - 1}) n ON CONFLICT DO NOTHING`,
      [this.name],
    );
  }

  /** Partitions with a message that is due. */
  async due(): Promise<number[]> {
    const rows = await this.dataSource.query<{ partition: number }[]>(
      `SELECT p.partition FROM ${this.schema}.consumer_position p
       WHERE p.consumer = $1 AND (p.retry_at IS NULL OR p.retry_at <= now()) AND EXISTS (
         SELECT FROM ${this.outbox} o
         WHERE o.subject = ANY($2) AND o.partition = p.partition AND o.position > p.position)`,
      [this.name, this.subjects],
    );
    return rows.map((row) => row.partition);
  }

  /** Partition → position of the last message done with, as PostgreSQL spells it. */
  async places(): Promise<Map<number, string>> {
    const rows = await this.dataSource.query<{ partition: number; position: string }[]>(
      `SELECT partition, position FROM ${this.schema}.consumer_position WHERE consumer = $1`,
      [this.name],
    );
    return new Map(rows.map((row) => [row.partition, row.position]));
  }

  /** Handles the next message of the partition in one transaction with the consumer's new position. */
  async deliver(partition: number): Promise<{ outcome: Outcome; error?: unknown }> {
    let attempt: Attempt | undefined;
    try {
      await this.dataSource.transaction('READ COMMITTED', async (tx) => {
        attempt = await this.next(tx, partition);
        if (!attempt) return;
        await this.hand(tx, attempt.row);
        await this.advance(tx, attempt);
      });
      return { outcome: attempt ? 'handled' : 'nothing' };
    } catch (error) {
      if (!attempt) throw error;
      return { outcome: await this.fail(attempt, error), error };
    }
  }

  private async next(tx: EntityManager, partition: number): Promise<Attempt | undefined> {
    const [place] = await tx.query<{ position: string }[]>(
      `SELECT position FROM ${this.schema}.consumer_position
       WHERE consumer = $1 AND partition = $2 AND (retry_at IS NULL OR retry_at <= now()) FOR UPDATE SKIP LOCKED`,
      [this.name, partition],
    );
    if (!place) return undefined;
    const [row] = await tx.query<OutboxRow[]>(
      `SELECT id, subject, key, position, payload, created_at FROM ${this.outbox}
       WHERE subject = ANY($1) AND partition = $2 AND position > $3 ORDER BY position LIMIT 1`,
      [this.subjects, partition, place.position],
    );
    return row && { partition, from: place.position, row };
  }

  private async hand(tx: EntityManager, row: OutboxRow): Promise<void> {
    const { id, subject, key } = row;
    const parsed = this.contracts.get(subject)!.payload.safeParse(row.payload);
    if (!parsed.success) throw new UnreadableMessage(parsed.error.message);
    const handler = this.handlers.get(subject)!;
    const position = Number(row.position);
    await handler({ id, subject, key, position, time: row.created_at, payload: parsed.data, tx });
  }

  private async advance(tx: EntityManager, { partition, row }: Attempt): Promise<void> {
    await tx.query(
      `UPDATE ${this.schema}.consumer_position SET position = $3, attempts = 0, retry_at = NULL
       WHERE consumer = $1 AND partition = $2`,
      [this.name, partition, row.position],
    );
  }

  /** Counts the failure, or gives the message up; a position that moved meanwhile was another process's success. */
  private async fail(attempt: Attempt, error: unknown): Promise<Outcome> {
    return this.dataSource.transaction('READ COMMITTED', async (tx) => {
      const [place] = await tx.query<{ attempts: number }[]>(
        `SELECT attempts FROM ${this.schema}.consumer_position
         WHERE consumer = $1 AND partition = $2 AND position = $3 FOR UPDATE`,
        [this.name, attempt.partition, attempt.from],
      );
      if (!place) return 'failed';
      const attempts = place.attempts + 1;
      if (attempts >= this.persistence.tries || error instanceof UnreadableMessage) {
        await this.bury(tx, attempt.row, { error, attempts });
        await this.advance(tx, attempt);
        return 'dead';
      }
      const pause = Math.min(this.persistence.pause * 2 ** (attempts - 1), longestPause);
      await tx.query(
        `UPDATE ${this.schema}.consumer_position
         SET attempts = $3, retry_at = clock_timestamp() + $4 * interval '1 millisecond'
         WHERE consumer = $1 AND partition = $2`,
        [this.name, attempt.partition, attempts, pause],
      );
      return 'failed';
    });
  }

  private async bury(tx: EntityManager, row: OutboxRow, why: { error: unknown; attempts: number }): Promise<void> {
    const text = why.error instanceof Error ? (why.error.stack ?? why.error.message) : JSON.stringify(why.error);
    await tx.query(
      `INSERT INTO ${this.schema}.dead_letter (consumer, event_id, position, subject, key, payload, error, attempts)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT DO NOTHING`,
      [this.name, row.id, row.position, row.subject, row.key, JSON.stringify(row.payload), text, why.attempts],
    );
  }
}
