import { ByteRange, ByteSource, Write } from './bytes';
import { Descriptor } from './descriptor';
import { Digest, DigestAlgorithm } from './digest';
import { Reference, Tag } from './reference';
import { RepositoryName } from './repository-name';

/** A manifest as it was pushed: `bytes` are never changed, `mediaType` carries no parameters. */
export interface StoredManifest {
  readonly digest: Digest;
  readonly mediaType: string;
  readonly bytes: Uint8Array;
}

/** A stored blob, open for reading. */
export interface StoredBlob {
  readonly digest: Digest;
  /** In bytes. */
  readonly size: number;
  /** The whole content, when the registry holds it in memory. */
  readonly bytes?: Uint8Array;
  /** Where a client may fetch the content itself (presigned, valid for a minute), when the registry prefers that. */
  readonly location?: string;
  /** Sends exactly the bytes of `range`, in order; rejects when they cannot all be had, after some may have been sent. */
  read(range: ByteRange, write: Write): Promise<void>;
}

/** Workflow "Pull" of the distribution-spec. */
export interface Pull {
  /** end-3. Throws `ManifestUnknown`, `NameUnknown`. */
  getManifest(repository: RepositoryName, reference: Reference): Promise<StoredManifest>;
  /** end-3 with HEAD: what a pusher asks before it pushes. Throws as {@link getManifest}. */
  headManifest(
    repository: RepositoryName,
    reference: Reference,
  ): Promise<Omit<StoredManifest, 'bytes'> & { size: number }>;
  /** end-2. Throws `BlobUnknown`, `NameUnknown`. */
  getBlob(repository: RepositoryName, digest: Digest): Promise<StoredBlob>;
  /** end-2 with HEAD: a pusher that learns "it is there" may rely on it for a day. Throws as {@link getBlob}. */
  headBlob(repository: RepositoryName, digest: Digest): Promise<{ digest: Digest; size: number }>;
}

/** An upload session. */
export interface Upload {
  /** Opaque; made of `A-Za-z0-9._-` only, so that it can stand in a path. */
  readonly id: string;
  /** Bytes stored so far. */
  readonly offset: number;
  /** The smallest piece that makes sense to send, in bytes (`OCI-Chunk-Min-Length`). */
  readonly minimumPiece?: number;
}

/** One piece of an upload; `range` is what the client said in `Content-Range`. */
export interface UploadPiece {
  readonly content: ByteSource;
  readonly range?: ByteRange;
}

/** What a manifest PUT achieved. */
export interface PutManifest {
  readonly digest: Digest;
  /** Digest of the manifest's `subject`, if it has one (`OCI-Subject`). */
  readonly subject?: Digest;
}

/** Workflow "Push" of the distribution-spec. Every method throws `NameUnknown` for an unknown registry. */
export interface Push {
  /** end-4a, end-4c. Stores nothing yet. */
  startUpload(repository: RepositoryName, algorithm?: DigestAlgorithm): Promise<Upload>;
  /** end-11. Gives undefined where the blob cannot be mounted; the caller then opens an upload. */
  mountBlob(repository: RepositoryName, digest: Digest, from?: RepositoryName): Promise<{ digest: Digest } | undefined>;
  /** end-5. Throws `BlobUploadUnknown`, `RangeInvalid` (with the real offset), `SizeInvalid`, `BlobTooLarge`. */
  appendUpload(repository: RepositoryName, id: string, piece: UploadPiece): Promise<Upload>;
  /** end-6, end-4b. When it resolves the blob is durable. Throws as {@link appendUpload}, and `DigestInvalid`. */
  finishUpload(
    repository: RepositoryName,
    id: string,
    digest: Digest,
    piece?: UploadPiece,
  ): Promise<{ digest: Digest }>;
  /** end-13. Throws `BlobUploadUnknown`. */
  uploadStatus(repository: RepositoryName, id: string): Promise<Upload>;
  /** end-14. Throws `BlobUploadUnknown`. */
  cancelUpload(repository: RepositoryName, id: string): Promise<void>;
  /**
   * end-7, end-7b. `target.digest` is what the client announced (absent when it pushed by tag: sha256 then);
   * all of `target.tags` point to the manifest afterwards, or none does. When it resolves the manifest is durable.
   * Throws `ManifestInvalid`, `ManifestBlobUnknown`, `DigestInvalid`, `Denied`.
   */
  putManifest(
    repository: RepositoryName,
    manifest: { readonly mediaType?: string; readonly bytes: Uint8Array },
    target: { readonly digest?: Digest; readonly tags: readonly Tag[] },
  ): Promise<PutManifest>;
}

/** `n` entries at most, those after `last` (exclusive, need not exist), in code-unit order. */
export interface Page {
  readonly n?: number;
  readonly last?: string;
}

/** One page; `more` says that a further page exists after its last entry. */
export interface Listed<T> {
  readonly entries: readonly T[];
  readonly more: boolean;
}

/** Workflow "Content Discovery" of the distribution-spec, and Docker's catalog. */
export interface ContentDiscovery {
  /** end-8. Throws `NameUnknown` for a repository that never existed. */
  listTags(repository: RepositoryName, page: Page): Promise<Listed<string>>;
  /**
   * end-12. An empty list for an unknown digest or repository, never an error.
   * `after` is a digest of the page before; a page fits into 4 MiB of JSON.
   */
  listReferrers(
    repository: RepositoryName,
    subject: Digest,
    filter: { readonly artifactType?: string; readonly after?: Digest },
  ): Promise<Listed<Descriptor>>;
  /** `GET /v2/_catalog`: the repositories the caller may pull. */
  listRepositories(page: Page): Promise<Listed<string>>;
}

/** Workflow "Content Management" of the distribution-spec. */
export interface ContentManagement {
  /** end-9 by digest: its tags go with it. Throws `ManifestUnknown`, `Denied`. */
  deleteManifest(repository: RepositoryName, digest: Digest): Promise<void>;
  /** end-9 by tag: only the tag goes. Throws `ManifestUnknown`, `Denied`. */
  deleteTag(repository: RepositoryName, tag: Tag): Promise<void>;
  /** end-10: the link of this repository goes. Throws `BlobUnknown`, `Unsupported` while a manifest here refers to it. */
  deleteBlob(repository: RepositoryName, digest: Digest): Promise<void>;
}

/**
 * A registry as one caller may use it: the endpoints of the OCI distribution-spec v1.1.1 as methods.
 * Implementations: stored (PostgreSQL and object storage), remote (HTTP client), in memory (tests), pull-through.
 * Every method throws a `RegistryError` for what it refuses and nothing else on purpose.
 */
export interface Registry extends Pull, Push, ContentDiscovery, ContentManagement {}
