import { Grants, Role } from '@ncr/contracts';
import type { EntityManager } from 'typeorm';
import { lockRights } from '../account/account-lock';
import { KnownRegistry } from './entitlement';

/**
 * What somebody proved to have. Its id stands in every token issued for it, so that ending a credential ends its tokens
 * and no others: the access key's, the session's, or the `passwordId` of the account.
 */
export interface Credential {
  readonly kind: 'access-key' | 'session' | 'password';
  readonly id: string;
  readonly account: string;
}

/** Who holds a credential, with the rights of one moment; `at` is that moment in seconds, by the database's clock. */
export interface AccountHolder {
  readonly id: string;
  readonly name: string;
  readonly grants: Grants;
  readonly at: number;
}

interface Row {
  id: string;
  name: string;
  at: number;
  grants: { registry: string | null; role: Role }[];
}

/** Ids of different kinds never meet: all are random UUIDs, so one look into each place they live in is enough. */
const select = `
  SELECT a.id, a.name, floor(extract(epoch FROM clock_timestamp()) * 1000)::float8 / 1000 AS at,
    coalesce((SELECT json_agg(json_build_object('registry', g.registry_id, 'role', g.role))
              FROM auth.role_grant g WHERE g.account_id = a.id), '[]'::json) AS grants
  FROM auth.account a
  WHERE a.id = $1 AND a.enabled AND (
    a.password_id = $2
    OR EXISTS (SELECT FROM auth.access_key k WHERE k.id = $2 AND k.account_id = a.id)
    OR EXISTS (SELECT FROM auth.session s WHERE s.id = $2 AND s.account_id = a.id))`;

/**
 * The rights behind a credential, to be put into a token within this transaction; see `account-lock.ts`. Undefined when
 * the credential ended or the account is disabled or gone.
 */
export async function readHolder(tx: EntityManager, credential: Credential): Promise<AccountHolder | undefined> {
  await lockRights(tx, credential.account);
  const [row] = await tx.query<Row[]>(select, [credential.account, credential.id]);
  if (!row) return undefined;
  const service = row.grants.find((grant) => grant.registry === null)?.role;
  const onRegistries = row.grants.flatMap(({ registry, role }) =>
    registry === null ? [] : [[registry, role] as const],
  );
  const grants = { ...(service && { service }), registries: Object.fromEntries(onRegistries) };
  return { id: row.id, name: row.name, at: row.at, grants };
}

/** The existing registries of those names, by name. */
export async function readRegistries(tx: EntityManager, names: readonly string[]): Promise<Map<string, KnownRegistry>> {
  if (names.length === 0) return new Map();
  const rows = await tx.query<KnownRegistry[]>(
    `SELECT DISTINCT ON (name) id, name, anonymous_pull AS "anonymousPull"
     FROM auth.registry WHERE name = ANY($1) AND NOT deleted ORDER BY name, learned_at DESC`,
    [names],
  );
  return new Map(rows.map((row) => [row.name, row]));
}
