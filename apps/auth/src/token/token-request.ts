import { Problem } from '@ncr/platform';
import { parseScopes, Scope } from './scope';

/** User name and password as Basic or a form carries them. */
export interface Pair {
  readonly user: string;
  readonly secret: string;
}

/** What a client of the token endpoint asks, both forms of asking as one. */
export interface TokenRequest {
  /** What proves who asks; nothing for anonymous. */
  readonly pair?: Pair;
  readonly refreshToken?: string;
  readonly scopes: readonly Scope[];
  /** Whether a refresh token is wanted. */
  readonly offline: boolean;
}

/** 401: wrong name, key, password or refresh token; or nothing at all where nothing is public. Says no more than that. */
export const credentialsWrong = (): Problem =>
  new Problem(401, 'credentials-wrong', 'the name, key or password is wrong', {
    headers: { 'WWW-Authenticate': 'Basic realm="ncr", charset="UTF-8"' },
  });

const invalid = (detail: string): Problem => new Problem(400, 'token-request-invalid', detail);

/**
 * GET (token specification, `token.md`): credentials in the header or nowhere. `client_id` and `account` are
 * informational. Throws `Problem` 400 and 401.
 */
export function parseQuery(query: URLSearchParams, authorization: string | undefined, service: string): TokenRequest {
  checkService(query, service);
  return {
    ...(authorization !== undefined && { pair: parseBasic(authorization) }),
    scopes: parseScopes(query.getAll('scope')),
    offline: isYes(query.get('offline_token')) || query.get('access_type') === 'offline',
  };
}

/** POST (`oauth.md`): credentials in the form. Throws `Problem` 400. */
export function parseForm(form: URLSearchParams, service: string): TokenRequest {
  checkService(form, service);
  const rest = { scopes: parseScopes(form.getAll('scope')), offline: form.get('access_type') === 'offline' };
  switch (form.get('grant_type')) {
    case 'password':
      return { pair: { user: required(form, 'username'), secret: required(form, 'password') }, ...rest };
    case 'refresh_token':
      return { refreshToken: required(form, 'refresh_token'), ...rest };
    case null:
      throw invalid('grant_type is missing');
    default:
      throw new Problem(400, 'grant-type-unsupported', 'grant_type is password or refresh_token');
  }
}

/** RFC 7617: the user name ends at the first colon. Throws `Problem` 401. */
export function parseBasic(authorization: string): Pair {
  const [, encoded] = /^basic +([A-Za-z0-9+/_-]+={0,2}) *$/i.exec(authorization) ?? [];
  const text = encoded === undefined ? '' : Buffer.from(encoded, 'base64').toString('utf8');
  const colon = text.indexOf(':');
  if (colon < 0) throw credentialsWrong();
  return { user: text.slice(0, colon), secret: text.slice(colon + 1) };
}

function checkService(parameters: URLSearchParams, service: string): void {
  const asked = parameters.get('service');
  if (asked !== null && asked !== service) throw invalid('service is unknown');
}

function required(form: URLSearchParams, field: string): string {
  const value = form.get(field);
  if (value === null) throw invalid(`${field} is missing`);
  return value;
}

function isYes(value: string | null): boolean {
  return value === 'true' || value === '1';
}
