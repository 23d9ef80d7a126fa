import {
  BlobUnknown,
  Descriptor,
  Digest,
  DigestAlgorithm,
  DigestInvalid,
  Listed,
  ManifestUnknown,
  NameInvalid,
  NameUnknown,
  Page,
  parseManifest,
  PutManifest,
  Reference,
  Registry,
  RepositoryName,
  StoredBlob,
  StoredManifest,
  Tag,
  Unsupported,
  Upload,
  UploadPiece,
} from '@ncr/oci';
import { inTransaction } from '@ncr/platform';
import { createHash } from 'node:crypto';
import { openBlob } from './blob-reader';
import { Caller } from './caller';
import { deleteManifest, deleteTag, DeletionPlace } from './manifest-deletion';
import { pushManifest } from './manifest-push';
import { mountBlob } from './blob-mount';
import { referrerPage, referrerRows } from './referrer-page';
import { RegistryData } from './registry-data';
import { findLinkedBlob, isBlobReferenced, renewLease, unlinkBlob } from './store/blobs';
import { findManifestHead, readManifestBytes } from './store/manifests';
import { listReferrerRows } from './store/referrers';
import { RegistryRow, shareRegistry } from './store/registries';
import { findRepository, listRepositoryNames } from './store/repositories';
import { digestOf } from './store/sql';
import { listTagNames } from './store/tags';
import { UploadOwner } from './upload-id';

/** Entries of a page when the client does not say; more only with a `Link`. */
const pageSize = 1000;

/** The registry kept in PostgreSQL and a storage driver, as one caller may use it. Methods in the order of the spec. */
export class StoredRegistry implements Registry {
  constructor(
    private readonly data: RegistryData,
    private readonly caller: Caller,
  ) {}

  async getManifest(repository: RepositoryName, reference: Reference): Promise<StoredManifest> {
    const id = await this.repositoryId(repository);
    const { caches } = this.data;
    const manifest = await caches.manifests.get(`${id}/${reference}`, () => this.readManifest(id, reference));
    if (!manifest) throw new ManifestUnknown('manifest unknown', { reference });
    return manifest;
  }

  async headManifest(
    repository: RepositoryName,
    reference: Reference,
  ): Promise<Omit<StoredManifest, 'bytes'> & { size: number }> {
    const { digest, mediaType, bytes } = await this.getManifest(repository, reference);
    return { digest, mediaType, size: bytes.length };
  }

  async getBlob(repository: RepositoryName, digest: Digest): Promise<StoredBlob> {
    const id = await this.repositoryId(repository);
    const { pool, caches } = this.data;
    const row = await caches.links.get(`${id}/${digest}`, () => findLinkedBlob(pool, id, digest));
    if (!row) throw new BlobUnknown('blob unknown', { digest });
    return openBlob(this.data, digest, row);
  }

  /** To a pusher "it is there" is a promise, kept by the lease. */
  async headBlob(repository: RepositoryName, digest: Digest): Promise<{ digest: Digest; size: number }> {
    const id = await this.repositoryId(repository);
    const { pool, caches } = this.data;
    const row = await caches.links.get(`${id}/${digest}`, () => findLinkedBlob(pool, id, digest));
    if (!row) throw new BlobUnknown('blob unknown', { digest });
    if (row.lease_wanted && this.caller.may('push', repository)) {
      const renewed = await renewLease(pool, id, digest);
      caches.links.drop(`${id}/${digest}`);
      if (!renewed) throw new BlobUnknown('blob unknown', { digest });
    }
    return { digest, size: row.size };
  }

  async startUpload(repository: RepositoryName, algorithm: DigestAlgorithm = 'sha256'): Promise<Upload> {
    return this.data.uploads.start(await this.uploadOwner(repository), algorithm);
  }

  async mountBlob(
    repository: RepositoryName,
    digest: Digest,
    from?: RepositoryName,
  ): Promise<{ digest: Digest } | undefined> {
    const registry = await this.registryOf(repository);
    return mountBlob(this.data, this.caller, { registry, repository, from, digest });
  }

  async appendUpload(repository: RepositoryName, id: string, piece: UploadPiece): Promise<Upload> {
    return this.data.uploads.append(await this.uploadOwner(repository), id, piece);
  }

  async finishUpload(
    repository: RepositoryName,
    id: string,
    digest: Digest,
    piece?: UploadPiece,
  ): Promise<{ digest: Digest }> {
    await this.data.uploads.finish(await this.uploadOwner(repository), id, digest, piece);
    return { digest };
  }

  async uploadStatus(repository: RepositoryName, id: string): Promise<Upload> {
    return this.data.uploads.status(await this.uploadOwner(repository), id);
  }

  async cancelUpload(repository: RepositoryName, id: string): Promise<void> {
    await this.data.uploads.cancel(await this.uploadOwner(repository), id);
  }

  async putManifest(
    repository: RepositoryName,
    pushed: { mediaType?: string; bytes: Uint8Array },
    target: { digest?: Digest; tags: readonly Tag[] },
  ): Promise<PutManifest> {
    const { pool, caches, settings, manifestLimits } = this.data;
    const manifest = parseManifest(pushed.bytes, pushed.mediaType, manifestLimits);
    const digest = digestOfBytes(pushed.bytes, target.digest);
    const registry = await this.registryOf(repository);
    const tags = target.tags.map(({ name }) => name);
    const push = { registry, repository, manifest, digest, bytes: pushed.bytes, tags, principal: this.principal() };
    // A repository that does not exist yet has no id to tell its rows by: then all of them count as changing.
    await caches.manifests.changing(
      (await this.findRepositoryId(repository)) ?? '',
      () => inTransaction(pool, (tx) => pushManifest(tx, push, settings)),
      (id) => [digest, ...tags].map((reference) => `${id}/${reference}`),
    );
    return { digest, ...(manifest.subject && { subject: manifest.subject.digest }) };
  }

