import { Injectable } from '@nestjs/common';
import { DataSource, EntityManager } from 'typeorm';
import { Credentials } from '../credentials';
import { AccessEntry, entitled, Holder, repositoryOf } from './entitlement';
import { readHolder, readRegistries } from './holders';
import { RefreshTokens } from './refresh-tokens';
import { formatScopes, Scope } from './scope';
import { credentialsWrong, TokenRequest } from './token-request';
import { Bearer, TokenSigner } from './token-signer';

/** What the token endpoint answers, before it takes the form of GET or POST. */
export interface IssuedToken {
  readonly token: string;
  /** Seconds. */
  readonly expiresIn: number;
  readonly issuedAt: Date;
  /** What was granted, as a `scope` parameter. */
  readonly scope: string;
  readonly refreshToken?: string;
}

/** Issues tokens for `/v2/`: the intersection of what was asked and what the holder may (token specification). */
@Injectable()
export class TokenEndpoint {
  constructor(
    private readonly db: DataSource,
    private readonly credentials: Credentials,
    private readonly refreshTokens: RefreshTokens,
    private readonly signer: TokenSigner,
  ) {}

  /** `address` is the client's. Throws `Problem` 401 and 429. */
  async issue(request: TokenRequest, address: string): Promise<IssuedToken> {
    if (!request.pair && request.refreshToken === undefined) return this.issueAnonymous(request.scopes);
    const credential = request.pair
      ? await this.credentials.check(request.pair, address)
      : await this.refreshTokens.check(request.refreshToken!);
    if (!credential) throw credentialsWrong();
    return this.db.transaction(async (tx) => {
      const holder = await readHolder(tx, credential);
      if (!holder) throw credentialsWrong();
      const access = await this.access(tx, request.scopes, { anonymous: false, grants: holder.grants });
      const issued = this.sign(holder.at, access, { holder, credential });
      if (!request.offline) return issued;
      const refreshToken = request.refreshToken ?? (await this.refreshTokens.create(tx, credential));
      return { ...issued, refreshToken };
    });
  }

  /** Pull of registries that allow it to everybody (REG-5); nothing else. */
  private async issueAnonymous(scopes: readonly Scope[]): Promise<IssuedToken> {
    const tx = this.db.manager;
    const [row] = await tx.query<{ at: number; open: boolean }[]>(
      `SELECT floor(extract(epoch FROM clock_timestamp()) * 1000)::float8 / 1000 AS at,
         EXISTS (SELECT FROM auth.registry WHERE anonymous_pull AND NOT deleted) AS open`,
    );
    if (scopes.length === 0 && !row.open) throw credentialsWrong();
    return this.sign(row.at, await this.access(tx, scopes, { anonymous: true, grants: { registries: {} } }));
  }

  private async access(tx: EntityManager, scopes: readonly Scope[], holder: Holder): Promise<AccessEntry[]> {
    const asked = scopes.map((scope) => ({ scope, registry: repositoryOf(scope)?.registry }));
    const names = new Set(asked.flatMap(({ registry }) => registry ?? []));
    const known = await readRegistries(tx, [...names]);
    return asked.flatMap(({ scope, registry }) => entitled(scope, holder, known.get(registry ?? '')) ?? []);
  }

  /** The claim `grants` lets the catalog be filtered offline. */
  private sign(at: number, access: AccessEntry[], bearer?: Bearer): IssuedToken {
    const hasCatalog = access.some((entry) => entry.type === 'registry');
    const claims = { access, ...(bearer && hasCatalog && { grants: bearer.holder.grants }) };
    return {
      token: this.signer.sign('registry', at, claims, bearer),
      expiresIn: this.signer.lifetime('registry'),
      issuedAt: new Date(at * 1000),
      scope: formatScopes(access),
    };
  }
}
