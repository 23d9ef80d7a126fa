import { Dispatcher, request } from 'undici';
import { Unauthorized, Unavailable } from '@ncr/oci';
import { Challenge, parseChallenges } from '../challenge';
import { decodeError } from '../wire-error';
import { readBody } from './body';

/** An account of the other registry. */
export interface Credentials {
  readonly username: string;
  readonly password: string;
}

export interface AuthenticationOptions {
  /** Scheme, host and port of the registry. */
  readonly origin: string;
  readonly credentials?: Credentials;
  /** Origins besides the registry's own whose token service may see the credentials (AC-30). */
  readonly tokenOrigins?: readonly string[];
  readonly dispatcher?: Dispatcher;
}

/** Token services that belong to a registry under another name. */
const wellKnown: Readonly<Record<string, string>> = {
  'https://registry-1.docker.io': 'https://auth.docker.io',
  'https://registry.gitlab.com': 'https://gitlab.com',
};

interface Token {
  readonly header: string;
  /** Milliseconds since the epoch. */
  readonly until: number;
}

const tokenAnswerLimit = 256 * 1024;
const rememberedTokens = 1000;

/** Answers the challenges of one registry (token specification of the CNCF registry) and remembers what it got. */
export class Authentication {
  private challenge?: Challenge;
  private readonly tokens = new Map<string, Promise<Token>>();

  constructor(private readonly options: AuthenticationOptions) {}

  /** Gives the `Authorization` header for a scope, undefined as long as the registry has not asked for any. */
  async headerFor(scope: string): Promise<string | undefined> {
    if (this.challenge === undefined) return undefined;
    if (this.challenge.scheme === 'basic') return this.basic();
    const held = this.tokens.get(scope);
    const known = await held;
    if (known !== undefined && known.until > Date.now()) return known.header;
    // Whoever noticed first has asked for a new one already.
    if (this.tokens.get(scope) !== held) return this.headerFor(scope);
    return this.fetchToken(this.challenge, scope);
  }

  /**
   * Takes the challenge of a 401. Says whether {@link headerFor} has something new to offer.
   * Throws `Unauthorized` when the token service refuses, or is one that must not see our credentials.
   */
  async learn(header: string | undefined, scope: string): Promise<boolean> {
    const challenges = parseChallenges(header ?? '');
    const bearer = challenges.find(
      ({ scheme, parameters }) => scheme === 'bearer' && parameters['realm'] !== undefined,
    );
    const basic = challenges.find(({ scheme }) => scheme === 'basic');
    const before = this.challenge;
    if (bearer !== undefined) {
      this.challenge = bearer;
      await this.fetchToken(bearer, bearer.parameters['scope'] ?? scope, scope);
      return true;
    }
    if (basic === undefined || this.options.credentials === undefined) return false;
    this.challenge = basic;
    return before?.scheme !== 'basic';
  }

  private basic(): string | undefined {
    const { credentials } = this.options;
    if (credentials === undefined) return undefined;
    return `Basic ${Buffer.from(`${credentials.username}:${credentials.password}`).toString('base64')}`;
  }

  /** Keeps the answer, from when it was asked for, under the scope that will be looked up. */
  private async fetchToken(challenge: Challenge, scope: string, key = scope): Promise<string> {
    if (this.tokens.size >= rememberedTokens) this.tokens.clear();
    const fetched = this.requestToken(challenge, scope);
    this.tokens.set(key, fetched);
    fetched.catch(() => this.tokens.delete(key));
    return (await fetched).header;
  }

  private async requestToken({ parameters }: Challenge, scope: string): Promise<Token> {
    const { origin, dispatcher } = this.options;
    const realm = parseRealm(parameters['realm'] ?? '', origin);
    const basic = this.basic();
    if (basic !== undefined && !this.trusts(realm)) {
      throw new Unauthorized('the token service is not one that may see the credentials', { realm: realm.origin });
    }
    if (parameters['service'] !== undefined) realm.searchParams.set('service', parameters['service']);
    for (const one of scope.split(' ').filter((part) => part !== '')) realm.searchParams.append('scope', one);
    const asked = Date.now();
    const { statusCode, headers, body } = await request(realm, {
      headers: basic === undefined ? {} : { authorization: basic },
      dispatcher,
    }).catch((cause: unknown) => {
      throw Object.assign(new Unavailable('the token service cannot be reached'), { cause });
    });
    const text = (await readBody(body, tokenAnswerLimit, tooLong)).toString('utf8');
    if (statusCode === 429 || statusCode >= 500) throw decodeError({ status: statusCode, headers, body: text });
    if (statusCode !== 200) throw new Unauthorized('the token service refused', { status: statusCode });
    return parseToken(text, asked);
  }

  private trusts(realm: URL): boolean {
    const { origin, tokenOrigins = [] } = this.options;
    const own = new URL(origin).origin;
    return [own, wellKnown[own], ...tokenOrigins].includes(realm.origin);
  }
}

function parseRealm(text: string, origin: string): URL {
  const own = new URL(origin);
  const realm = URL.canParse(text, own.href) ? new URL(text, own) : undefined;
  const downgrade = own.protocol === 'https:' && realm?.protocol !== 'https:';
  if (realm === undefined || downgrade || !/^https?:$/.test(realm.protocol)) {
    throw new Unauthorized('the registry names a token service that cannot be used');
  }
  return realm;
}

const tooLong = () => new Unavailable('the answer of the token service is too long');

/** A token without `expires_in` lives 60 s; the last tenth of a life is not used. */
function parseToken(text: string, asked: number): Token {
  const answer = parseObject(text);
  const token = answer['token'] ?? answer['access_token'];
  if (typeof token !== 'string' || !/^[\x21-\x7e]+$/.test(token))
    throw new Unauthorized('the token service gave no token');
  const seconds = Number(answer['expires_in'] ?? 60);
  return { header: `Bearer ${token}`, until: asked + (seconds > 0 ? seconds : 60) * 900 };
}

function parseObject(text: string): Record<string, unknown> {
  try {
    return Object(JSON.parse(text)) as Record<string, unknown>;
  } catch {
    return {};
  }
}
