import { createHmac, timingSafeEqual } from 'node:crypto';
import { MasterKey } from './master-key';
import { InvalidToken } from './token-verifier';

const lifetime = 60;
const header = Buffer.from(JSON.stringify({ alg: 'HS256', typ: 'service+jwt' })).toString('base64url');

/**
 * Tokens for calls between the services of one installation: HS256 with a key derived from the master key, so that no
 * user's token can ever pass for one (AC-12). Audience is the service that is called.
 */
export class ServiceTokens {
  private readonly key: Buffer;

  constructor(masterKey: MasterKey) {
    this.key = masterKey.derive('service-token');
  }

  /** Valid for a minute. */
  sign(audience: string, now = Date.now()): string {
    const exp = Math.floor(now / 1000) + lifetime;
    const body = Buffer.from(JSON.stringify({ iss: 'ncr-internal', aud: audience, exp })).toString('base64url');
    return `${header}.${body}.${this.mac(body)}`;
  }

  /** Throws {@link InvalidToken} unless the token was made by {@link sign} for one of `audiences` and is not over. */
  verify(token: string, audiences: readonly string[], now = Date.now()): void {
    const [head, body = '', mac = '', ...more] = token.split('.');
    const expected = Buffer.from(this.mac(body));
    const given = Buffer.from(mac);
    const isOurs =
      head === header && more.length === 0 && given.length === expected.length && timingSafeEqual(given, expected);
    if (!isOurs) throw new InvalidToken('not a service token');
    const { aud, exp } = JSON.parse(Buffer.from(body, 'base64url').toString()) as { aud: string; exp: number };
    if (!audiences.includes(aud)) throw new InvalidToken('service token for another service');
    if (exp + lifetime < now / 1000) throw new InvalidToken('service token is over');
  }

  private mac(body: string): string {
    return createHmac('sha256', this.key).update(`${header}.${body}`).digest('base64url');
  }
}
