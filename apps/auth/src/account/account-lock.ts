import type { EntityManager } from 'typeorm';

/*
 * A token carries the rights that were read for it, and the moment of reading as `iat`. A revocation voids what was
 * issued before its `notBefore`. Neither of the two may slip past the other:
 *
 *   issue    lock(shared) ── read rights ── iat = clock ── sign ── commit
 *   narrow   lock(exclusive) ── change ── notBefore = clock ── commit
 *
 * Whoever gets the lock second sees what the first one did: rights read before the change have an `iat` before
 * `notBefore`, and an `iat` after it belongs to rights read after it. Both times are the database's.
 */

/** Holds off every change of the account's rights until the transaction ends. */
export async function lockRights(tx: EntityManager, account: string): Promise<void> {
  await tx.query(`SELECT pg_advisory_xact_lock_shared(hashtextextended('auth.account:' || $1, 0))`, [account]);
}

/** Taken before anything that ends or narrows a right of the account, and before counting what it has. */
export async function lockAccount(tx: EntityManager, account: string): Promise<void> {
  await tx.query(`SELECT pg_advisory_xact_lock(hashtextextended('auth.account:' || $1, 0))`, [account]);
}

/** Taken, before any account's lock, by what must not leave the service without an administrator. */
export async function lockAdministrators(tx: EntityManager): Promise<void> {
  await tx.query(`SELECT pg_advisory_xact_lock(hashtextextended('auth.administrators', 0))`);
}
