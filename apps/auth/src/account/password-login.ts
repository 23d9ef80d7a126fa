import { Injectable } from '@nestjs/common';
import { networkOf, Problem } from '@ncr/platform';
import { DataSource } from 'typeorm';
import { SecretMacs } from '../secret-macs';
import { Credential } from '../token/holders';
import { accountName } from './account-name';
import { Account } from './account.entity';
import { Attempt, recordFailure, recordSuccess, secondsToWait } from './login-throttle';
import { isOutdated } from './password-hash';
import { maximumPassword } from './password-rules';
import { Passwords } from './passwords';

/** What a person typed, and the address they typed it from. */
export interface Login {
  readonly account: string;
  readonly password: string;
  readonly address: string;
}

/** Name and password, checked; the same time and the same answer for a name that nobody has. */
@Injectable()
export class PasswordLogin {
  constructor(
    private readonly db: DataSource,
    private readonly passwords: Passwords,
    private readonly macs: SecretMacs,
  ) {}

  /** The credential, if both are right and the account is enabled. Throws `Problem` 429 after too many wrong passwords. */
  async check({ account, password, address }: Login): Promise<Credential | undefined> {
    const name = accountName(account);
    if (name === undefined || password.length > 2 * maximumPassword) return undefined;
    const attempt = { nameMac: this.macs.of('login-name', name), network: networkOf(address, 24) };
    await this.throttle(attempt);
    const found = await this.db.manager.findOneBy(Account, { name });
    if (!(await this.passwords.matches(password, found?.passwordHash))) {
      await recordFailure(this.db.manager, attempt);
      return undefined;
    }
    await recordSuccess(this.db.manager, attempt);
    if (!found?.enabled) return undefined;
    if (isOutdated(found.passwordHash)) await this.hashAgain(found, password);
    return { kind: 'password', id: found.passwordId, account: found.id };
  }

  private async throttle(attempt: Attempt): Promise<void> {
    const seconds = await secondsToWait(this.db.manager, attempt);
    if (seconds === 0) return;
    throw new Problem(429, 'too-many-wrong-passwords', `Too many wrong passwords. Try again in ${seconds} s.`, {
      headers: { 'retry-after': String(seconds) },
      parameters: { seconds },
    });
  }

  /** Unless the password was changed meanwhile. */
  private async hashAgain({ id, passwordId }: Account, password: string): Promise<void> {
    const passwordHash = await this.passwords.hash(password);
    await this.db.manager.update(Account, { id, passwordId }, { passwordHash });
  }
}
