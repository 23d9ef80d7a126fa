import { Descriptor, Digest } from '@ncr/oci';
import { digestBytes, digestOf, Statement, Tx } from './sql';

interface ReferrerRow {
  readonly digest: Buffer;
  readonly media_type: string;
  readonly artifact_type: string | null;
  readonly annotations: Record<string, string> | null;
  readonly size: number;
}

/** Keyset on the digest, whose index the page walks. */
const page = new Statement<ReferrerRow>(`
  SELECT digest, media_type, artifact_type, annotations, length(bytes) AS size FROM registry.manifest
  WHERE repository_id = $1 AND subject = $2 AND deleted_at IS NULL
    AND ($3::text IS NULL OR artifact_type = $3) AND digest > $4
  ORDER BY digest LIMIT $5`);

const before = Buffer.alloc(0);

/** Descriptors of the manifests whose subject is `subject`, those after `after`, by digest. */
export async function listReferrerRows(
  tx: Tx,
  at: { repositoryId: string; subject: Digest },
  filter: { artifactType?: string | undefined; after?: Digest | undefined },
  limit: number,
): Promise<Descriptor[]> {
  const after = filter.after ? digestBytes(filter.after) : before;
  const rows = await page.run(tx, at.repositoryId, digestBytes(at.subject), filter.artifactType ?? null, after, limit);
  return rows.map((row) => ({
    mediaType: row.media_type,
    digest: digestOf(row.digest),
    size: row.size,
    ...(row.artifact_type !== null && { artifactType: row.artifact_type }),
    ...(row.annotations !== null && { annotations: row.annotations }),
  }));
}
