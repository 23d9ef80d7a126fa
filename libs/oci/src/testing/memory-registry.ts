import { createHash } from 'node:crypto';
import { bytesOf } from '../bytes';
import { Descriptor } from '../descriptor';
import { Digest, DigestAlgorithm } from '../digest';
import { DigestInvalid, NameUnknown } from '../errors';
import { manifestLimits, parseManifest } from '../manifest';
import { Reference, Tag } from '../reference';
import { Listed, Page, PutManifest, Registry, StoredBlob, StoredManifest, Upload, UploadPiece } from '../registry';
import { RepositoryName } from '../repository-name';
import { MemoryRepository, RepositoryRules } from './memory-repository';
import { MemoryUploads } from './memory-uploads';

export interface MemoryRegistryOptions extends Partial<RepositoryRules> {
  /** Largest blob, in bytes. */
  readonly blobLimit?: number;
  /** Largest page of referrers, in bytes of JSON. */
  readonly referrersLimit?: number;
}

const mebibyte = 1024 * 1024;

/** A whole registry in memory, for tests: strict about index children unless `sparse`. */
export class MemoryRegistry implements Registry {
  private readonly repositories = new Map<string, MemoryRepository>();
  private readonly uploads: MemoryUploads;
  private readonly rules: RepositoryRules;
  private readonly referrersLimit: number;

  constructor(options: MemoryRegistryOptions = {}) {
    const { limits = manifestLimits, sparse = false, indexDepth = 5 } = options;
    this.rules = { limits, sparse, indexDepth };
    this.uploads = new MemoryUploads(options.blobLimit ?? 1024 * mebibyte);
    this.referrersLimit = options.referrersLimit ?? 4 * mebibyte;
  }

  async getManifest(repository: RepositoryName, reference: Reference): Promise<StoredManifest> {
    return this.existing(repository).manifest(reference);
  }

  async headManifest(repository: RepositoryName, reference: Reference): ReturnType<Registry['headManifest']> {
    const { digest, mediaType, bytes } = this.existing(repository).manifest(reference);
    return { digest, mediaType, size: bytes.length };
  }

  /** Small blobs are given whole, larger ones are read in pieces: a server must serve both. */
  async getBlob(repository: RepositoryName, digest: Digest): Promise<StoredBlob> {
    const bytes = this.existing(repository).blob(digest);
    const size = bytes.length;
    return {
      digest,
      size,
      ...(size <= mebibyte / 64 && { bytes }),
      async read({ start, end }, write) {
        for (let at = start; at <= end; at += mebibyte / 16) {
          await write(bytes.subarray(at, Math.min(at + mebibyte / 16, end + 1)));
        }
      },
    };
  }

  async headBlob(repository: RepositoryName, digest: Digest): ReturnType<Registry['headBlob']> {
    return { digest, size: this.existing(repository).blob(digest).length };
  }

  /** The algorithm is a hint for registries that hash while they receive; this one hashes at the end. */
  async startUpload(repository: RepositoryName, _algorithm?: DigestAlgorithm): Promise<Upload> {
    return this.uploads.start(repository);
  }

  /** Without `from`, any repository of the same registry will do. */
  async mountBlob(
    repository: RepositoryName,
    digest: Digest,
    from?: RepositoryName,
  ): ReturnType<Registry['mountBlob']> {
    const sources = [...this.repositories].filter(([name]) =>
      from === undefined ? RepositoryName.parse(name).registry === repository.registry : name === from.toString(),
    );
    const bytes = sources.map(([, source]) => source.blobs.get(digest.toString())).find((found) => found !== undefined);
    if (bytes === undefined) return undefined;
    this.existingOrNew(repository).blobs.set(digest.toString(), bytes);
    return { digest };
  }

  async appendUpload(repository: RepositoryName, id: string, piece: UploadPiece): Promise<Upload> {
    return this.uploads.append(repository, id, piece);
  }

  async finishUpload(
    repository: RepositoryName,
    id: string,
    digest: Digest,
    piece?: UploadPiece,
  ): ReturnType<Registry['finishUpload']> {
    const bytes = await this.uploads.finish(repository, id, digest, piece);
    if (bytes !== undefined) this.existingOrNew(repository).blobs.set(digest.toString(), bytes);
    return { digest };
  }

