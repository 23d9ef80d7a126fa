import { Injectable } from '@nestjs/common';
import { PassportStrategy } from '@nestjs/passport';
import { Bearer, BearerGuard } from './bearer';
import { Caller, DecidedRequest } from './caller';
import { unavailable } from './problem';
import { Revocations } from './revocations';
import { InvalidToken, TokenVerifier } from './token-verifier';

/** Tells from a management token who calls. */
@Injectable()
export class CallerStrategy extends PassportStrategy(Bearer) {
  constructor(
    private readonly verifier: TokenVerifier,
    private readonly revocations: Revocations,
  ) {
    super();
  }

  /** Throws {@link InvalidToken}, or 503 while nobody can say whether it is revoked. */
  async validate(token: string): Promise<Caller> {
    await this.verifier.prepare(token);
    const claims = this.verifier.verify(token, 'management');
    if (!this.revocations.fresh) throw unavailable('no news of revocations for too long');
    if (!this.revocations.allows(claims, [])) throw new InvalidToken('revoked');
    if (claims.principal.kind === 'anonymous') throw new InvalidToken('anonymous');
    return Caller.of(claims);
  }
}

/** Lets in whoever is signed in, and notes the {@link Caller}; 401 for everybody else. */
@Injectable()
export class CallerGuard extends BearerGuard {
  constructor(strategy: CallerStrategy) {
    super(strategy, 'caller' satisfies keyof DecidedRequest);
  }
}
