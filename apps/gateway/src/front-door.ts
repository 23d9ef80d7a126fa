import type { IncomingMessage, ServerResponse } from 'node:http';
import { Inject, Injectable } from '@nestjs/common';
import { Front, networkOf, notFound, originOf, Problem, problemOf, sendProblem, ServedServices } from '@ncr/platform';
import { Admission } from './admission';
import { GatewaySettings } from './gateway.config';
import { stripHeaders } from './inbound-headers';
import { RateLimit } from './rate-limit';
import { isAmbiguous, RateClass, routeOf } from './routes';
import { setSecurityHeaders } from './security-headers';
import { StartPage } from './start-page';

type Handler = (request: IncomingMessage, response: ServerResponse) => void;

/**
 * What every request but those for `/v2/` passes before a service sees it: one route or none, a limit per address, no
 * header that a client has no business sending, and a management token in place of a cookie or an access key.
 */
@Injectable()
export class FrontDoor implements Front {
  private readonly limits: Readonly<Record<RateClass, RateLimit>>;

  constructor(
    private readonly admission: Admission,
    private readonly served: ServedServices,
    private readonly startPage: StartPage,
    @Inject(GatewaySettings) settings: GatewaySettings,
  ) {
    this.limits = {
      login: new RateLimit(settings.NCR_LOGIN_RATE),
      token: new RateLimit(settings.NCR_TOKEN_RATE),
      api: new RateLimit(settings.NCR_API_RATE),
      page: new RateLimit(settings.NCR_API_RATE),
    };
  }

  handle(request: IncomingMessage, response: ServerResponse, next: Handler): void {
    this.pass(request, response, next).catch((error: unknown) => sendProblem(request, response, problemOf(error)));
  }

  private async pass(request: IncomingMessage, response: ServerResponse, next: Handler): Promise<void> {
    const { method = '', url = '/' } = request;
    const path = url.split('?', 1)[0];
    setSecurityHeaders(response, path, originOf(request));
    if (isAmbiguous(path)) throw new Problem(400, 'path-ambiguous', 'the path can be read in more than one way');
    if (this.startPage.answers(request, response, path)) return;
    const route = routeOf(method, path);
    if (!route) throw notFound();
    this.limit(route.rate, request);
    stripHeaders(request.headers);
    await this.admission.admit(route.credentials, path, request, response);
    if (route.service && !this.served.names.includes(route.service)) {
      throw new Problem(503, 'service-elsewhere', `the ${route.service} service does not run in this process`);
    }
    next(request, response);
  }

  private limit(rate: RateClass, request: IncomingMessage): void {
    const seconds = this.limits[rate].take(networkOf(request.socket.remoteAddress ?? ''));
    if (seconds === 0) return;
    throw new Problem(429, 'too-many-requests', `too many requests from your address, try again in ${seconds} s`, {
      headers: { 'Retry-After': String(seconds) },
      parameters: { seconds },
    });
  }
}
