import { randomBytes } from 'node:crypto';
import { Client } from 'pg';

/** A database of one test. */
export interface TestDatabase {
  readonly url: string;
  /** Removes it, whoever is still connected. */
  readonly drop: () => Promise<void>;
}

/**
 * Gives an empty database on the PostgreSQL that the whole test run shares (started by the first who asks), or on that
 * of `NCR_DATABASE_URL`. Durability is off.
 */
export async function testDatabase(): Promise<TestDatabase> {
  const server = process.env.NCR_DATABASE_URL ?? (await sharedServer());
  const name = `ncr_test_${randomBytes(6).toString('hex')}`;
  await run(server, `CREATE DATABASE ${name} TEMPLATE template0 STRATEGY file_copy`);
  const url = new URL(server);
  url.pathname = `/${name}`;
  return { url: url.href, drop: () => run(server, `DROP DATABASE IF EXISTS ${name} WITH (FORCE)`) };
}

async function run(url: string, sql: string): Promise<void> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(sql);
  } finally {
    await client.end();
  }
}

/** Asks the set-up of the test run (`tools/jest`). */
async function sharedServer(): Promise<string> {
  const address = process.env.NCR_TEST_POSTGRES;
  if (!address) throw new Error('testDatabase() works inside Jest only: its set-up starts PostgreSQL');
  const answer = await fetch(address);
  const text = await answer.text();
  if (!answer.ok) throw new Error(text);
  return text;
}
