import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Client } from 'pg';
import { Installation } from './installation';

/** A connection of its superuser to the PostgreSQL that an installation started; the caller ends it. */
export async function connect(installation: Installation): Promise<Client> {
  const home = join(installation.data, 'pg');
  // postmaster.pid: the port is in the fourth line.
  const port = Number(readFileSync(join(home, 'data/postmaster.pid'), 'utf8').split('\n')[3]);
  const password = readFileSync(join(home, 'password'), 'utf8');
  const client = new Client({ host: '127.0.0.1', port, user: 'ncr', password, database: 'postgres' });
  await client.connect();
  return client;
}