  async uploadStatus(repository: RepositoryName, id: string): Promise<Upload> {
    return this.uploads.status(repository, id);
  }

  async cancelUpload(repository: RepositoryName, id: string): Promise<void> {
    this.uploads.cancel(repository, id);
  }

  async putManifest(
    repository: RepositoryName,
    { mediaType, bytes }: { readonly mediaType?: string; readonly bytes: Uint8Array },
    target: { readonly digest?: Digest; readonly tags: readonly Tag[] },
  ): Promise<PutManifest> {
    const parsed = parseManifest(bytes, mediaType, this.rules.limits);
    const digest = digestOf(bytes, target.digest?.algorithm ?? 'sha256');
    if (target.digest !== undefined && !target.digest.equals(digest)) {
      throw new DigestInvalid('manifest does not have the digest', { expected: target.digest, actual: digest });
    }
    const stored = { digest, mediaType: parsed.mediaType, bytes: Uint8Array.from(bytes) };
    const held = this.repositories.get(repository.toString()) ?? new MemoryRepository(this.rules);
    const manifest = held.putManifest(stored, target.tags);
    this.repositories.set(repository.toString(), held);
    return { digest, ...(manifest.subject && { subject: manifest.subject.digest }) };
  }

  async listTags(repository: RepositoryName, page: Page): Promise<Listed<string>> {
    return pageOf([...this.existing(repository).tags.keys()], page);
  }

  async listReferrers(
    repository: RepositoryName,
    subject: Digest,
    { artifactType, after }: { readonly artifactType?: string; readonly after?: Digest },
  ): Promise<Listed<Descriptor>> {
    const found = (this.repositories.get(repository.toString())?.referrers(subject) ?? [])
      .filter((referrer) => artifactType === undefined || referrer.artifactType === artifactType)
      .filter((referrer) => after === undefined || referrer.digest.toString() > after.toString());
    let room = this.referrersLimit - 200;
    const fitting = found.findIndex((referrer) => (room -= Buffer.byteLength(JSON.stringify(referrer)) + 1) < 0);
    const entries = fitting < 0 ? found : found.slice(0, Math.max(fitting, 1));
    return { entries, more: entries.length < found.length };
  }

  async listRepositories(page: Page): Promise<Listed<string>> {
    return pageOf([...this.repositories.keys()], page);
  }

  async deleteManifest(repository: RepositoryName, digest: Digest): Promise<void> {
    this.existing(repository).deleteManifest(digest);
  }

  async deleteTag(repository: RepositoryName, tag: Tag): Promise<void> {
    this.existing(repository).deleteTag(tag);
  }

  async deleteBlob(repository: RepositoryName, digest: Digest): Promise<void> {
    this.existing(repository).deleteBlob(digest);
  }

  /** Puts a blob there without an upload. */
  async addBlob(
    repository: RepositoryName,
    content: Uint8Array,
    algorithm: DigestAlgorithm = 'sha256',
  ): Promise<Digest> {
    const digest = digestOf(content, algorithm);
    const { id } = this.uploads.start(repository);
    await this.finishUpload(repository, id, digest, { content: bytesOf(content) });
    return digest;
  }

  private existing(repository: RepositoryName): MemoryRepository {
    const held = this.repositories.get(repository.toString());
    if (held === undefined) throw new NameUnknown('no such repository', { name: repository });
    return held;
  }

  private existingOrNew(repository: RepositoryName): MemoryRepository {
    const held = this.repositories.get(repository.toString()) ?? new MemoryRepository(this.rules);
    this.repositories.set(repository.toString(), held);
    return held;
  }
}

function digestOf(bytes: Uint8Array, algorithm: DigestAlgorithm): Digest {
  return Digest.of(algorithm, createHash(algorithm).update(bytes).digest('hex'));
}

/** Code-unit order, which is what `sort` does without a comparison. */
function pageOf(names: string[], { n = Infinity, last }: Page): Listed<string> {
  const after = names.sort().filter((name) => last === undefined || name > last);
  return { entries: after.slice(0, n), more: n > 0 && after.length > n };
}
