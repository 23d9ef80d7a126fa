import { randomUUID } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { allows, ChangeAccount, CreateAccount, roles } from '@ncr/contracts';
import { Problem, requireMatch } from '@ncr/platform';
import { DataSource, EntityManager } from 'typeorm';
import { endCredential, revoke } from '../revocation/revoke';
import { endSessions } from '../session/sessions';
import { lockAccount, lockAdministrators } from './account-lock';
import { accountName } from './account-name';
import { Account } from './account.entity';
import { weakness } from './password-rules';
import { Passwords } from './passwords';

/** One page of the list, in the order of names. */
export interface AccountList {
  /** The page begins after this name; empty for the first. */
  readonly after: string;
  readonly limit: number;
  /** Only names that contain it. */
  readonly q: string;
  readonly sort: 'name' | '-name';
}

/** Accounts and what ends with them (ACC-1). */
@Injectable()
export class Accounts {
  constructor(
    private readonly db: DataSource,
    private readonly passwords: Passwords,
  ) {}

  /** Throws `Problem` 400 for a bad name or weak password, 409 for a name that is taken. */
  async create(account: CreateAccount): Promise<Account> {
    const name = accountName(account.name);
    if (name === undefined) throw badField('name', 'account-name', 'A name looks like an e-mail address.');
    const row = {
      id: randomUUID(),
      name,
      displayName: account.displayName ?? name.slice(0, name.indexOf('@')),
      locale: account.locale ?? 'en',
      ...(await this.newPassword(account.password, name)),
    };
    const inserted = await this.db.query<unknown[]>(
      `INSERT INTO auth.account (id, name, display_name, locale, password_hash, password_id)
       VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (name) DO NOTHING RETURNING id`,
      [row.id, row.name, row.displayName, row.locale, row.passwordHash, row.passwordId],
    );
    if (inserted.length === 0) throw new Problem(409, 'account-name-taken', 'There is an account with that name.');
    return this.get(row.id);
  }

  list({ after, limit, q, sort }: AccountList): Promise<Account[]> {
    const query = this.db.manager.createQueryBuilder(Account, 'a').limit(limit);
    if (q !== '') query.andWhere('strpos(a.name, :q) > 0', { q: q.toLowerCase() });
    if (after !== '') query.andWhere(sort === 'name' ? 'a.name > :after' : 'a.name < :after', { after });
    return query.orderBy('a.name', sort === 'name' ? 'ASC' : 'DESC').getMany();
  }

  /** Throws `Problem` 404. */
  async get(id: string): Promise<Account> {
    return existing(await this.db.manager.findOneBy(Account, { id }));
  }

  /** `ifMatch` is the header. Throws `Problem` 404, 412 for another version, 400, 409 for the last administrator. */
  async change(id: string, change: ChangeAccount, ifMatch: string | undefined): Promise<Account> {
    const { password, ...plain } = change;
    const before = await this.get(id);
    const secret = password === undefined ? undefined : await this.newPassword(password, before.name);
    return this.db.transaction(async (tx) => {
      if (change.enabled === false) await lockAdministrators(tx);
      await lockAccount(tx, id);
      const account = existing(await tx.findOneBy(Account, { id }));
      requireMatch(ifMatch, account.version);
      await tx.update(Account, { id }, { ...plain, ...secret, version: account.version + 1 });
      if (secret) await endPassword(tx, account);
      if (account.enabled && change.enabled === false) await this.disable(tx, account);
      return tx.findOneByOrFail(Account, { id });
    });
  }

  /** Replaces the password of whoever proved to know the old one (`known`, its `passwordId`); gives the new `passwordId`. */
  async changePassword(id: string, known: string, password: string): Promise<string> {
    const secret = await this.newPassword(password, (await this.get(id)).name);
    await this.db.transaction(async (tx) => {
      await lockAccount(tx, id);
      const account = existing(await tx.findOneBy(Account, { id }));
      if (account.passwordId !== known)
        throw new Problem(412, 'changed-meanwhile', 'the password was changed meanwhile');
      await tx.update(Account, { id }, { ...secret, version: account.version + 1 });
      await endPassword(tx, account);
    });
    return secret.passwordId;
  }

  /** With its keys, sessions and grants. Throws `Problem` 404, 409 for the last administrator. */
  async delete(id: string): Promise<void> {
    await this.db.transaction(async (tx) => {
      await lockAdministrators(tx);
      await lockAccount(tx, id);
      existing(await tx.findOneBy(Account, { id }));
      await tx.delete(Account, { id });
      await revoke(tx, 'principal', id);
      await requireAdministrator(tx);
    });
  }

  private async disable(tx: EntityManager, { id }: Account): Promise<void> {
    await endSessions(tx, id);
    await revoke(tx, 'principal', id);
    await requireAdministrator(tx);
  }

  private async newPassword(password: string, name: string): Promise<{ passwordHash: string; passwordId: string }> {
    const weak = weakness(password, name);
    if (weak) throw badField('password', `password-${weak}`, `The password is ${weak.replace('-', ' ')}.`);
    return { passwordHash: await this.passwords.hash(password), passwordId: randomUUID() };
  }
}

/** Sessions, refresh tokens and tokens that came from the password end with it; access keys do not. */
async function endPassword(tx: EntityManager, { id, passwordId }: Account): Promise<void> {
  await endSessions(tx, id);
  await endCredential(tx, passwordId);
}

const administrators = roles.filter((role) => allows(role, 'account.change'));

/** Throws `Problem` 409 when the change at hand leaves nobody who could undo it; `lockAdministrators` is held. */
export async function requireAdministrator(tx: EntityManager): Promise<void> {
  const rows = await tx.query<unknown[]>(
    `SELECT 1 FROM auth.account a JOIN auth.role_grant g ON g.account_id = a.id
     WHERE a.enabled AND g.registry_id IS NULL AND g.role = ANY($1) LIMIT 1`,
    [administrators],
  );
  if (rows.length === 0) throw new Problem(409, 'last-administrator', 'This is the last administrator of the service.');
}

function existing(account: Account | null): Account {
  if (!account) throw new Problem(404, 'account-unknown', 'There is no such account.');
  return account;
}

function badField(field: string, code: string, message: string): Problem {
  return new Problem(400, code, message, { fields: [{ field, rule: code, message }] });
}
