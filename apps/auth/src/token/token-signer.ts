import { randomUUID } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import { Audience, Claims, tokenTypes } from '@ncr/platform';
import { AuthSettings } from '../auth.config';
import { Installation } from '../installation';
import { SigningKeys } from '../signing/signing-keys';
import { AccountHolder, Credential } from './holders';

/** Seconds that a token for the management API is valid. */
const managementLifetime = 300;
/** Seconds that `nbf` lies before `iat`, for a service whose clock is behind. */
const early = 30;

/** Whom a token is for, and by what it was got; without both it is anonymous. */
export interface Bearer {
  readonly holder: AccountHolder;
  readonly credential: Credential;
}

/** Puts together what every token says, and signs it (SR-2). */
@Injectable()
export class TokenSigner {
  constructor(
    private readonly signingKeys: SigningKeys,
    private readonly installation: Installation,
    @Inject(AuthSettings) private readonly settings: AuthSettings,
  ) {}

  /** Seconds. */
  lifetime(audience: Audience): number {
    return audience === 'management' ? managementLifetime : Math.floor(this.settings.NCR_TOKEN_LIFETIME / 1000);
  }

  /** `at`, in seconds, is the moment at which the rights in `claims` were read. */
  sign(audience: Audience, at: number, claims: Pick<Claims, 'access' | 'grants'>, bearer?: Bearer): string {
    const { holder, credential } = bearer ?? {};
    return this.signingKeys.sign(tokenTypes[audience], {
      iss: this.installation.issuer,
      aud: this.installation.audiences[audience],
      sub: holder?.id ?? '',
      principal: holder
        ? { id: holder.id, name: holder.name, kind: 'account' }
        : { id: '', name: 'anonymous', kind: 'anonymous' },
      ...(credential && { key: credential.id }),
      jti: randomUUID(),
      iat: at,
      nbf: Math.floor(at) - early,
      exp: Math.floor(at) + this.lifetime(audience),
      ...claims,
    });
  }
}
