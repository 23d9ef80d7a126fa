import { committed, Queryable } from '@ncr/messaging';
import { DataSource, EntitySubscriberInterface } from 'typeorm';
import { Logger } from 'pino';
import { connectionWait, DataPool } from './data-pool';
import { PlatformSettings } from './platform.config';
import { Service } from './service';
import { SettingsInvalid } from './settings';

/** Wakes the relay after the commit of any TypeORM transaction that published. */
class CommitSubscriber implements EntitySubscriberInterface {
  afterTransactionCommit(event: { queryRunner: object }): void {
    committed(event.queryRunner as Queryable);
  }
}

async function openDataSource(services: readonly Service[], url: string, connections: number): Promise<DataSource> {
  const dataSource = new DataSource({
    type: 'postgres',
    url,
    entities: services.flatMap((service) => service.entities),
    poolSize: connections,
    applicationName: 'ncr',
    extra: { connectionTimeoutMillis: connectionWait },
  });
  await dataSource.initialize();
  dataSource.subscribers.push(new CommitSubscriber());
  return dataSource;
}

/** Those of the services whose schema has the table. */
export async function servicesWith(
  table: string,
  services: readonly Service[],
  dataSource: DataSource,
): Promise<string[]> {
  const rows = await dataSource.query<{ schema: string }[]>(
    'SELECT table_schema AS schema FROM information_schema.tables WHERE table_name = $1 AND table_schema = ANY($2)',
    [table, services.map((service) => service.name)],
  );
  return rows.map((row) => row.schema).sort();
}

/** Connections that a server keeps for its administrators, and for what else may look in: psql, a backup. */
const reserve = 5;

async function checkBudget(dataSource: DataSource, perProcess: number, workers: number): Promise<void> {
  const [limit] = await dataSource.query<{ connections: number }[]>(
    `SELECT current_setting('max_connections')::int - current_setting('superuser_reserved_connections')::int AS connections`,
  );
  const needed = perProcess * workers + reserve;
  if (!limit || needed <= limit.connections) return;
  throw new SettingsInvalid([
    `NCR_DATABASE_CONNECTIONS, NCR_DATA_PLANE_CONNECTIONS: ${workers} × ${perProcess} connections and a reserve of ${reserve} ` +
      `are more than the ${limit.connections} that PostgreSQL allows`,
  ]);
}

export interface DatabaseParts {
  readonly services: readonly Service[];
  readonly settings: PlatformSettings;
  /** Processes that share the database. */
  readonly workers: number;
  readonly log: Logger;
}

/**
 * The process's one DataSource, with the entities of all its services, and the data plane's pool. Throws
 * {@link SettingsInvalid} when all workers together could ask for more connections than PostgreSQL gives: better no start
 * than a stop under load.
 */
export async function openDatabase({ services, settings, workers, log }: DatabaseParts) {
  const { NCR_DATABASE_URL: url, NCR_DATABASE_CONNECTIONS: management, NCR_DATA_PLANE_CONNECTIONS: data } = settings;
  const dataSource = await openDataSource(services, url, management);
  try {
    // Two pools, and one connection to hear of what other processes publish.
    await checkBudget(dataSource, management + data + 1, workers);
  } catch (error) {
    await dataSource.destroy();
    throw error;
  }
  const dataPool = new DataPool({ connectionString: url, max: data });
  dataPool.on('error', (error) => log.warn({ error }, 'an idle database connection broke'));
  return { dataSource, dataPool };
}
