import { timingSafeEqual } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { Injectable } from '@nestjs/common';
import { readSessionCookie } from '@ncr/contracts';
import { originOf, Problem } from '@ncr/platform';
import { ClientCredential, ExchangedCredentials, ManagementToken } from './exchanged-credentials';
import { CredentialRule } from './routes';

const safeMethods = new Set(['GET', 'HEAD', 'OPTIONS']);

/** Where a person's name and password may stand in a Basic header: what it takes to get going, a key and a registry. */
const passwordPaths: readonly string[] = ['/api/v1/access-keys', '/api/v1/registries'];

const isSafe = (request: IncomingMessage): boolean => safeMethods.has(request.method ?? '');

/** Turns what a client sent to prove who it is into what a service understands: a bearer token, or nothing. */
@Injectable()
export class Admission {
  constructor(private readonly credentials: ExchangedCredentials) {}

  /** Changes the request's headers. Throws `Problem` 401, 403, 429, 503. */
  async admit(rule: CredentialRule, path: string, request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { headers } = request;
    if (rule === 'own') {
      delete headers.cookie;
      return;
    }
    if (rule === 'drop') {
      delete headers.cookie;
      delete headers.authorization;
      return;
    }
    refuseOtherSites(request);
    if (rule === 'login') {
      delete headers.authorization;
      this.forgetSession(request, response);
      return;
    }
    if (headers.authorization === undefined) await this.admitSession(path, request, response);
    else await this.admitHeader(headers.authorization, path, request);
    delete headers.cookie;
  }

  /** Bearer tokens pass as they are: the service verifies them. */
  private async admitHeader(authorization: string, path: string, request: IncomingMessage): Promise<void> {
    if (/^bearer /i.test(authorization)) return;
    const basic = { 'WWW-Authenticate': 'Basic realm="ncr", charset="UTF-8"' };
    if (!/^basic /i.test(authorization)) {
      throw new Problem(401, 'unauthenticated', 'Authorization is Basic or Bearer', { headers: basic });
    }
    const credential = {
      kind: 'basic',
      text: authorization,
      address: request.socket.remoteAddress ?? '',
      passwordToo: passwordPaths.includes(path),
    } as const;
    const { token } = await this.credentials.exchange(credential).catch((error: unknown) => {
      if (!(error instanceof Problem) || error.status !== 401) throw error;
      const detail = 'an access key and its secret are wanted; a name and password make one at /api/v1/access-keys';
      throw new Problem(401, 'credentials-wrong', detail, { headers: basic, cause: error });
    });
    request.headers.authorization = `Bearer ${token}`;
  }

  /** A cookie that is over is like none. One that is good changes things only together with its CSRF token. */
  private async admitSession(path: string, request: IncomingMessage, response: ServerResponse): Promise<void> {
    const credential = sessionOf(request);
    if (!credential) return;
    const management = await this.credentials.exchange(credential).catch((error: unknown) => {
      if (error instanceof Problem && error.status === 401) return undefined;
      throw error;
    });
    if (!management) return;
    if (!isSafe(request)) requireCsrfToken(request, management);
    if (path === '/api/v1/session' || path === '/api/v1/me/password') this.forgetSession(request, response);
    request.headers.authorization = `Bearer ${management.token}`;
  }

  /** The answer may end the session: what is remembered of it must not outlive it, nor be remembered anew meanwhile. */
  private forgetSession(request: IncomingMessage, response: ServerResponse): void {
    const credential = sessionOf(request);
    if (credential && !isSafe(request)) response.once('finish', () => this.credentials.forget(credential));
  }
}

function sessionOf(request: IncomingMessage): ClientCredential | undefined {
  const text = readSessionCookie(request.headers.cookie);
  return text === undefined
    ? undefined
    : { kind: 'cookie', text, address: request.socket.remoteAddress ?? '', passwordToo: false };
}

/**
 * Browsers say where a request comes from. A change that comes from another site is refused whatever it carries: the
 * browser may have added a cookie, or a remembered user name and password, on its own (AC-67).
 */
function refuseOtherSites(request: IncomingMessage): void {
  if (isSafe(request)) return;
  const { origin, 'sec-fetch-site': site } = request.headers;
  const isForeign = site !== undefined && site !== 'same-origin' && site !== 'none';
  if (!isForeign && (origin === undefined || origin === originOf(request))) return;
  throw new Problem(403, 'cross-site', 'changes from pages of another site are refused');
}

function requireCsrfToken(request: IncomingMessage, { csrfToken = '' }: ManagementToken): void {
  const given = Buffer.from(String(request.headers['x-csrf-token'] ?? ''));
  const expected = Buffer.from(csrfToken);
  if (expected.length > 0 && given.length === expected.length && timingSafeEqual(given, expected)) return;
  throw new Problem(403, 'csrf-token-wrong', 'a change with the session cookie needs its X-CSRF-Token');
}
