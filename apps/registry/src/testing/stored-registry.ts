import { testDatabase } from '@ncr/embedded/testing';
import { RepositoryName } from '@ncr/oci';
import { DataPool, migrate, readSettings } from '@ncr/platform';
import { FolderDriver, StorageDriver } from '@ncr/storage';
import { randomBytes, randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Caller } from '../caller';
import { registry } from '../index';
import { RegistryData, registryData } from '../registry-data';
import { RegistrySettings } from '../registry.config';
import { findRegistry } from '../store/registries';
import { StoredRegistry } from '../stored-registry';
import { WriterLock } from '../writer-lock';

/** An installation of the data plane on a database and a folder of its own, with one registry, `team`. */
export class TestInstallation {
  private constructor(
    readonly data: RegistryData,
    readonly registryId: string,
    private readonly lock: WriterLock,
    private readonly dispose: () => Promise<void>,
  ) {}

  static async open(environment: Record<string, string> = {}): Promise<TestInstallation> {
    const database = await testDatabase();
    const folder = await mkdtemp(join(tmpdir(), 'ncr-registry-'));
    await migrate([registry], database.url);
    const settings = readSettings([RegistrySettings], environment).get(RegistrySettings) as RegistrySettings;
    const pool = new DataPool({ connectionString: database.url, max: 10 });
    const storage = new FolderDriver(join(folder, 'blobs'), { reserve: 0 });
    const id = randomUUID();
    await pool.query('INSERT INTO registry.registry (id, name) VALUES ($1, $2)', [id, 'team']);
    const { data, lock } = process(pool, storage, settings);
    return new TestInstallation(data, id, lock, async () => {
      await pool.end();
      await database.drop();
      await rm(folder, { recursive: true, force: true });
    });
  }

  /** What a second process of the same installation would have: its own caches, hashes and writer lock. */
  anotherProcess(): { data: RegistryData; lock: WriterLock } {
    return process(this.data.pool, this.data.storage, this.data.settings);
  }

  /** The registry as an account sees it that may do everything in `team`. */
  as(account: string = randomUUID(), data = this.data): StoredRegistry {
    return new StoredRegistry(data, new AnyAction(account, data));
  }

  async close(): Promise<void> {
    await this.lock.close();
    await this.dispose();
  }
}

const uploadKey = randomBytes(32);

function process(
  pool: DataPool,
  storage: StorageDriver,
  settings: RegistrySettings,
): { data: RegistryData; lock: WriterLock } {
  const lock = new WriterLock(pool);
  return { lock, data: registryData({ pool, storage, lock, settings, uploadKey }) };
}

class AnyAction implements Caller {
  readonly catalog = undefined;

  constructor(
    readonly id: string,
    private readonly data: RegistryData,
  ) {}

  registryOf(repository: RepositoryName): ReturnType<Caller['registryOf']> {
    return findRegistry(this.data.pool, repository.registry);
  }

  may(): boolean {
    return true;
  }
}
