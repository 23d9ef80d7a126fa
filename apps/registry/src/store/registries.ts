import { Statement, Tx } from './sql';

/** The tenant object that a user creates: the first component of every repository name. */
export interface RegistryRow {
  readonly id: string;
  readonly name: string;
  readonly anonymous_pull: boolean;
}

const byName = new Statement<RegistryRow>(
  'SELECT id, name, anonymous_pull FROM registry.registry WHERE name = $1 AND deleted_at IS NULL',
);
const present = new Statement<{ id: string }>('SELECT id FROM registry.registry WHERE id = $1 AND deleted_at IS NULL');
const share = new Statement<object>('SELECT pg_advisory_xact_lock_shared(hashtextextended($1, 1))');

/** Undefined for a registry that does not exist or lies in the recycle bin. */
export function findRegistry(tx: Tx, name: string): Promise<RegistryRow | undefined> {
  return byName.one(tx, name);
}

/**
 * The first lock of every change below a registry. Says, in a statement after the lock, whether the registry is still
 * there: a change never commits into a registry whose deletion was acknowledged.
 */
export async function shareRegistry(tx: Tx, id: string): Promise<boolean> {
  await share.run(tx, id);
  return (await present.one(tx, id)) !== undefined;
}
