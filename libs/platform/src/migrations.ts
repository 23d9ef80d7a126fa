import { quoteSchema } from '@ncr/messaging';
import { Client } from 'pg';
import { DataSource } from 'typeorm';
import { Service } from './service';

const pollInterval = 200;

/**
 * Brings the schema of each service up to date, one service after the other, each with a migrations table of its own.
 * Many processes may do this at once: one works, the others ask again for the lock each 200 ms. They poll rather than
 * wait inside PostgreSQL, because a waiting statement holds a snapshot and so stops `CREATE INDEX CONCURRENTLY`.
 */
export async function migrate(services: readonly Service[], url: string): Promise<void> {
  const owners = services.filter((service) => service.migrations.length > 0);
  if (owners.length === 0) return;
  const lock = new Client({ connectionString: url, application_name: 'ncr migration' });
  await lock.connect();
  try {
    for (const service of owners) {
      await acquire(lock, service.name);
      await migrateOne(service, url);
    }
  } finally {
    // Ends the session, and with it every lock it holds.
    await lock.end();
  }
}

async function acquire(lock: Client, service: string): Promise<void> {
  for (;;) {
    const { rows } = await lock.query<{ locked: boolean }>(
      'SELECT pg_try_advisory_lock(hashtextextended($1, 0)) AS locked',
      [`ncr.migration.${service}`],
    );
    if (rows[0]?.locked) return;
    await new Promise((resolve) => setTimeout(resolve, pollInterval));
  }
}

async function migrateOne(service: Service, url: string): Promise<void> {
  const dataSource = new DataSource({
    type: 'postgres',
    url,
    schema: service.name,
    migrations: service.migrations,
    migrationsTableName: 'migration',
    poolSize: 2,
  });
  await dataSource.initialize();
  try {
    await dataSource.query(`CREATE SCHEMA IF NOT EXISTS ${quoteSchema(service.name)}`);
    await dataSource.runMigrations({ transaction: 'each' });
  } finally {
    await dataSource.destroy();
  }
}
