import { ManifestLimits } from '@ncr/oci';
import { DataPool } from '@ncr/platform';
import { StorageDriver } from '@ncr/storage';
import { BlobUploads } from './blob-uploads';
import { ContentCaches } from './content-caches';
import { RegistrySettings } from './registry.config';

/** What every caller's view of the registry stands on; one per process. */
export abstract class RegistryData {
  abstract readonly pool: DataPool;
  abstract readonly storage: StorageDriver;
  abstract readonly uploads: BlobUploads;
  abstract readonly caches: ContentCaches;
  abstract readonly settings: RegistrySettings;
  abstract readonly manifestLimits: ManifestLimits;
}
