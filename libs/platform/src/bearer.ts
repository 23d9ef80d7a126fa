import { randomUUID } from 'node:crypto';
import { IncomingMessage } from 'node:http';
import { Logger } from '@nestjs/common';
import { AuthGuard } from '@nestjs/passport';
import passport from 'passport';
import { unauthenticated } from './problem';
import { InvalidToken } from './token-verifier';

type Verify = (token: string, done: (error: unknown, holder?: unknown) => void) => void;

/**
 * Passport strategy for `Authorization: Bearer <token>` (RFC 6750, section 2.1). An {@link InvalidToken} is a refusal,
 * any other error stays one.
 */
export class Bearer extends passport.Strategy {
  /** Passport keeps the strategies of a whole Node process; an application must meet none but its own. */
  override readonly name = randomUUID();

  constructor(private readonly verify: Verify) {
    super();
  }

  override authenticate(request: Pick<IncomingMessage, 'headers'>): void {
    const token = /^Bearer ([^\s]+)$/i.exec(request.headers.authorization ?? '')?.[1];
    if (token === undefined) return this.fail();
    this.verify(token, (error, holder) => {
      if (error instanceof InvalidToken) this.fail({ message: error.reason });
      else if (error) this.error(error);
      else this.success(holder as object);
    });
  }

  onApplicationShutdown(): void {
    passport.unuse(this.name);
  }
}

/** Nest's guard around a {@link Bearer}: notes on the request, as `property`, what the strategy says about the token. */
export class BearerGuard extends AuthGuard() {
  private readonly logger = new Logger(BearerGuard.name);

  constructor({ name }: Bearer, property: string) {
    super({ defaultStrategy: name, property, session: false });
  }

  /** Everybody refused gets one general 401; the log has the reason. */
  override handleRequest<T>(error: unknown, holder: T | false, refusal?: { readonly message: string }): T {
    if (error) throw error;
    if (holder) return holder;
    if (refusal) this.logger.debug(`token refused: ${refusal.message}`);
    throw unauthenticated();
  }
}
