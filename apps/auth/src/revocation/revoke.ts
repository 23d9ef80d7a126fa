import { accessRevoked, Revocation } from '@ncr/contracts';
import { publish } from '@ncr/messaging';
import { applyRevocations } from '@ncr/platform';
import type { EntityManager } from 'typeorm';
import { RefreshToken } from '../token/refresh-token.entity';

/**
 * Voids every token of the principal, credential or registry that was issued until now, in the transaction of the change
 * that narrows its rights. For a principal or a credential the lock of its account is held (`account-lock.ts`).
 *
 * Entries are numbered without gaps in the order of their commits, for those who ask for "all after": the lock is held
 * until the commit. The moment is rounded up to the millisecond that tokens count in.
 */
export async function revoke(tx: EntityManager, kind: Revocation['kind'], id: string): Promise<void> {
  await tx.query(`SELECT pg_advisory_xact_lock(hashtextextended('auth.revocation_log', 0))`);
  const [row] = await tx.query<{ seq: string; notBefore: Date }[]>(
    `INSERT INTO auth.revocation_log (seq, kind, id, not_before)
     SELECT coalesce(max(seq), 0) + 1, $1, $2, date_trunc('milliseconds', clock_timestamp()) + interval '1 millisecond'
     FROM auth.revocation_log
     RETURNING seq, not_before AS "notBefore"`,
    [kind, id],
  );
  const { seq, notBefore } = row;
  const revocation = { seq: Number(seq), kind, id, notBefore: notBefore.toISOString() };
  await publish(tx, accessRevoked, id, revocation);
  await applyRevocations(tx, 'auth', [revocation]);
}

/** Ends what was issued for a credential that is being deleted: refresh tokens and tokens. */
export async function endCredential(tx: EntityManager, id: string): Promise<void> {
  await tx.delete(RefreshToken, { credentialId: id });
  await revoke(tx, 'key', id);
}

/** At most 1000 entries after that number, in their order. */
export async function revocationsAfter(tx: EntityManager, seq: number): Promise<Revocation[]> {
  const rows = await tx.query<{ seq: string; kind: Revocation['kind']; id: string; notBefore: Date }[]>(
    `SELECT seq, kind, id, not_before AS "notBefore" FROM auth.revocation_log WHERE seq > $1 ORDER BY seq LIMIT 1000`,
    [seq],
  );
  return rows.map((row) => ({ ...row, seq: Number(row.seq), notBefore: row.notBefore.toISOString() }));
}
