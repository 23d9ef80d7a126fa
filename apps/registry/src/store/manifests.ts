import { Descriptor, Digest, Tag } from '@ncr/oci';
import { digestBytes, digestOf, sortedDigestBytes, Statement, Tx } from './sql';

/** A manifest without its bytes. */
export interface ManifestHeadRow {
  readonly digest: Buffer;
  readonly media_type: string;
  /** In bytes. */
  readonly size: number;
}

const bytesByDigest = new Statement<{ bytes: Buffer }>(
  'SELECT bytes FROM registry.manifest WHERE repository_id = $1 AND digest = $2 AND deleted_at IS NULL',
);

const headColumns = 'm.digest, m.media_type, length(m.bytes) AS size';

const headByDigest = new Statement<ManifestHeadRow>(`
  SELECT ${headColumns} FROM registry.manifest m WHERE m.repository_id = $1 AND m.digest = $2 AND m.deleted_at IS NULL`);

const headByTag = new Statement<ManifestHeadRow>(`
  SELECT ${headColumns} FROM registry.tag t JOIN registry.manifest m USING (repository_id, digest)
  WHERE t.repository_id = $1 AND t.name = $2 AND m.deleted_at IS NULL`);

const lockChildren = new Statement<{ digest: Buffer; depth: number }>(`
  SELECT digest, depth FROM registry.manifest
  WHERE repository_id = $1 AND digest = ANY ($2::bytea[]) AND deleted_at IS NULL ORDER BY digest FOR SHARE`);

/** A re-push revives what lies in the recycle bin; what can be seen keeps its media type, part of what its digest means. */
const insert = new Statement<object>(`
  INSERT INTO registry.manifest
    (repository_id, digest, media_type, artifact_type, subject, annotations, depth, bytes, pushed_by)
  VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
  ON CONFLICT (repository_id, digest) DO UPDATE SET
    media_type = excluded.media_type, artifact_type = excluded.artifact_type,
    pushed_at = now(), pushed_by = excluded.pushed_by, deleted_at = NULL
  WHERE manifest.media_type = excluded.media_type OR manifest.deleted_at IS NOT NULL RETURNING digest`);

const referBlobs = new Statement<object>(`
  INSERT INTO registry.manifest_blob (repository_id, manifest, blob)
  SELECT $1, $2, unnest($3::bytea[]) ON CONFLICT DO NOTHING`);

const referChildren = new Statement<object>(`
  INSERT INTO registry.manifest_child (repository_id, manifest, child)
  SELECT $1, $2, unnest($3::bytea[]) ON CONFLICT DO NOTHING`);

const markDeleted = new Statement<object>(`
  UPDATE registry.manifest SET deleted_at = now()
  WHERE repository_id = $1 AND digest = $2 AND deleted_at IS NULL RETURNING digest`);

/** Everything about a manifest that becomes a row. */
export interface NewManifest {
  readonly digest: Digest;
  readonly mediaType: string;
  readonly bytes: Uint8Array;
  readonly artifactType?: string | undefined;
  readonly subject?: Digest | undefined;
  readonly annotations?: Descriptor['annotations'] | undefined;
  /** 1 for a manifest without children. */
  readonly depth: number;
  readonly pushedBy: string | null;
}

export async function readManifestBytes(tx: Tx, repositoryId: string, digest: Digest): Promise<Buffer | undefined> {
  return (await bytesByDigest.one(tx, repositoryId, digestBytes(digest)))?.bytes;
}

/** By digest or by what the tag points to; undefined for what is deleted. */
export function findManifestHead(
  tx: Tx,
  repositoryId: string,
  reference: Digest | Tag,
): Promise<ManifestHeadRow | undefined> {
  return reference instanceof Tag
    ? headByTag.one(tx, repositoryId, reference.name)
    : headByDigest.one(tx, repositoryId, digestBytes(reference));
}

/** Depth of each child that is here; none of them can be deleted before the transaction ends. */
export async function lockChildManifests(
  tx: Tx,
  repositoryId: string,
  children: readonly Digest[],
): Promise<Map<string, number>> {
  if (children.length === 0) return new Map();
  const rows = await lockChildren.run(tx, repositoryId, sortedDigestBytes(children));
  return new Map(rows.map(({ digest, depth }) => [digestOf(digest).toString(), depth]));
}

/** Writes the manifest's row, which stays locked; false when the same bytes are there under another media type. */
export async function insertManifest(tx: Tx, repositoryId: string, manifest: NewManifest): Promise<boolean> {
  const row = await insert.one(
    tx,
    repositoryId,
    digestBytes(manifest.digest),
    manifest.mediaType,
    manifest.artifactType ?? null,
    manifest.subject ? digestBytes(manifest.subject) : null,
    manifest.annotations ? JSON.stringify(manifest.annotations) : null,
    manifest.depth,
    manifest.bytes,
    manifest.pushedBy,
  );
  return row !== undefined;
}

/** Throws a foreign-key violation when a blob is not linked here. */
export async function insertReferences(
  tx: Tx,
  repositoryId: string,
  digest: Digest,
  references: { blobs: readonly Buffer[]; children: readonly Digest[] },
): Promise<void> {
  if (references.blobs.length > 0) await referBlobs.run(tx, repositoryId, digestBytes(digest), references.blobs);
  if (references.children.length === 0) return;
  await referChildren.run(tx, repositoryId, digestBytes(digest), sortedDigestBytes(references.children));
}

/** Puts the manifest into the recycle bin; false when it is not there. */
export async function deleteManifestRow(tx: Tx, repositoryId: string, digest: Digest): Promise<boolean> {
  return (await markDeleted.one(tx, repositoryId, digestBytes(digest))) !== undefined;
}
