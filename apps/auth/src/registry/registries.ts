import { RegistryFacts } from '@ncr/contracts';
import type { EntityManager } from 'typeorm';
import { revoke } from '../revocation/revoke';

/**
 * Writes down what the owner of registries tells, by event and by call, in any order and as often as it likes. A deletion
 * voids the tokens for that registry.
 */
export async function learnRegistry(tx: EntityManager, facts: RegistryFacts): Promise<void> {
  const { id, name, anonymousPull, version, deleted = false } = facts;
  const rows = await tx.query<{ wasThere: boolean }[]>(
    `WITH before AS (SELECT deleted FROM auth.registry WHERE id = $1),
     learned AS (
       INSERT INTO auth.registry AS r (id, name, anonymous_pull, version, deleted) VALUES ($1, $2, $3, $4, $5)
       ON CONFLICT (id) DO UPDATE SET name = EXCLUDED.name, anonymous_pull = EXCLUDED.anonymous_pull,
         version = EXCLUDED.version, deleted = EXCLUDED.deleted, learned_at = clock_timestamp()
       WHERE r.version < EXCLUDED.version
       RETURNING 1)
     SELECT coalesce((SELECT NOT deleted FROM before), true) AS "wasThere" FROM learned`,
    [id, name, anonymousPull, version, deleted],
  );
  const changed = rows[0];
  if (changed?.wasThere && deleted) await revoke(tx, 'registry', id);
}