  async listTags(repository: RepositoryName, { n = pageSize, last = '' }: Page): Promise<Listed<string>> {
    const id = await this.repositoryId(repository);
    return listed(await listTagNames(this.data.pool, id, last, n + 1), n);
  }

  async listReferrers(
    repository: RepositoryName,
    subject: Digest,
    filter: { artifactType?: string; after?: Digest },
  ): Promise<Listed<Descriptor>> {
    const found = await this.findRepositoryId(repository);
    if (!found) return { entries: [], more: false };
    const place = { repositoryId: found, subject };
    return referrerPage(await listReferrerRows(this.data.pool, place, filter, referrerRows + 1));
  }

  async listRepositories({ n = pageSize, last = '' }: Page): Promise<Listed<string>> {
    return listed(await listRepositoryNames(this.data.pool, this.caller.catalog, last, n + 1), n);
  }

  async deleteManifest(repository: RepositoryName, digest: Digest): Promise<void> {
    const place = await this.deletionPlace(repository);
    const { pool, caches } = this.data;
    await caches.manifests.changing(
      place.repositoryId,
      () => inTransaction(pool, (tx) => deleteManifest(tx, place, digest)),
      (tags) => [digest, ...tags].map((reference) => `${place.repositoryId}/${reference}`),
    );
  }

  async deleteTag(repository: RepositoryName, tag: Tag): Promise<void> {
    const place = await this.deletionPlace(repository);
    const { pool, caches } = this.data;
    await caches.manifests.changing(
      place.repositoryId,
      () => inTransaction(pool, (tx) => deleteTag(tx, place, tag.name)),
      () => [`${place.repositoryId}/${tag}`],
    );
  }

  async deleteBlob(repository: RepositoryName, digest: Digest): Promise<void> {
    const { registry, repositoryId } = await this.deletionPlace(repository);
    const { pool, caches } = this.data;
    const unlink = (): Promise<void> =>
      inTransaction(pool, async (tx) => {
        if (!(await shareRegistry(tx, registry.id))) throw new NameUnknown('registry was deleted');
        if (!(await unlinkBlob(tx, repositoryId, digest))) throw new BlobUnknown('blob unknown', { digest });
        if (await isBlobReferenced(tx, repositoryId, digest)) {
          throw new Unsupported('a manifest in this repository refers to the blob: delete that first');
        }
      });
    await caches.links.changing(repositoryId, unlink, () => [`${repositoryId}/${digest}`]);
  }

  /** Where the tag points is asked each time; the bytes only when they are not in memory. */
  private async readManifest(repositoryId: string, reference: Reference): Promise<StoredManifest | undefined> {
    const { pool, caches } = this.data;
    const head = await findManifestHead(pool, repositoryId, reference);
    if (!head) return undefined;
    const digest = digestOf(head.digest);
    return caches.manifest(digest, head.media_type, () => readManifestBytes(pool, repositoryId, digest));
  }

  private async registryOf(repository: RepositoryName): Promise<RegistryRow> {
    const registry = await this.caller.registryOf(repository);
    if (!registry) throw unknownName(repository);
    if (repository.image === '')
      throw new NameInvalid('an image needs a name: <registry>/<image>', { name: repository });
    return registry;
  }

  private async findRepositoryId(repository: RepositoryName): Promise<string | undefined> {
    const registry = await this.registryOf(repository);
    const { pool, caches } = this.data;
    const key = `${registry.id}/${repository.image}`;
    return (await caches.repositories.get(key, () => findRepository(pool, registry.id, repository.image)))?.id;
  }

  private async repositoryId(repository: RepositoryName): Promise<string> {
    const id = await this.findRepositoryId(repository);
    if (!id) throw unknownName(repository);
    return id;
  }

  private async uploadOwner(repository: RepositoryName): Promise<UploadOwner> {
    const registry = await this.registryOf(repository);
    return { registryId: registry.id, repository, principal: this.principal() };
  }

  private async deletionPlace(repository: RepositoryName): Promise<DeletionPlace> {
    const registry = await this.registryOf(repository);
    const repositoryId = await this.repositoryId(repository);
    return { registry, repository, repositoryId, principal: this.principal() };
  }

  private principal(): string {
    if (this.caller.id === undefined) throw new Unsupported('anonymous callers can only pull');
    return this.caller.id;
  }
}

/** A client that announced a digest gets it checked; one that pushed by tag is addressed by sha256. */
function digestOfBytes(bytes: Uint8Array, announced?: Digest): Digest {
  const algorithm = announced?.algorithm ?? 'sha256';
  const actual = Digest.of(algorithm, createHash(algorithm).update(bytes).digest('hex'));
  if (announced && !announced.equals(actual)) {
    throw new DigestInvalid('the manifest has another digest', { announced, actual });
  }
  return actual;
}

/** Takes one entry more than asked for, which says that there are more. */
function listed<T>(entries: T[], n: number): Listed<T> {
  return { entries: entries.slice(0, n), more: n > 0 && entries.length > n };
}

function unknownName(name: RepositoryName): NameUnknown {
  return new NameUnknown('the repository does not exist, or you have no access to it', { name });
}
