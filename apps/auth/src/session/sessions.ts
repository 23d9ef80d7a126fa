import { randomUUID } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { DataSource, EntityManager } from 'typeorm';
import { Account } from '../account/account.entity';
import { lockAccount } from '../account/account-lock';
import { endCredential } from '../revocation/revoke';
import { SecretMacs } from '../secret-macs';
import { isSecret, newSecret } from '../secret-text';
import { Credential, readHolder } from '../token/holders';
import { Session } from './session.entity';

/** A session ends after half an hour without a request, and after twelve hours in any case (AC-64). */
export const idle = '30 minutes';
export const longest = { interval: '12 hours', seconds: 12 * 60 * 60 };

/** Sessions of the console; the cookie's value is stored as a MAC only. */
@Injectable()
export class Sessions {
  constructor(
    private readonly db: DataSource,
    private readonly macs: SecretMacs,
  ) {}

  /**
   * Always a new session with a new cookie: an id set before the login is worth nothing after it. Undefined when the
   * credential ended meanwhile.
   */
  begin(credential: Credential): Promise<{ account: Account; cookie: string; csrfToken: string } | undefined> {
    return this.db.transaction(async (tx) => {
      if (!(await readHolder(tx, credential))) return undefined;
      const account = await tx.findOneByOrFail(Account, { id: credential.account });
      const id = randomUUID();
      const cookie = newSecret('ncrc');
      await tx.insert(Session, { id, accountId: account.id, secretMac: this.macs.of('session', cookie) });
      return { account, cookie, csrfToken: this.csrfToken(id) };
    });
  }

  /** What `X-CSRF-Token` must say in a changing request with the cookie of that session. */
  csrfToken(id: string): string {
    return this.macs.of('csrf', id).toString('base64url');
  }

  /** The credential behind a cookie; notes that the session is in use. */
  async check(cookie: string): Promise<Credential | undefined> {
    if (!isSecret('ncrc', cookie)) return undefined;
    const rows = await this.db.query<{ id: string; account: string }[]>(
      `WITH seen AS (
         UPDATE auth.session SET seen_at = clock_timestamp()
         WHERE secret_mac = $1 AND seen_at > clock_timestamp() - interval '${idle}'
           AND created_at > clock_timestamp() - interval '${longest.interval}'
         RETURNING id, account_id)
       SELECT id, account_id AS account FROM seen`,
      [this.macs.of('session', cookie)],
    );
    const session = rows[0];
    return session && { kind: 'session', ...session };
  }

  async has(account: string, id: string): Promise<boolean> {
    return this.db.manager.existsBy(Session, { id, accountId: account });
  }

  /** Ends the session of that cookie, if there is one. */
  async endByCookie(cookie: string): Promise<void> {
    if (!isSecret('ncrc', cookie)) return;
    const session = await this.db.manager.findOneBy(Session, { secretMac: this.macs.of('session', cookie) });
    if (session) await this.end(session.accountId, session.id);
  }

  /** Ends one session, if the account has it. */
  async end(account: string, id: string): Promise<void> {
    await this.db.transaction(async (tx) => {
      await lockAccount(tx, account);
      const { affected } = await tx.delete(Session, { id, accountId: account });
      if (affected) await endCredential(tx, id);
    });
  }
}

/** Ends all sessions of an account whose lock is held. */
export async function endSessions(tx: EntityManager, account: string): Promise<void> {
  const sessions = await tx.find(Session, { where: { accountId: account }, select: { id: true } });
  await tx.delete(Session, { accountId: account });
  for (const { id } of sessions) await endCredential(tx, id);
}
