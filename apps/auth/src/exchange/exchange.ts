import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { Credentials } from '../credentials';
import { Sessions } from '../session/sessions';
import { Credential, readHolder } from '../token/holders';
import { credentialsWrong, Pair } from '../token/token-request';
import { TokenSigner } from '../token/token-signer';

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
    private readonly credentials: Credentials,
    private readonly signer: TokenSigner,
  ) {}

  /** Throws `Problem` 401 for a session that is over or never was. */
  async ofSession(cookie: string): Promise<ManagementToken> {
    const credential = await this.sessions.check(cookie);
    if (!credential) throw credentialsWrong();
    return { ...(await this.token(credential)), csrfToken: this.sessions.csrfToken(credential.id) };
  }

  /** An access key, or a person's name and password; `address` is the client's. Throws `Problem` 401, 429. */
  async ofPair(pair: Pair, address: string): Promise<ManagementToken> {
    const credential = await this.credentials.check(pair, address);
    if (!credential) throw credentialsWrong();
    return this.token(credential);
  }

  /** Access keys only: a password is not for every request of a script. Throws `Problem` 401. */
  async ofAccessKey(pair: Pair): Promise<ManagementToken> {
    const credential = await this.credentials.checkAccessKey(pair);
    if (!credential) throw credentialsWrong();
    return this.token(credential);
  }

  private token(credential: Credential): Promise<ManagementToken> {
    return this.db.transaction(async (tx) => {
      const holder = await readHolder(tx, credential);
      if (!holder) throw credentialsWrong();
      const token = this.signer.sign('management', holder.at, { grants: holder.grants }, { holder, credential });
      return { token, expiresIn: this.signer.lifetime('management') };
    });
  }
}
