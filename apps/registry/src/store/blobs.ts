import { Digest } from '@ncr/oci';
import { digestBytes, digestOf, Statement, Tx } from './sql';

/** A blob and the random key of the object that holds its bytes. `size` in bytes. */
export interface BlobRow {
  readonly size: number;
  readonly object_key: string;
}

/** A blob as one repository holds it. */
export interface LinkRow extends BlobRow {
  /** Whether less than a day, and the moment that the row may be remembered, remains of the lease. */
  readonly lease_wanted: boolean;
}

const size = 'b.size::float8 AS size, b.object_key';

const linked = new Statement<LinkRow>(`
  SELECT ${size}, l.leased_until < now() + interval '24 hours 1 minute' AS lease_wanted
  FROM registry.repository_blob l JOIN registry.blob b USING (digest)
  WHERE l.repository_id = $1 AND l.digest = $2 AND l.deleted_at IS NULL AND b.suspect_since IS NULL`);

/** What was answered 201, HEAD-200 or mount-201 for stays a day: 36 hours are given when less than 24 remain. */
const renew = new Statement<object>(`
  UPDATE registry.repository_blob SET leased_until = now() + interval '36 hours'
  WHERE repository_id = $1 AND digest = $2 AND deleted_at IS NULL RETURNING digest`);

const link = new Statement<object>(`
  INSERT INTO registry.repository_blob (repository_id, digest, leased_until)
  VALUES ($1, $2, now() + interval '36 hours')
  ON CONFLICT (repository_id, digest) DO UPDATE SET leased_until = excluded.leased_until, deleted_at = NULL
  WHERE repository_blob.deleted_at IS NOT NULL OR repository_blob.leased_until < now() + interval '24 hours'`);

const unlink = new Statement<object>(`
  UPDATE registry.repository_blob SET deleted_at = now(), leased_until = now()
  WHERE repository_id = $1 AND digest = $2 AND deleted_at IS NULL RETURNING digest`);

const inUse = new Statement<object>(`
  SELECT FROM registry.manifest_blob r JOIN registry.manifest m ON m.repository_id = r.repository_id AND m.digest = r.manifest
  WHERE r.repository_id = $1 AND r.blob = $2 AND m.deleted_at IS NULL LIMIT 1`);

/** SHARE keeps the links from being deleted, or hidden, while the manifest that names them is being written. */
const lockLinks = new Statement<{ digest: Buffer }>(`
  SELECT l.digest FROM registry.repository_blob l JOIN registry.blob b USING (digest)
  WHERE l.repository_id = $1 AND l.digest = ANY ($2::bytea[]) AND l.deleted_at IS NULL AND b.suspect_since IS NULL
  ORDER BY l.digest FOR SHARE OF l`);

const commitNew = new Statement<{ outcome: CommitOutcome }>(
  'SELECT registry.commit_blob($1, $2, $3, $4, $5, $6, $7) AS outcome',
);

const byDigest = new Statement<BlobRow & { suspect: boolean }>(`
  SELECT ${size}, b.suspect_since IS NOT NULL AS suspect FROM registry.blob b WHERE digest = $1`);

const replaceObject = new Statement<object>(`
  UPDATE registry.blob SET object_key = $3, size = $4, suspect_since = NULL
  WHERE digest = $1 AND object_key = $2 RETURNING digest`);

const suspect = new Statement<object>(`
  UPDATE registry.blob SET suspect_since = now() WHERE digest = $1 AND object_key = $2 AND suspect_since IS NULL`);

/** Linked, healthy and visible in one of the repositories of the registry that the caller may pull from. */
const anywhereInRegistry = new Statement<object>(`
  SELECT FROM registry.repository_blob l JOIN registry.blob b USING (digest) JOIN registry.repository r ON r.id = l.repository_id
  WHERE l.digest = $2 AND r.registry_id = $1 AND l.deleted_at IS NULL AND b.suspect_since IS NULL LIMIT 1`);

export function findLinkedBlob(tx: Tx, repositoryId: string, digest: Digest): Promise<LinkRow | undefined> {
  return linked.one(tx, repositoryId, digestBytes(digest));
}

/** False when the link went in between: the caller then answers "not there". */
export async function renewLease(tx: Tx, repositoryId: string, digest: Digest): Promise<boolean> {
  return (await renew.one(tx, repositoryId, digestBytes(digest))) !== undefined;
}

/** Throws a foreign-key violation when the blob is gone. */
export async function linkBlob(tx: Tx, repositoryId: string, digest: Digest): Promise<void> {
  await link.run(tx, repositoryId, digestBytes(digest));
}

export async function unlinkBlob(tx: Tx, repositoryId: string, digest: Digest): Promise<boolean> {
  return (await unlink.one(tx, repositoryId, digestBytes(digest))) !== undefined;
}

/** Whether a manifest that people can see refers to the blob here. */
export async function isBlobReferenced(tx: Tx, repositoryId: string, digest: Digest): Promise<boolean> {
  return (await inUse.one(tx, repositoryId, digestBytes(digest))) !== undefined;
}

/** Which of `digests` (stored form, sorted) are linked here; their links stay until the transaction ends. */
export async function lockLinkedBlobs(tx: Tx, repositoryId: string, digests: readonly Buffer[]): Promise<Set<string>> {
  if (digests.length === 0) return new Set();
  const rows = await lockLinks.run(tx, repositoryId, digests);
  return new Set(rows.map(({ digest }) => digestOf(digest).toString()));
}

/** A finished upload on its way to become a blob. */
export interface NewBlob extends BlobRow {
  readonly digest: Digest;
  readonly registryId: string;
  readonly repositoryId: string;
  readonly upload: { readonly key: string; readonly writer: number };
}

/** `deleted`: the registry is; `known`: the digest is there already. Nothing was changed but by `done`. */
export type CommitOutcome = 'done' | 'deleted' | 'known';

/** Inserts blob and link and leaves the upload's tombstone: a transaction of its own, in one round trip. */
export async function commitNewBlob(pool: Tx, blob: NewBlob): Promise<CommitOutcome> {
  const { registryId, repositoryId, digest, size: bytes, object_key: key, upload } = blob;
  const values = [registryId, repositoryId, digestBytes(digest), bytes, key, upload.key, upload.writer];
  const [{ outcome }] = await commitNew.run(pool, ...values);
  return outcome;
}

export function findBlob(tx: Tx, digest: Digest): Promise<(BlobRow & { suspect: boolean }) | undefined> {
  return byDigest.one(tx, digestBytes(digest));
}

/** Puts a healthy object in the place of a suspect one; false when somebody else was quicker. */
export async function replaceBlobObject(tx: Tx, digest: Digest, oldKey: string, blob: BlobRow): Promise<boolean> {
  return (await replaceObject.one(tx, digestBytes(digest), oldKey, blob.object_key, blob.size)) !== undefined;
}

/** Marks a blob whose object is missing, short or unreadable, so that the next push heals it. */
export async function suspectBlob(tx: Tx, digest: Digest, objectKey: string): Promise<void> {
  await suspect.run(tx, digestBytes(digest), objectKey);
}

export async function isBlobInRegistry(tx: Tx, registryId: string, digest: Digest): Promise<boolean> {
  return (await anywhereInRegistry.one(tx, registryId, digestBytes(digest))) !== undefined;
}
