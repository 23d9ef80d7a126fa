import { Client } from 'pg';
import { testDatabase } from './testing';

async function ask<T>(url: string, sql: string): Promise<T[]> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query<T & object>(sql)).rows;
  } finally {
    await client.end();
  }
}

test('each test database is empty, its own, and gone after drop', async () => {
  const [a, b] = await Promise.all([testDatabase(), testDatabase()]);
  await ask(a.url, 'CREATE TABLE thing ()');
  await expect(ask(b.url, 'SELECT * FROM thing')).rejects.toThrow('does not exist');
  await Promise.all([a.drop(), b.drop()]);
  await expect(ask(a.url, 'SELECT 1')).rejects.toThrow('does not exist');
});
