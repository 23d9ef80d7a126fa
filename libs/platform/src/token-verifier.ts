import { verify as verifySignature } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import { Audience, Claims, claimsShape, tokenTypes } from './claims';
import { KeySet, keyIdPattern } from './key-set';

/** A token that is not accepted. Clients get one general answer; `reason` is for the log. */
export class InvalidToken extends Error {
  constructor(readonly reason: string) {
    super('invalid token');
    this.name = 'InvalidToken';
  }
}

/** Clocks of two machines may differ by this many seconds (AC-27). */
const leeway = 60;
/** An unknown key makes us ask for new ones at most this often, in milliseconds (AC-25). */
const refreshInterval = 30_000;
const longestToken = 16_384;
const cacheBytes = 16 * 2 ** 20;

interface Remembered {
  readonly claims: Claims;
  readonly audience: Audience;
}

export interface VerifierOptions {
  /** Fetches what `GET /internal/jwks` of the auth service answers. */
  readonly fetchKeys: () => Promise<unknown>;
  /** Milliseconds since 1970. */
  readonly now?: () => number;
  /** Gets why keys could not be fetched. */
  readonly failed?: (error: unknown) => void;
}

/**
 * Verifies access tokens offline: ES256 only, keys of the auth service only, by their `kid` (SR-2). A good token is
 * remembered by its text, so that the signature is checked once; whether it is over is checked each time.
 */
export class TokenVerifier {
  private keys: KeySet | undefined;
  private refreshing: Promise<void> | undefined;
  private refreshedAt = Number.NEGATIVE_INFINITY;
  private readonly now: () => number;
  private readonly remembered = new LRUCache<string, Remembered>({
    maxSize: cacheBytes,
    // Text, parsed claims and the entry itself, roughly.
    sizeCalculation: (_, token) => token.length * 6 + 512,
  });

  constructor(private readonly options: VerifierOptions) {
    this.now = options.now ?? Date.now;
  }

  /** Whether keys are there; until then every token is refused. */
  get ready(): boolean {
    return this.keys !== undefined;
  }

  /** The `aud` of a kind of token, which is also the `service` of a registry's challenge. Throws while keys are missing. */
  audience(audience: Audience): string {
    if (!this.keys) throw new Error('no keys yet');
    return this.keys.audiences[audience];
  }

  /**
   * Gives what the token says. `expiredSince`, in seconds since 1970, also lets a token pass that is over by now but was
   * not at that moment. Throws {@link InvalidToken}.
   */
  verify(token: string, audience: Audience, options: { readonly expiredSince?: number } = {}): Claims {
    const known = this.remembered.get(token);
    if (known && known.audience !== audience) throw new InvalidToken('for another audience');
    const claims = known?.claims ?? this.check(token, audience);
    const seconds = this.now() / 1000;
    if (claims.nbf > seconds + leeway || claims.iat > seconds + leeway)
      throw new InvalidToken('not valid yet: check the clock');
    const isOver = claims.exp + leeway < seconds;
    if (isOver && !(options.expiredSince !== undefined && claims.exp > options.expiredSince)) {
      throw new InvalidToken('over: check the clock if it is fresh');
    }
    if (!known) this.remembered.set(token, { claims, audience });
    return claims;
  }

  /**
   * Gives something to wait for when the token names a key that is not known yet and asking for keys is due; undefined
   * otherwise. Call it before {@link verify} where waiting is possible: a token signed just after a rotation passes then.
   */
  prepare(token: string): Promise<void> | undefined {
    if (this.remembered.has(token) || !this.keys) return this.keys ? undefined : this.refreshSoon();
    const kid = keyIdOf(token);
    return kid !== undefined && this.keys.key(kid) === undefined ? this.refreshSoon() : undefined;
  }

  /** Fetches the keys. What was remembered is dropped when a key is gone. Rejects when they cannot be had. */
  async refresh(): Promise<void> {
    this.refreshedAt = this.now();
    const fetched = new KeySet(await this.options.fetchKeys());
    if (this.keys && !fetched.keepsAllOf(this.keys)) this.remembered.clear();
    this.keys = fetched;
  }

  private refreshSoon(): Promise<void> | undefined {
    if (this.refreshing) return this.refreshing;
    if (this.now() - this.refreshedAt < refreshInterval) return undefined;
    this.refreshing = this.refresh()
      .catch((error: unknown) => this.options.failed?.(error))
      .finally(() => (this.refreshing = undefined));
    return this.refreshing;
  }

  private check(token: string, audience: Audience): Claims {
    if (!this.keys) throw new InvalidToken('no keys yet');
    const [head, body, signature] = split(token);
    const kid = readHeader(head, tokenTypes[audience]);
    const key = this.keys.key(kid);
    if (!key) {
      void this.refreshSoon();
      throw new InvalidToken('unknown key');
    }
    const signed = Buffer.from(`${head}.${body}`);
    const options = { key, dsaEncoding: 'ieee-p1363' } as const;
    if (!verifySignature('sha256', signed, options, Buffer.from(signature, 'base64url')))
      throw new InvalidToken('signature');
    const claims = claimsShape.safeParse(decode(body));
    if (!claims.success) throw new InvalidToken(`claims: ${claims.error.issues[0]?.path.join('.')}`);
    if (claims.data.iss !== this.keys.issuer) throw new InvalidToken('issuer');
    if (claims.data.aud !== this.keys.audiences[audience]) throw new InvalidToken('audience');
    return claims.data;
  }
}

function split(token: string): readonly [string, string, string] {
  if (token.length > longestToken) throw new InvalidToken('too long');
  const [head, body, signature, ...more] = token.split('.');
  const parts = [head, body, signature];
  if (more.length > 0 || !parts.every((part) => part && /^[A-Za-z0-9_-]+$/.test(part)))
    throw new InvalidToken('not a JWS');
  return [head, body, signature];
}

/**
 * Gives `kid`. Nothing but `alg`, `typ` and `kid` may stand in the header: key material and extensions from the token
 * itself (`jwk`, `jku`, `x5u`, `x5c`, `crit`) are refused, not skipped (AC-22, AC-23).
 */
function readHeader(part: string, type: string): string {
  const header = decode(part);
  if (typeof header !== 'object' || header === null || Array.isArray(header)) throw new InvalidToken('header');
  const { alg, typ, kid, ...others } = header as Record<string, unknown>;
  if (Object.keys(others).length > 0) throw new InvalidToken('header with more than alg, typ and kid');
  if (alg !== 'ES256') throw new InvalidToken('algorithm');
  if (typ !== type) throw new InvalidToken('type');
  if (typeof kid !== 'string' || !keyIdPattern.test(kid)) throw new InvalidToken('kid');
  return kid;
}

function keyIdOf(token: string): string | undefined {
  try {
    const header = decode(split(token)[0]) as { kid?: unknown } | null;
    return typeof header?.kid === 'string' && keyIdPattern.test(header.kid) ? header.kid : undefined;
  } catch {
    return undefined;
  }
}

function decode(part: string): unknown {
  try {
    return JSON.parse(Buffer.from(part, 'base64url').toString('utf8'));
  } catch {
    throw new InvalidToken('not JSON');
  }
}
