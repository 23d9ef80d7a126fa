import { ManifestLimits, manifestLimits } from '@ncr/oci';
import { DataPool } from '@ncr/platform';
import { StorageDriver } from '@ncr/storage';
import { BlobUploads } from './blob-uploads';
import { ContentCaches } from './content-caches';
import { RegistrySettings } from './registry.config';
import { UploadIds, UploadOwner } from './upload-id';
import { WriterLock } from './writer-lock';

/** What every caller's view of the registry stands on; one per process. */
export abstract class RegistryData {
  abstract readonly pool: DataPool;
  abstract readonly storage: StorageDriver;
  abstract readonly uploads: BlobUploads;
  abstract readonly caches: ContentCaches;
  abstract readonly settings: RegistrySettings;
  abstract readonly manifestLimits: ManifestLimits;
}

export function registryData(parts: {
  readonly pool: DataPool;
  readonly storage: StorageDriver;
  readonly lock: WriterLock;
  readonly settings: RegistrySettings;
  /** Signs upload ids; the same for all processes. */
  readonly uploadKey: Buffer;
}): RegistryData {
  const { pool, storage, lock, settings, uploadKey } = parts;
  const caches = new ContentCaches(settings, settings.NCR_WORKERS === 1);
  const ids = new UploadIds(uploadKey);
  const knownRepository = ({ registryId, repository }: UploadOwner): string | undefined =>
    caches.repositories.peek(`${registryId}/${repository.image}`)?.id;
  return {
    pool,
    storage,
    settings,
    uploads: new BlobUploads({ pool, storage, lock, settings, ids, knownRepository }),
    caches,
    manifestLimits: {
      ...manifestLimits,
      children: settings.NCR_MAX_INDEX_CHILDREN,
      layers: settings.NCR_MAX_LAYERS,
    },
  };
}
