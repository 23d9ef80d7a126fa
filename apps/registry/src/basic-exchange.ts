import { InternalCallRefused, InternalClient } from '@ncr/platform';
import { TooManyRequests, Unauthorized, Unavailable } from '@ncr/oci';
import { LRUCache } from 'lru-cache';
import { createHmac, randomBytes } from 'node:crypto';

/** Credentials that were exchanged are remembered this long; revoking them voids the token itself at once. */
const rememberedMs = 60_000;

/**
 * Lets clients that know only Basic use `/v2/` directly: their credentials are exchanged at `auth` for the token that
 * the token endpoint would have given them, with exactly the scopes that the request needs.
 */
export class BasicExchange {
  private readonly key = randomBytes(32);
  private readonly tokens = new LRUCache<string, string>({ max: 10_000, ttl: rememberedMs });

  constructor(private readonly internal: InternalClient) {}

  /** Gives a registry token; throws `Unauthorized`, `TooManyRequests`, `Unavailable`. */
  async token(credentials: string, scopes: readonly string[], address: string): Promise<string> {
    const key = createHmac('sha256', this.key)
      .update(`${credentials}\n${scopes.join(' ')}`)
      .digest('base64');
    const known = this.tokens.get(key);
    if (known) return known;
    const token = await this.exchange({ basic: credentials, scopes, address });
    this.tokens.set(key, token);
    return token;
  }

  private async exchange(body: { basic: string; scopes: readonly string[]; address: string }): Promise<string> {
    try {
      const answer = await this.internal.call<{ token: string }>('auth', 'POST', '/internal/registry-token', body);
      return answer.token;
    } catch (error) {
      const status = error instanceof InternalCallRefused ? error.status : 503;
      if (status === 401) {
        throw new Unauthorized('wrong user name or password', undefined, { 'WWW-Authenticate': 'Basic realm="ncr"' });
      }
      if (status === 429) throw new TooManyRequests('too many attempts to log in', undefined, { 'Retry-After': '10' });
      throw new Unavailable('credentials cannot be checked now', undefined, { 'Retry-After': '5' });
    }
  }
}
