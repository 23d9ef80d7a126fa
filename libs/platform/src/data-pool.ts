import { Unavailable } from '@ncr/oci';
import { committed } from '@ncr/messaging';
import { Pool, PoolClient, PoolConfig } from 'pg';

/** Longest wait for a connection, in milliseconds. */
export const connectionWait = 5000;

type Connected = (error: Error | undefined, client: PoolClient | undefined, release: (error?: unknown) => void) => void;

const lost = /timeout exceeded when trying to connect|Connection terminated|ECONNREFUSED|ECONNRESET|ENOENT/;
/** PostgreSQL's classes 08 (connection), 53 (resources), 57P (shutdown). */
const lostStates = /^(?:08|53|57P)/;

/** Whether the error says that the database cannot be reached, or has no connection left, for now. */
export function isDatabaseAway(error: unknown): boolean {
  if (typeof error !== 'object' || error === null) return false;
  const { code, message } = error as { code?: unknown; message?: unknown };
  return lost.test(String(message)) || (typeof code === 'string' && (lostStates.test(code) || lost.test(code)));
}

function refusal(error: Error): Error {
  return isDatabaseAway(error)
    ? new Unavailable('the database is busy or away, try again', undefined, { 'Retry-After': '5' })
    : error;
}

/**
 * The data plane's own database connections, apart from those of the management API. Whoever waits for one longer than
 * 5 s gets `Unavailable` (503 with `Retry-After`).
 */
export class DataPool extends Pool {
  constructor(config: PoolConfig) {
    super({ ...config, connectionTimeoutMillis: connectionWait, application_name: 'ncr data plane' });
  }

  override connect(): Promise<PoolClient>;
  override connect(connected: Connected): void;
  override connect(connected?: Connected): Promise<PoolClient> | void {
    if (connected) {
      super.connect((error, client, release) => connected(error && refusal(error), client, release));
      return;
    }
    return super.connect().catch((error: Error) => {
      throw refusal(error);
    });
  }
}

const retries = 5;
const retryStates = new Set(['40001', '40P01']);

/**
 * Runs `work` and gives its result; after a deadlock or serialization failure runs it again, up to five times. So it must
 * have no effect but in one transaction of PostgreSQL, or in a single statement.
 */
export async function retried<T>(work: () => Promise<T>): Promise<T> {
  for (let attempt = 0; ; attempt++) {
    try {
      return await work();
    } catch (error) {
      const { code } = error as { code?: string };
      if (attempt >= retries || code === undefined || !retryStates.has(code)) throw error;
      await new Promise((resolve) => setTimeout(resolve, Math.random() * 10 * 2 ** attempt));
    }
  }
}

/** Runs `work` in a READ COMMITTED transaction, {@link retried}, and gives its result once that is committed. */
export function inTransaction<T>(pool: Pool, work: (tx: PoolClient) => Promise<T>): Promise<T> {
  return retried(() => once(pool, work));
}

async function once<T>(pool: Pool, work: (tx: PoolClient) => Promise<T>): Promise<T> {
  const tx = await pool.connect();
  let broken: unknown;
  try {
    await tx.query('BEGIN');
    const result = await work(tx);
    await tx.query('COMMIT');
    committed(tx);
    return result;
  } catch (error) {
    await tx.query('ROLLBACK').catch((failed: unknown) => (broken = failed));
    throw error;
  } finally {
    // A connection that cannot roll back is not given to anybody else.
    tx.release(broken !== undefined);
  }
}
