import { randomUUID } from 'node:crypto';
import { mkdir, open, readFile, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Inject, Injectable, OnApplicationBootstrap } from '@nestjs/common';
import { PlatformSettings } from '@ncr/platform';
import { DataSource, EntityManager } from 'typeorm';
import { AuthSettings } from '../auth.config';
import { newPassphrase } from '../secret-text';
import { accountName } from './account-name';
import { Account } from './account.entity';
import { lockAdministrators } from './account-lock';
import { Passwords } from './passwords';
import { RoleGrant } from './role-grant.entity';

/**
 * An installation without any account gets one Project Admin, once, and no password that anybody could know beforehand
 * (ACC-1, AC-61). A made-up password is on the disk, readable by the owner alone, before the account exists.
 */
@Injectable()
export class FirstAdmin implements OnApplicationBootstrap {
  /** What this process created at this start, to be printed once; `password` only when it was made up. */
  created?: { readonly name: string; readonly password?: string; readonly file?: string };

  constructor(
    private readonly db: DataSource,
    private readonly passwords: Passwords,
    @Inject(AuthSettings) private readonly settings: AuthSettings,
    @Inject(PlatformSettings) private readonly platform: PlatformSettings,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    const isFirst = await this.db.transaction(async (tx) => {
      await lockAdministrators(tx);
      if (await tx.exists(Account)) return false;
      await this.create(tx);
      return true;
    });
    if (!isFirst) await this.dropOldPassword();
  }

  private async create(tx: EntityManager): Promise<void> {
    const given = this.settings.NCR_ADMIN_PASSWORD;
    const password = given ?? newPassphrase();
    const file = given === undefined ? await this.keep(password) : undefined;
    const id = randomUUID();
    const name = accountName(this.settings.NCR_ADMIN)!;
    const passwordHash = await this.passwords.hash(password);
    const rest = { displayName: 'Administrator', locale: 'en', passwordId: randomUUID() };
    await tx.insert(Account, { id, name, passwordHash, ...rest });
    await tx.insert(RoleGrant, { id: randomUUID(), accountId: id, registryId: null, role: 'project-admin' });
    this.created = { name, ...(file !== undefined && { password, file }) };
  }

  /** The file goes once its password is no longer the account's. */
  private async dropOldPassword(): Promise<void> {
    const kept = await readFile(this.file, 'utf8').catch(() => undefined);
    if (kept === undefined) return;
    const account = await this.db.manager.findOneBy(Account, { name: accountName(this.settings.NCR_ADMIN)! });
    if (!(await this.passwords.matches(kept.trim(), account?.passwordHash))) await rm(this.file, { force: true });
  }

  private get file(): string {
    return join(this.platform.NCR_DATA, 'keys', 'admin-password');
  }

  private async keep(password: string): Promise<string> {
    const { file } = this;
    await mkdir(dirname(file), { recursive: true, mode: 0o700 });
    await rm(file, { force: true });
    const handle = await open(file, 'wx', 0o600);
    try {
      await handle.writeFile(`${password}\n`);
      await handle.sync();
    } finally {
      await handle.close();
    }
    return file;
  }
}
