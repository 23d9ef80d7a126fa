import 'reflect-metadata';
import { RunningPostgres, startPostgres } from '@ncr/embedded';
import { createMasterKey, PlatformSettings, readSettings, SettingsInvalid } from '@ncr/platform';
import { RegistrySettings } from '@ncr/registry';
import { existsSync, mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { greeting, passwordFile } from './greeting';
import { choosePort } from './port';
import { services } from './services';
import { Workers } from './workers';

/** Stands in for the address of the PostgreSQL that is not started before the settings are known to be right. */
const embedded = 'postgres://embedded';

/** The whole suite on one machine: starts PostgreSQL unless one is named, then the workers, and stops both in turn. */
class Supervisor {
  private postgres: RunningPostgres | undefined;
  private workers: Workers | undefined;
  private stopping: Promise<void> | undefined;
  private readonly environment: NodeJS.ProcessEnv;

  constructor() {
    const data = resolve(process.env.NCR_DATA || '.ncr');
    // Root runs PostgreSQL as another account, which must be able to pass; what lies inside stays closed.
    mkdirSync(data, { recursive: true, mode: process.getuid?.() === 0 ? 0o711 : 0o700 });
    this.environment = { ...process.env, NCR_DATA: data };
    this.environment.NCR_MASTER_KEY_FILE ||= join(data, 'keys', 'master.key');
    this.environment.NCR_DATABASE_URL ||= process.env.NCR_DATABASE_URL_FILE ? undefined : embedded;
    this.environment.NCR_WORKERS ||= '1';
  }

  async start(): Promise<void> {
    if (!process.env.NCR_MASTER_KEY_FILE) await createMasterKey(this.environment.NCR_MASTER_KEY_FILE!);
    const settings = readSettings([PlatformSettings, ...services.map((service) => service.settings)], this.environment);
    const platform = settings.get(PlatformSettings) as PlatformSettings;
    const { NCR_WORKERS: count } = settings.get(RegistrySettings) as RegistrySettings;
    const port = await choosePort(platform.NCR_HOST, process.env.NCR_PORT || undefined);
    this.environment.NCR_PORT = String(port);
    if (this.environment.NCR_DATABASE_URL === embedded) await this.startDatabase(platform.NCR_DATA);
    const isFirst = !existsSync(passwordFile(platform.NCR_DATA));
    this.workers = new Workers(count, this.environment, platform.NCR_DRAIN);
    await this.workers.start();
    console.log(greeting(platform, port, isFirst));
  }

  /** Drains, then stops PostgreSQL; the second call waits for the first. */
  stop(): Promise<void> {
    this.stopping ??= (async () => {
      await this.workers?.stop();
      await this.postgres?.stop();
    })();
    return this.stopping;
  }

  private async startDatabase(data: string): Promise<void> {
    this.postgres = await startPostgres({
      dataDir: join(data, 'pg'),
      mode: 'durable',
      log: (line) => console.log(line),
    });
    this.environment.NCR_DATABASE_URL = this.postgres.url;
    void this.watchDatabase(this.postgres);
  }

  private async watchDatabase(postgres: RunningPostgres): Promise<void> {
    await postgres.exited;
    if (this.stopping) return;
    console.error('PostgreSQL ended unexpectedly; see postgres.log in its folder');
    await this.stop();
    process.exit(1);
  }
}

async function main(): Promise<void> {
  const supervisor = new Supervisor();
  const stop = (code: number): void => void supervisor.stop().then(() => process.exit(code));
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => stop(0));
  const parent = process.ppid;
  setInterval(() => process.ppid !== parent && stop(0), 500).unref();
  try {
    await supervisor.start();
  } catch (error) {
    console.error(error instanceof SettingsInvalid || !(error instanceof Error) ? String(error) : error.message);
    await supervisor.stop();
    process.exit(error instanceof SettingsInvalid ? SettingsInvalid.exitCode : 1);
  }
}

void main();
