import { randomUUID } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { tokenTypes } from '@ncr/platform';
import { DataSource } from 'typeorm';
import { AccessKeys } from '../access-key/access-keys';
import { Credentials } from '../credentials';
import { Installation } from '../installation';
import { SecretMacs } from '../secret-macs';
import { Sessions } from '../session/sessions';
import { SigningKeys } from '../signing/signing-keys';
import { Credential, readHolder } from '../token/holders';
import { credentialsWrong, Pair } from '../token/token-request';

/** Seconds that a management token is valid. */
const lifetime = 300;

/** What the gateway puts on the request in place of the client's credentials. */
export interface ManagementToken {
  readonly token: string;
  /** Seconds. */
  readonly expiresIn: number;
  /** Of a session: what `X-CSRF-Token` must say in a changing request. */
  readonly csrfToken?: string;
}

/** Turns a session cookie or an access key into a token for the management API, with all the holder's grants. */
@Injectable()
export class Exchange {
  constructor(
    private readonly db: DataSource,
    private readonly sessions: Sessions,
    private readonly accessKeys: AccessKeys,
    private readonly credentials: Credentials,
    private readonly signingKeys: SigningKeys,
    private readonly installation: Installation,
    private readonly macs: SecretMacs,
  ) {}

  /** Throws `Problem` 401 for a session that is over or never was. */
  async ofSession(cookie: string): Promise<ManagementToken> {
    const credential = await this.sessions.check(cookie);
    if (!credential) throw credentialsWrong();
    return { ...(await this.token(credential)), csrfToken: this.macs.csrfToken(credential.id) };
  }

  /** An access key, or a person's name and password; `address` is the client's. Throws `Problem` 401, 429. */
  async ofPair(pair: Pair, address: string): Promise<ManagementToken> {
    const credential = await this.credentials.check(pair, address);
    if (!credential) throw credentialsWrong();
    return this.token(credential);
  }

  /** Access keys only: a password is not for every request of a script. Throws `Problem` 401. */
  async ofAccessKey({ user, secret }: Pair): Promise<ManagementToken> {
    const credential = await this.accessKeys.check(user, secret);
    if (!credential) throw credentialsWrong();
    return this.token(credential);
  }

  private token(credential: Credential): Promise<ManagementToken> {
    return this.db.transaction(async (tx) => {
      const holder = await readHolder(tx, credential);
      if (!holder) throw credentialsWrong();
      const token = this.signingKeys.sign(tokenTypes.management, {
        iss: this.installation.issuer,
        aud: this.installation.audiences.management,
        sub: holder.id,
        principal: { id: holder.id, name: holder.name, kind: 'account' },
        key: credential.id,
        jti: randomUUID(),
        iat: holder.at,
        nbf: Math.floor(holder.at) - 30,
        exp: Math.floor(holder.at) + lifetime,
        grants: holder.grants,
      });
      return { token, expiresIn: lifetime };
    });
  }
}
