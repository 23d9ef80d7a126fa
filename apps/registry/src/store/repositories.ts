import { NameUnknown } from '@ncr/oci';
import { randomUUID } from 'node:crypto';
import { Statement, Tx } from './sql';

export interface RepositoryRow {
  readonly id: string;
}

const byImage = new Statement<RepositoryRow>(
  'SELECT id FROM registry.repository WHERE registry_id = $1 AND image = $2',
);
const insert = new Statement<RepositoryRow>(`
  INSERT INTO registry.repository (id, registry_id, image, name)
  SELECT $1, id, $3, name || '/' || $3 FROM registry.registry WHERE id = $2
  ON CONFLICT DO NOTHING RETURNING id`);

/** `EXISTS` per row keeps the cost of a page independent of how much a repository holds. */
const page = new Statement<{ name: string }>(`
  SELECT r.name FROM registry.repository r JOIN registry.registry g ON g.id = r.registry_id
  WHERE g.deleted_at IS NULL AND ($1::uuid[] IS NULL OR g.id = ANY ($1)) AND r.name > $2
    AND EXISTS (SELECT FROM registry.manifest m WHERE m.repository_id = r.id AND m.deleted_at IS NULL)
  ORDER BY r.name LIMIT $3`);

/** Undefined for a repository that nothing was ever pushed to. */
export function findRepository(tx: Tx, registryId: string, image: string): Promise<RepositoryRow | undefined> {
  return byImage.one(tx, registryId, image);
}

/** The repository, made with its first push; two first pushes at once make one. Throws when the registry was purged. */
export async function ensureRepository(tx: Tx, registryId: string, image: string): Promise<RepositoryRow> {
  const known =
    (await findRepository(tx, registryId, image)) ??
    (await insert.one(tx, randomUUID(), registryId, image)) ??
    (await findRepository(tx, registryId, image));
  if (!known) throw new NameUnknown('registry was deleted');
  return known;
}

/** Names of repositories that hold something, after `last`, in code-unit order; `registryIds` undefined means all. */
export async function listRepositoryNames(
  tx: Tx,
  registryIds: readonly string[] | undefined,
  last: string,
  limit: number,
): Promise<string[]> {
  return (await page.run(tx, registryIds ?? null, last, limit)).map(({ name }) => name);
}
