import { IncomingMessage } from 'node:http';
import { Injectable, Logger } from '@nestjs/common';
import { Caller } from './caller';
import { unauthenticated, unavailable } from './problem';
import { Revocations } from './revocations';
import { ServedServices } from './served-services';
import { ServiceTokens } from './service-token';
import { InvalidToken, TokenVerifier } from './token-verifier';

/** Finds out who sends a request to the management API. Everybody refused gets one general answer; the log has the reason. */
@Injectable()
export class Authentication {
  private readonly logger = new Logger(Authentication.name);

  constructor(
    private readonly verifier: TokenVerifier,
    private readonly revocations: Revocations,
    private readonly serviceTokens: ServiceTokens,
    private readonly served: ServedServices,
  ) {}

  /** Throws 401 unless a good management token was sent, 503 while nobody can say whether it is revoked. */
  async caller(request: IncomingMessage): Promise<Caller> {
    const token = bearer(request);
    if (token === undefined) throw unauthenticated();
    await this.verifier.prepare(token);
    return this.withReason(() => {
      const claims = this.verifier.verify(token, 'management');
      if (!this.revocations.fresh) throw unavailable('no news of revocations for too long');
      if (!this.revocations.allows(claims, [])) throw new InvalidToken('revoked');
      if (claims.principal.kind === 'anonymous') throw new InvalidToken('anonymous');
      return Caller.of(claims);
    });
  }

  /** Throws 401 unless another service of the installation calls one of this process. */
  requireService(request: IncomingMessage): void {
    this.withReason(() => this.serviceTokens.verify(bearer(request) ?? '', this.served.names));
  }

  private withReason<T>(work: () => T): T {
    try {
      return work();
    } catch (error) {
      if (!(error instanceof InvalidToken)) throw error;
      this.logger.debug(`token refused: ${error.reason}`);
      throw unauthenticated();
    }
  }
}

function bearer(request: IncomingMessage): string | undefined {
  return /^Bearer ([^\s]+)$/i.exec(request.headers.authorization ?? '')?.[1];
}
