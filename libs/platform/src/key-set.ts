import { createPublicKey, KeyObject } from 'node:crypto';
import { z } from 'zod';
import { Audience } from './claims';

/** `kid` of a key: checked before any use (AC-26). */
export const keyIdPattern = /^[A-Za-z0-9_-]{1,64}$/;

/** What `GET /internal/jwks` of the auth service answers: who issues tokens, for whom, and the keys that verify them. */
export const keySetShape = z.object({
  /** `iss` of every token. */
  issuer: z.string().min(1),
  /** `aud` per kind of token; both hold the installation's id, so that no other installation's token fits (AC-24). */
  audiences: z.object({ registry: z.string().min(1), management: z.string().min(1) }),
  /** Next, current and previous key. */
  keys: z.array(
    z.object({
      kid: z.string().regex(keyIdPattern),
      kty: z.literal('EC'),
      crv: z.literal('P-256'),
      alg: z.literal('ES256'),
      x: z.string(),
      y: z.string(),
    }),
  ),
});
export type KeySetDocument = z.infer<typeof keySetShape>;

/** The keys of one moment, ready for use. */
export class KeySet {
  private readonly keys: ReadonlyMap<string, KeyObject>;

  /** Throws a `ZodError` for a document that is not one. */
  constructor(document: unknown) {
    const parsed = keySetShape.parse(document);
    this.issuer = parsed.issuer;
    this.audiences = parsed.audiences;
    this.keys = new Map(
      parsed.keys.map(({ kid, kty, crv, x, y }) => [kid, createPublicKey({ key: { kty, crv, x, y }, format: 'jwk' })]),
    );
  }

  readonly issuer: string;
  readonly audiences: Readonly<Record<Audience, string>>;

  key(kid: string): KeyObject | undefined {
    return this.keys.get(kid);
  }

  /** Whether everything that `older` accepts is accepted by this set, too. */
  keepsAllOf(older: KeySet): boolean {
    const sameTarget = older.issuer === this.issuer && older.audiences.registry === this.audiences.registry;
    return sameTarget && [...older.keys].every(([kid, key]) => this.keys.get(kid)?.equals(key));
  }
}
