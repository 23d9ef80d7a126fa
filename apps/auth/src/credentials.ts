import { Injectable } from '@nestjs/common';
import { AccessKeys } from './access-key/access-keys';
import { PasswordLogin } from './account/password-login';
import { Credential } from './token/holders';
import { Pair } from './token/token-request';
import { parseKeyId } from './secret-text';

/** Finds what a user name and a secret stand for: an access key, or a person's name and password. */
@Injectable()
export class Credentials {
  constructor(
    private readonly accessKeys: AccessKeys,
    private readonly passwords: PasswordLogin,
  ) {}

  /** `address` is the client's, for the delay after wrong passwords. Throws `Problem` 429. */
  check(pair: Pair, address: string): Promise<Credential | undefined> {
    if (parseKeyId(pair.user) !== undefined) return this.checkAccessKey(pair);
    return this.passwords.check({ account: pair.user, password: pair.secret, address });
  }

  checkAccessKey({ user, secret }: Pair): Promise<Credential | undefined> {
    return this.accessKeys.check(user, secret);
  }
}
