import { Digest, StoredManifest } from '@ncr/oci';
import { LRUCache } from 'lru-cache';
import { RegistrySettings } from './registry.config';
import { LinkRow } from './store/blobs';
import { MutableCache } from './store/mutable-cache';
import { RegistryRow } from './store/registries';
import { RepositoryRow } from './store/repositories';

/** Blobs up to this size are kept in memory whole. */
export const smallBlob = 64 * 1024;

const lifetimeMs = 5000;
/** What an entry costs beside its bytes. */
const overhead = 512;

/**
 * What a process remembers. Bytes never change under their digest, so they stay while there is room; which of them a
 * repository holds, and where its tags point, is remembered only by a process that writes alone, and 5 s at most.
 */
export class ContentCaches {
  /** By name. Flags of a registry may be 5 s old in another process; its deletion also kills the tokens. */
  readonly registries = new MutableCache<RegistryRow>(lifetimeMs, 10_000);
  /** By registry id and image; the pair never gets another id while it lives. */
  readonly repositories = new MutableCache<RepositoryRow>(lifetimeMs, 100_000);
  /** By repository id and reference. */
  readonly manifests: MutableCache<StoredManifest>;
  /** By repository id and digest. */
  readonly links: MutableCache<LinkRow>;
  private readonly manifestBytes: LRUCache<string, StoredManifest>;
  private readonly blobBytes: LRUCache<string, Buffer>;

  /** `alone`: no other process writes to this installation. */
  constructor(settings: RegistrySettings, alone: boolean) {
    this.manifests = new MutableCache(alone ? lifetimeMs : 0, 200_000);
    this.links = new MutableCache(alone ? lifetimeMs : 0, 200_000);
    this.manifestBytes = new LRUCache({
      maxSize: Math.max(settings.NCR_CACHE_MANIFESTS, 1),
      sizeCalculation: ({ bytes }) => bytes.length + overhead,
    });
    this.blobBytes = new LRUCache({
      maxSize: Math.max(settings.NCR_CACHE_BLOBS, 1),
      sizeCalculation: (bytes) => bytes.length + overhead,
    });
  }

  /** One object per manifest, whichever repository it was asked for in; reads the bytes where they are not in memory. */
  async manifest(
    digest: Digest,
    mediaType: string,
    read: () => Promise<Buffer | undefined>,
  ): Promise<StoredManifest | undefined> {
    const key = `${digest} ${mediaType}`;
    const known = this.manifestBytes.get(key);
    if (known) return known;
    const bytes = await read();
    if (!bytes) return undefined;
    const manifest = { digest, mediaType, bytes };
    this.manifestBytes.set(key, manifest);
    return manifest;
  }

  smallBlob(digest: Digest): Buffer | undefined {
    return this.blobBytes.get(digest.toString());
  }

  keepSmallBlob(digest: Digest, bytes: Buffer): void {
    this.blobBytes.set(digest.toString(), bytes);
  }
}
