import {
  DataPool,
  InternalClient,
  MasterKey,
  PlatformSettings,
  RegistryIds,
  Revocations,
  TokenVerifier,
} from '@ncr/platform';
import { openStorage, StorageDriver } from '@ncr/storage';
import { Injectable, Logger, Module, BeforeApplicationShutdown, OnApplicationBootstrap } from '@nestjs/common';
import { resolve } from 'node:path';
import { RegistriesController } from './api/registries.controller';
import { Authorization } from './authorization';
import { BasicExchange } from './basic-exchange';
import { deleteDoomedObjects } from './collector/doomed-objects';
import { Registries } from './registries';
import { RegistryData, registryData } from './registry-data';
import { RegistrySettings } from './registry.config';
import { WriterLock } from './writer-lock';

/** Milliseconds between two looks at the objects that have to go. */
const collectEvery = 60_000;

@Injectable()
class Housekeeping implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly log = new Logger('registry');
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly data: RegistryData,
    private readonly lock: WriterLock,
  ) {}

  onApplicationBootstrap(): void {
    this.timer = setInterval(() => void this.collect(), collectEvery);
  }

  async beforeApplicationShutdown(): Promise<void> {
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

type Parts = [DataPool, StorageDriver, WriterLock, MasterKey, RegistrySettings];

/** Also the driver's injection token. */
export const Storage = Symbol('storage');

@Module({
  controllers: [RegistriesController],
  providers: [
    Registries,
    Housekeeping,
    { provide: RegistryIds, useExisting: Registries },
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
      useFactory: (...[pool, storage, lock, key, settings]: Parts) =>
        registryData({ pool, storage, lock, settings, uploadKey: key.derive('upload-id') }),
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
