import { Injectable } from '@nestjs/common';
import { PassportStrategy } from '@nestjs/passport';
import { Bearer, BearerGuard } from './bearer';
import { DecidedRequest } from './caller';
import { ServedServices } from './served-services';
import { ServiceTokens } from './service-token';

/** Knows the other services of the installation by their token for one of this process (AC-12). */
@Injectable()
export class ServiceStrategy extends PassportStrategy(Bearer) {
  constructor(
    private readonly tokens: ServiceTokens,
    private readonly served: ServedServices,
  ) {
    super();
  }

  /** Throws `InvalidToken`. */
  validate(token: string): true {
    this.tokens.verify(token, this.served.names);
    return true;
  }
}

/** Lets in services of the installation; 401 for everybody else. */
@Injectable()
export class ServiceGuard extends BearerGuard {
  constructor(strategy: ServiceStrategy) {
    super(strategy, 'isService' satisfies keyof DecidedRequest);
  }
}
