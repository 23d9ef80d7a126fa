import { INestApplicationContext, Provider } from '@nestjs/common';
import { DestinationStream, Logger } from 'pino';
import type { DataSource } from 'typeorm';
import { ApplicationParts } from './application';
import { Authority, authService, createCredentials, Credentials } from './credentials';
import { DataPool } from './data-pool';
import { openDatabase, servicesWith } from './database';
import { InternalAddress, InternalClient } from './internal-client';
import { SocketFile, socketFile } from './internal-listener';
import { openLog } from './log';
import { MasterKey } from './master-key';
import { Metrics } from './metrics';
import { migrate } from './migrations';
import { PlatformSettings } from './platform.config';
import { PublicHosts } from './public-hosts';
import { Readiness, ReadinessCheck } from './readiness';
import { Revocations } from './revocations';
import { ServedServices } from './served-services';
import { Service } from './service';
import { ServiceTokens } from './service-token';
import { Environment, readSettings } from './settings';
import { TokenVerifier } from './token-verifier';

/** How services are run. */
export interface ServeOptions {
  /** Where settings are read from; the process's environment by default. */
  readonly environment?: Environment;
  /** Processes that share the port and the database, this one included; 1 by default. */
  readonly workers?: number;
  /** Where keys and revocations come from; the auth service by default. */
  readonly authority?: Authority;
  /** Where the log goes; standard output by default. */
  readonly log?: DestinationStream;
}

/** Everything that one process has once: opened before Nest, closed after it. */
export class Process {
  readonly hosts: PublicHosts;
  readonly readiness: Readiness;
  private readonly checks = new Map<string, ReadinessCheck>();
  private closing: Promise<void> | undefined;

  constructor(
    readonly services: readonly Service[],
    readonly settings: PlatformSettings,
    readonly workers: number,
    private readonly opened: Opened,
  ) {
    this.hosts = new PublicHosts(settings.NCR_PUBLIC_HOSTS);
    this.readiness = new Readiness(this.checks);
    this.checks.set('database', async () => void (await opened.dataSource.query('SELECT 1')));
    this.checks.set('credentials', () => opened.credentials.check());
    const { revocations } = opened.credentials;
    opened.metrics.gauge('ncr_revocations_age_seconds', 'Time since the auth service last told of revocations.', () =>
      Number.isFinite(revocations.age) ? revocations.age / 1000 : -1,
    );
  }

  get log(): Logger {
    return this.opened.log;
  }

  get metrics(): Metrics {
    return this.opened.metrics;
  }

  get credentials(): Credentials {
    return this.opened.credentials;
  }

  /** Where the internal listener listens. */
  get internalAddress(): { path: string } | { host: string; port: number } {
    const port = this.settings.NCR_INTERNAL_PORT;
    return port === undefined ? { path: this.opened.socket.path } : { host: this.settings.NCR_HOST, port };
  }

  /** What Nest is built from. */
  get application(): ApplicationParts {
    const { dataSource, log, metrics, publishers } = this.opened;
    return {
      services: this.services,
      dataSource,
      log,
      providers: this.providers(),
      messages: {
        dataSource,
        owners: publishers,
        ...(this.workers > 1 && { notify: this.settings.NCR_DATABASE_URL }),
        report: (delivery) => {
          metrics.observeDelivery(delivery);
          if (delivery.outcome === 'failed') log.warn(delivery, 'event not handled, trying again later');
          if (delivery.outcome === 'dead') log.error(delivery, "event given up: see the consumer's dead_letter table");
        },
        failed: (error) => log.warn({ error }, 'events wait: the database did not answer as expected'),
      },
    };
  }

  /** Adds the readiness checks of the services. */
  contribute(app: INestApplicationContext): void {
    for (const { name, ready } of this.services) if (ready) this.checks.set(name, () => ready(app));
  }

  close(): Promise<void> {
    return (this.closing ??= this.end());
  }

  private async end(): Promise<void> {
    const { client, dataPool, dataSource, socket } = this.opened;
    await client.close();
    await socket.remove();
    await dataPool.end();
    if (dataSource.isInitialized) await dataSource.destroy();
  }

  private providers(): Provider[] {
    const { client, credentials, dataPool, masterKey, metrics, schemas, serviceTokens } = this.opened;
    return [
      ...[...schemas].map(([provide, useValue]) => ({ provide, useValue })),
      { provide: MasterKey, useValue: masterKey },
      { provide: DataPool, useValue: dataPool },
      { provide: InternalClient, useValue: client },
      { provide: ServiceTokens, useValue: serviceTokens },
      { provide: TokenVerifier, useValue: credentials.verifier },
      { provide: Revocations, useValue: credentials.revocations },
      { provide: PublicHosts, useValue: this.hosts },
      { provide: Metrics, useValue: metrics },
      { provide: Readiness, useValue: this.readiness },
      { provide: ServedServices, useValue: new ServedServices(this.services.map(({ name }) => name)) },
    ];
  }
}

interface Opened {
  readonly log: Logger;
  readonly schemas: ReturnType<typeof readSettings>;
  readonly masterKey: MasterKey;
  readonly dataSource: DataSource;
  readonly dataPool: DataPool;
  readonly metrics: Metrics;
  readonly serviceTokens: ServiceTokens;
  readonly client: InternalClient;
  readonly credentials: Credentials;
  readonly publishers: readonly string[];
  readonly socket: SocketFile;
}

/** Reads settings, migrates, connects. Throws `SettingsInvalid` before anything is touched. */
export async function openProcess(services: readonly Service[], options: ServeOptions): Promise<Process> {
  const { environment = process.env, workers = 1 } = options;
  const schemas = readSettings([PlatformSettings, ...services.map((service) => service.settings)], environment);
  const settings = schemas.get(PlatformSettings) as PlatformSettings;
  const masterKey = MasterKey.read(settings.NCR_MASTER_KEY_FILE);
  const log = openLog(settings.NCR_LOG_LEVEL, options.log);
  await migrate(services, settings.NCR_DATABASE_URL);
  const { dataSource, dataPool } = await openDatabase({ services, settings, workers, log });
  const serviceTokens = new ServiceTokens(masterKey);
  const socket = await socketFile(settings.NCR_DATA);
  const client = new InternalClient(serviceTokens, addressBook(services, settings, socket.path));
  const credentials = createCredentials({
    authority: options.authority ?? authService(client),
    dataSource,
    services: await servicesWith('revocation_poll', services, dataSource),
    grace: settings.NCR_REVOCATION_GRACE,
    log,
  });
  const publishers = await servicesWith('outbox', services, dataSource);
  const metrics = new Metrics().withRuntime();
  const opened = { log, schemas, masterKey, dataSource, dataPool, metrics, serviceTokens, client, credentials };
  return new Process(services, settings, workers, { ...opened, publishers, socket });
}

/** A service of this process is reached through its own internal listener, another one by its configured URL. */
function addressBook(services: readonly Service[], settings: PlatformSettings, socket: string) {
  return (service: string): InternalAddress | undefined => {
    const url = settings.NCR_INTERNAL_URLS?.get(service);
    if (url !== undefined) return { url };
    if (!services.some(({ name }) => name === service)) return undefined;
    return settings.NCR_INTERNAL_PORT === undefined
      ? { socket }
      : { url: `http://127.0.0.1:${settings.NCR_INTERNAL_PORT}` };
  };
}
