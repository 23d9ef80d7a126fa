import { createPrivateKey, generateKeyPairSync, KeyObject, randomUUID, sign } from 'node:crypto';
import { Injectable, Logger, OnModuleDestroy, OnModuleInit } from '@nestjs/common';
import { Pulse } from '@ncr/messaging';
import { MasterKey } from '@ncr/platform';
import type { JWK } from 'jose';
import { DataSource, EntityManager } from 'typeorm';
import { rotation, signingKey } from './rotation';
import { open, seal } from './seal';
import { SigningKey } from './signing-key.entity';

const refreshEvery = 10 * 60 * 1000;

interface LoadedKey {
  readonly kid: string;
  readonly activatesAt: Date;
  readonly publicKey: JWK;
  readonly privateKey: KeyObject;
}

/**
 * The ES256 keys of the installation: the previous, the current and the next one, the same in every process. Each
 * process reads them every ten minutes, and makes or forgets what is due, one process at a time; a key is published an
 * hour before it signs, so nobody signs with what another one does not publish yet.
 */
@Injectable()
export class SigningKeys implements OnModuleInit, OnModuleDestroy {
  private keys: readonly LoadedKey[] = [];
  private readonly logger = new Logger(SigningKeys.name);
  // A failed round changes nothing: the keys at hand are good for weeks, and the next round tries again.
  private readonly pulse = new Pulse(
    () => this.refresh(),
    { period: refreshEvery, gap: 1000 },
    (error) => this.logger.warn({ error }, 'signing keys could not be refreshed; trying again'),
  );

  constructor(
    private readonly db: DataSource,
    private readonly masterKey: MasterKey,
  ) {}

  async onModuleInit(): Promise<void> {
    await this.refresh();
    this.pulse.start();
  }

  onModuleDestroy(): Promise<void> {
    return this.pulse.stop();
  }

  /** Makes the keys that are due, forgets those that nothing is signed with any more, and loads the rest. */
  async refresh(): Promise<void> {
    const sealing = this.masterKey.derive('auth.signing-key');
    const rows = await this.db.transaction(async (tx) => {
      await tx.query(`SELECT pg_advisory_xact_lock(hashtextextended('auth.signing_key', 0))`);
      const { make, forget } = rotation(await tx.find(SigningKey), await databaseTime(tx));
      for (const activatesAt of make) await tx.insert(SigningKey, newKey(sealing, activatesAt));
      if (forget.length > 0) await tx.delete(SigningKey, forget);
      return tx.find(SigningKey, { order: { activatesAt: 'ASC' } });
    });
    this.keys = rows.map(({ kid, activatesAt, publicKey, privateKey }) => ({
      kid,
      activatesAt,
      publicKey,
      privateKey: createPrivateKey({ key: open(sealing, place(kid), privateKey), format: 'der', type: 'pkcs8' }),
    }));
  }

  /** RFC 7517; what `/.well-known/jwks.json` answers. */
  jwks(): { keys: JWK[] } {
    return { keys: this.keys.map((key) => key.publicKey) };
  }

  /** A compact JWS with ES256. `type` is the header's `typ`, which keeps one kind of token from being taken for another. */
  sign(type: string, claims: object): string {
    // Where this clock is behind the database's, the very first key is not due yet.
    const key = signingKey(this.keys, new Date()) ?? this.keys[0];
    if (!key) throw new Error('no signing key');
    const header = { alg: 'ES256', typ: type, kid: key.kid };
    const content = `${encoded(header)}.${encoded(claims)}`;
    const signature = sign('sha256', Buffer.from(content), { key: key.privateKey, dsaEncoding: 'ieee-p1363' });
    return `${content}.${signature.toString('base64url')}`;
  }
}

function newKey(sealing: Buffer, activatesAt: Date): Omit<SigningKey, 'createdAt'> {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const kid = randomUUID();
  return {
    kid,
    activatesAt,
    publicKey: { ...publicKey.export({ format: 'jwk' }), kid, alg: 'ES256', use: 'sig' },
    privateKey: seal(sealing, place(kid), privateKey.export({ format: 'der', type: 'pkcs8' })),
  };
}

const place = (kid: string): string => `auth.signing_key|${kid}`;

const encoded = (part: object): string => Buffer.from(JSON.stringify(part)).toString('base64url');

async function databaseTime(tx: EntityManager): Promise<Date> {
  const [row] = await tx.query<{ now: Date }[]>('SELECT now() AS now');
  return row.now;
}
