import { Digest } from '@ncr/oci';
import { digestBytes, digestOf, Statement, Tx } from './sql';

const lock = new Statement<object>(`
  SELECT pg_advisory_xact_lock(hashtextextended($1::text || ':' || name, 2))
  FROM unnest($2::text[]) WITH ORDINALITY AS wanted (name, place) ORDER BY place`);

const current = new Statement<{ digest: Buffer }>(
  'SELECT digest FROM registry.tag WHERE repository_id = $1 AND name = $2',
);

const move = new Statement<object>(`
  INSERT INTO registry.tag (repository_id, name, digest, moved_by) VALUES ($1, $2, $3, $4)
  ON CONFLICT (repository_id, name) DO UPDATE SET digest = excluded.digest, moved_at = now(), moved_by = excluded.moved_by`);

const remove = new Statement<{ digest: Buffer }>(
  'DELETE FROM registry.tag WHERE repository_id = $1 AND name = $2 RETURNING digest',
);

const ofManifest = new Statement<{ name: string }>(
  'SELECT name FROM registry.tag WHERE repository_id = $1 AND digest = $2 ORDER BY name',
);

const page = new Statement<{ name: string }>(
  'SELECT name FROM registry.tag WHERE repository_id = $1 AND name > $2 ORDER BY name LIMIT $3',
);

/** What `setTag` did: where the tag pointed before, if anywhere. */
export interface TagMove {
  readonly before?: Digest | undefined;
}

/** The (repository, tag) locks, in sorted order; what is read after this is current until the transaction ends. */
export async function lockTags(tx: Tx, repositoryId: string, names: readonly string[]): Promise<void> {
  if (names.length > 0) await lock.run(tx, repositoryId, [...new Set(names)].sort());
}

/** The one place where a tag gets a new digest. The caller holds the tag's lock and the manifest's row. */
export async function setTag(
  tx: Tx,
  repositoryId: string,
  tag: { name: string; digest: Digest },
  movedBy: string | null,
): Promise<TagMove> {
  const row = await current.one(tx, repositoryId, tag.name);
  const before = row && digestOf(row.digest);
  if (!before?.equals(tag.digest)) await move.run(tx, repositoryId, tag.name, digestBytes(tag.digest), movedBy);
  return { before };
}

/** Gives where the tag pointed, or undefined when there is no such tag. The caller holds the tag's lock. */
export async function removeTag(tx: Tx, repositoryId: string, name: string): Promise<Digest | undefined> {
  const row = await remove.one(tx, repositoryId, name);
  return row && digestOf(row.digest);
}

export async function tagsOfManifest(tx: Tx, repositoryId: string, digest: Digest): Promise<string[]> {
  return (await ofManifest.run(tx, repositoryId, digestBytes(digest))).map(({ name }) => name);
}

/** Names after `last` in code-unit order. */
export async function listTagNames(tx: Tx, repositoryId: string, last: string, limit: number): Promise<string[]> {
  return (await page.run(tx, repositoryId, last, limit)).map(({ name }) => name);
}
