import { randomUUID } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { actions, allows, Role, scopeOf } from '@ncr/contracts';
import { Caller, Problem } from '@ncr/platform';
import { DataSource, IsNull } from 'typeorm';
import { Registry } from '../registry/registry.entity';
import { revoke } from '../revocation/revoke';
import { lockAccount, lockAdministrators } from './account-lock';
import { Account } from './account.entity';
import { requireAdministrator } from './accounts';
import { RoleGrant } from './role-grant.entity';

/** A role on one registry, or on the whole service when `registryId` is null. */
export interface Grant {
  readonly role: Role;
  readonly registryId: string | null;
}

/** Who may do what (ROL-1). */
@Injectable()
export class GrantList {
  constructor(private readonly db: DataSource) {}

  list(account: string): Promise<RoleGrant[]> {
    return this.db.manager.find(RoleGrant, { where: { accountId: account }, order: { createdAt: 'ASC', id: 'ASC' } });
  }

  /**
   * Gives the role, in place of one that the account has on the same target. Throws `Problem` 403 when the caller does
   * not hold all that the role gives, 404 for an unknown account or registry, 409.
   */
  async put(caller: Caller, account: string, grant: Grant): Promise<RoleGrant> {
    if (!holdsAll(caller, grant)) throw new Problem(403, 'grant-exceeds-own', 'Nobody grants more than they hold.');
    const target = { accountId: account, registryId: grant.registryId ?? IsNull() };
    return this.db.transaction(async (tx) => {
      await lockAdministrators(tx);
      await lockAccount(tx, account);
      if (!(await tx.existsBy(Account, { id: account }))) throw unknown('account');
      if (grant.registryId !== null && !(await tx.existsBy(Registry, { id: grant.registryId })))
        throw unknown('registry');
      const before = await tx.findOneBy(RoleGrant, target);
      if (before) await tx.update(RoleGrant, { id: before.id }, { role: grant.role });
      else await tx.insert(RoleGrant, { id: randomUUID(), accountId: account, ...grant });
      if (before && narrows(before.role, grant.role)) {
        await revoke(tx, 'principal', account);
        await requireAdministrator(tx);
      }
      return tx.findOneByOrFail(RoleGrant, target);
    });
  }

  /** Throws `Problem` 404, 403 for a role that the caller does not hold, 409 for the last administrator. */
  async remove(caller: Caller, account: string, id: string): Promise<void> {
    await this.db.transaction(async (tx) => {
      await lockAdministrators(tx);
      await lockAccount(tx, account);
      const grant = await tx.findOneBy(RoleGrant, { id, accountId: account });
      if (!grant) throw unknown('grant');
      if (!holdsAll(caller, grant))
        throw new Problem(403, 'grant-exceeds-own', 'Nobody takes away more than they hold.');
      await tx.delete(RoleGrant, { id });
      await revoke(tx, 'principal', account);
      await requireAdministrator(tx);
    });
  }
}

/** Whether the caller has every right that the role gives on that target. */
function holdsAll(caller: Caller, { role, registryId }: Grant): boolean {
  return actions
    .filter((action) => allows(role, action) && scopeOf(action) !== 'own')
    .filter((action) => registryId === null || scopeOf(action) === 'registry')
    .every((action) => caller.can(action, registryId ?? undefined));
}

function narrows(before: Role, after: Role): boolean {
  return actions.some((action) => allows(before, action) && !allows(after, action));
}

function unknown(what: 'account' | 'registry' | 'grant'): Problem {
  return new Problem(404, `${what}-unknown`, `There is no such ${what}.`);
}
