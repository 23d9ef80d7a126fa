import { createDecipheriv, createPrivateKey, KeyObject, randomUUID, sign } from 'node:crypto';
import { join } from 'node:path';
import { Client } from 'pg';
import { MasterKey } from '@ncr/platform';
import { connect } from '../database';
import { Suite } from '../suite';

export type Json = Readonly<Record<string, unknown>>;

/** The parts of a token that say something. */
export interface Said {
  readonly header: Json;
  readonly claims: Json;
}

export function encode(part: unknown): string {
  return Buffer.from(typeof part === 'string' ? part : JSON.stringify(part)).toString('base64url');
}

export function decode(token: string): Said {
  const [header, claims] = token
    .split('.', 2)
    .map((part) => JSON.parse(Buffer.from(part, 'base64url').toString()) as Json);
  return { header: header, claims: claims };
}

/**
 * The signing key of a suite of one's own, taken out of its database with its master key: what no attacker has. With it a
 * token can be made that is right in everything but one thing.
 */
export class Mint {
  private constructor(
    readonly kid: string,
    readonly publicKey: Json,
    readonly privateKey: KeyObject,
  ) {}

  static async of(suite: Suite): Promise<Mint> {
    const master = MasterKey.read(join(suite.installation.data, 'keys/master.key'));
    const database = await connect(suite.installation);
    try {
      return await Mint.open(database, master.derive('auth.signing-key'));
    } finally {
      await database.end();
    }
  }

  private static async open(database: Client, sealing: Buffer): Promise<Mint> {
    const { rows } = await database.query<{ kid: string; public_key: Json; private_key: Buffer }>(
      'SELECT kid, public_key, private_key FROM auth.signing_key WHERE activates_at <= now() ORDER BY activates_at DESC LIMIT 1',
    );
    const { kid, public_key: publicKey, private_key: box } = rows[0];
    // Version, nonce (12 bytes), tag (16), PKCS #8 under AES-256-GCM.
    const cipher = createDecipheriv('aes-256-gcm', sealing, box.subarray(1, 13));
    cipher.setAAD(Buffer.from(`auth.signing_key|${kid}`)).setAuthTag(box.subarray(13, 29));
    const key = Buffer.concat([cipher.update(box.subarray(29)), cipher.final()]);
    return new Mint(kid, publicKey, createPrivateKey({ key, format: 'der', type: 'pkcs8' }));
  }

  /** A compact JWS with ES256, whatever its header claims. */
  sign(header: unknown, claims: unknown, key: KeyObject = this.privateKey): string {
    const text = `${encode(header)}.${encode(claims)}`;
    const signature = sign('sha256', Buffer.from(text), { key, dsaEncoding: 'ieee-p1363' });
    return `${text}.${signature.toString('base64url')}`;
  }

  /** A good token with other claims; a claim that is undefined is left out. */
  changed(token: string, claims: Json, header: Json = {}): string {
    const good = decode(token);
    return this.sign({ ...good.header, ...header }, { ...good.claims, jti: randomUUID(), ...claims });
  }
}
