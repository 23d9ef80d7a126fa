import { manifestLimits } from '@ncr/oci';
import { DataPool, InternalClient, MasterKey, PlatformSettings, Revocations, TokenVerifier } from '@ncr/platform';
import { openStorage, StorageDriver } from '@ncr/storage';
import { Injectable, Logger, Module, OnApplicationBootstrap, OnApplicationShutdown } from '@nestjs/common';
import { resolve } from 'node:path';
import { RegistriesController } from './api/registries.controller';
import { Authorization } from './authorization';
import { BasicExchange } from './basic-exchange';
import { BlobUploads } from './blob-uploads';
import { deleteDoomedObjects } from './collector/doomed-objects';
import { ContentCaches } from './content-caches';
import { Registries } from './registries';
import { RegistryData } from './registry-data';
import { RegistrySettings } from './registry.config';
import { UploadIds } from './upload-id';
import { WriterLock } from './writer-lock';

/** Milliseconds between two looks at the objects that have to go. */
const collectEvery = 60_000;

@Injectable()
class Housekeeping implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly log = new Logger('registry');
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly data: RegistryData,
    private readonly lock: WriterLock,
  ) {}

  onApplicationBootstrap(): void {
    this.timer = setInterval(() => void this.collect(), collectEvery);
  }

  async onApplicationShutdown(): Promise<void> {
    clearInterval(this.timer);
    await this.lock.close();
  }

  private async collect(): Promise<void> {
    try {
      await deleteDoomedObjects(this.data.pool, this.data.storage);
    } catch (error) {
      this.log.warn({ error }, 'objects could not be deleted, will be tried again');
    }
  }
}

/** Also the driver's injection token. */
export const Storage = Symbol('storage');

@Module({
  controllers: [RegistriesController],
  providers: [
    Registries,
    Housekeeping,
    {
      provide: Storage,
      inject: [RegistrySettings, PlatformSettings],
      useFactory: (settings: RegistrySettings, platform: PlatformSettings): StorageDriver =>
        openStorage(settings.NCR_STORAGE ?? `file:${resolve(platform.NCR_DATA, 'blobs')}`),
    },
    { provide: WriterLock, inject: [DataPool], useFactory: (pool: DataPool) => new WriterLock(pool) },
    {
      provide: RegistryData,
      inject: [DataPool, Storage, WriterLock, MasterKey, RegistrySettings],
      useFactory: registryData,
    },
    {
      provide: Authorization,
      inject: [RegistryData, TokenVerifier, Revocations, InternalClient],
      useFactory: (data: RegistryData, verifier: TokenVerifier, revocations: Revocations, internal: InternalClient) =>
        new Authorization(data, verifier, revocations, new BasicExchange(internal)),
    },
  ],
})
export class RegistryModule {}

// oxlint-disable-next-line max-params -- Nest hands providers over one by one
function registryData(
  pool: DataPool,
  storage: StorageDriver,
  lock: WriterLock,
  key: MasterKey,
  settings: RegistrySettings,
): RegistryData {
  return {
    pool,
    storage,
    settings,
    uploads: new BlobUploads(pool, storage, new UploadIds(key.derive('upload-id')), lock, settings),
    caches: new ContentCaches(settings, settings.NCR_WORKERS === 1),
    manifestLimits: {
      ...manifestLimits,
      children: settings.NCR_MAX_INDEX_CHILDREN,
      layers: settings.NCR_MAX_LAYERS,
    },
  };
}
