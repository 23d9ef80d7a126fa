import { contentReferences, Manifest, ManifestLimits, parseManifest } from '../manifest';
import { Descriptor } from '../descriptor';
import { Digest } from '../digest';
import { BlobUnknown, ManifestBlobUnknown, ManifestInvalid, ManifestUnknown, Unsupported } from '../errors';
import { Reference, Tag } from '../reference';
import { StoredManifest } from '../registry';

interface Entry {
  readonly stored: StoredManifest;
  readonly manifest: Manifest;
  /** Levels of indexes inside each other: 0 for what is no index. */
  readonly depth: number;
}

export interface RepositoryRules {
  readonly limits: ManifestLimits;
  readonly sparse: boolean;
  readonly indexDepth: number;
}

/** One repository of a `MemoryRegistry`. */
export class MemoryRepository {
  readonly blobs = new Map<string, Uint8Array>();
  readonly tags = new Map<string, Digest>();
  private readonly manifests = new Map<string, Entry>();

  constructor(private readonly rules: RepositoryRules) {}

  blob(digest: Digest): Uint8Array {
    const bytes = this.blobs.get(digest.toString());
    if (bytes === undefined) throw new BlobUnknown('no such blob in this repository', { digest });
    return bytes;
  }

  manifest(reference: Reference): StoredManifest {
    const digest = reference instanceof Tag ? this.tags.get(reference.name) : reference;
    const entry = digest && this.manifests.get(digest.toString());
    if (entry === undefined) throw new ManifestUnknown('no such manifest in this repository', { reference });
    return entry.stored;
  }

  /** Throws `ManifestBlobUnknown` for missing content, `ManifestInvalid` for indexes too deep or a type that changed. */
  putManifest(stored: StoredManifest, tags: readonly Tag[]): Manifest {
    const key = stored.digest.toString();
    const manifest = parseManifest(stored.bytes, stored.mediaType, this.rules.limits);
    const before = this.manifests.get(key);
    if (before !== undefined && before.stored.mediaType !== stored.mediaType) {
      throw new ManifestInvalid('these bytes are stored under another media type', {
        mediaType: before.stored.mediaType,
      });
    }
    if (before === undefined) {
      this.refuseMissing(manifest);
      this.manifests.set(key, { stored, manifest, depth: this.depth(manifest) });
    }
    for (const tag of tags) this.tags.set(tag.name, stored.digest);
    return manifest;
  }

  deleteManifest(digest: Digest): void {
    this.manifest(digest);
    this.manifests.delete(digest.toString());
    for (const [name, target] of this.tags) if (target.equals(digest)) this.tags.delete(name);
  }

  deleteTag(tag: Tag): void {
    this.manifest(tag);
    this.tags.delete(tag.name);
  }

  deleteBlob(digest: Digest): void {
    this.blob(digest);
    for (const { manifest, stored } of this.manifests.values()) {
      if (contentReferences(manifest).some(({ descriptor }) => descriptor.digest.equals(digest))) {
        throw new Unsupported('a manifest refers to this blob', { manifest: stored.digest });
      }
    }
    this.blobs.delete(digest.toString());
  }

  /** In the order of their digests. */
  referrers(subject: Digest): Descriptor[] {
    return [...this.manifests.values()]
      .filter(({ manifest }) => manifest.subject?.digest.equals(subject))
      .map(({ manifest, stored }) => ({
        mediaType: stored.mediaType,
        digest: stored.digest,
        size: stored.bytes.length,
        ...(manifest.artifactType !== undefined && { artifactType: manifest.artifactType }),
        ...(manifest.annotations && { annotations: manifest.annotations }),
      }))
      .sort((a, b) => (a.digest.toString() < b.digest.toString() ? -1 : 1));
  }

  /** A child may be a blob, too: BuildKit's cache indexes name layers. */
  private refuseMissing(manifest: Manifest): void {
    for (const { role, descriptor, required } of contentReferences(manifest)) {
      const key = descriptor.digest.toString();
      const child = role === 'child';
      const there = this.blobs.has(key) || (child && this.manifests.has(key));
      if (there || !required || (child && this.rules.sparse)) continue;
      throw new ManifestBlobUnknown(`the ${role} is not in this repository`, { digest: descriptor.digest });
    }
  }

  /** Each child's own depth is remembered, so the work is one look-up per child however often indexes share children. */
  private depth(manifest: Manifest): number {
    if (manifest.kind !== 'index') return 0;
    const inside = manifest.manifests.map((child) => this.manifests.get(child.digest.toString())?.depth ?? 0);
    const depth = 1 + inside.reduce((deepest, each) => Math.max(deepest, each), 0);
    if (depth > this.rules.indexDepth) {
      throw new ManifestInvalid(`indexes are nested deeper than ${this.rules.indexDepth} levels`, { depth });
    }
    return depth;
  }
}
