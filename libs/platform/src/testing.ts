import { generateKeyPairSync, KeyObject, randomBytes, randomUUID, sign } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Revocation } from '@ncr/contracts';
import { testDatabase } from '@ncr/embedded/testing';
import { DiscoveryService, MetadataScanner } from '@nestjs/core';
import { NestFastifyApplication } from '@nestjs/platform-fastify';
import { DataSource } from 'typeorm';
import { accessKey } from './access';
import { Audience, Claims, tokenTypes } from './claims';
import { Authority } from './credentials';
import { KeySetDocument } from './key-set';
import { migrate } from './migrations';
import { Running, serve } from './serve';
import { Service } from './service';
import { Environment } from './settings';

/** Stands for the auth service: signs tokens of any content and says what is revoked. */
export class TestAuthority implements Authority {
  readonly issuer = 'ncr-test';
  readonly audiences = { registry: `registry:${randomUUID()}`, management: `management:${randomUUID()}` };
  readonly revoked: Revocation[] = [];
  private readonly pairs = new Map<string, { privateKey: KeyObject; publicKey: KeyObject }>();

  constructor() {
    this.addKey('current');
  }

  addKey(kid: string): void {
    this.pairs.set(kid, generateKeyPairSync('ec', { namedCurve: 'P-256' }));
  }

  removeKey(kid: string): void {
    this.pairs.delete(kid);
  }

  publicKey(kid = 'current'): KeyObject {
    return this.pairs.get(kid)!.publicKey;
  }

  keys(): Promise<KeySetDocument> {
    const keys = [...this.pairs].map(([kid, { publicKey }]) => {
      const { x, y } = publicKey.export({ format: 'jwk' });
      return { kid, kty: 'EC' as const, crv: 'P-256' as const, alg: 'ES256' as const, x: x!, y: y! };
    });
    return Promise.resolve({ issuer: this.issuer, audiences: this.audiences, keys });
  }

  revocations(after: number): Promise<{ revocations: Revocation[] }> {
    return Promise.resolve({ revocations: this.revoked.filter(({ seq }) => seq > after) });
  }

  revoke(kind: Revocation['kind'], id: string, notBefore = new Date()): void {
    this.revoked.push({ seq: this.revoked.length + 1, kind, id, notBefore: notBefore.toISOString() });
  }

  /** A token that is good for five minutes, with `claims` in place of the usual ones. */
  token(audience: Audience, claims: Partial<Claims> = {}): string {
    const now = Date.now() / 1000;
    const id = claims.sub ?? randomUUID();
    const usual = {
      iss: this.issuer,
      aud: this.audiences[audience],
      jti: randomUUID(),
      sub: id,
      iat: now,
      nbf: now,
      exp: now + 300,
    };
    const principal = { id, name: 'someone@test', kind: 'account' };
    const header = { alg: 'ES256', typ: tokenTypes[audience], kid: 'current' };
    return this.sign(header, { ...usual, principal, ...claims });
  }

  /** A management token of somebody with these grants. */
  as(grants: NonNullable<Claims['grants']>, claims: Partial<Claims> = {}): string {
    return this.token('management', { grants, ...claims });
  }

  /** Any header and body, signed with the key of `kid`, or the current one. */
  sign(header: object, body: object, kid = 'current'): string {
    const text = `${part(header)}.${part(body)}`;
    const key = this.pairs.get(kid)!.privateKey;
    return `${text}.${sign('sha256', Buffer.from(text), { key, dsaEncoding: 'ieee-p1363' }).toString('base64url')}`;
  }
}

const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');

/** Services on a random port of 127.0.0.1, with a database and a folder of their own. */
export interface TestService extends Running {
  readonly authority: TestAuthority;
  readonly databaseUrl: string;
  readonly folder: string;
  /** Stops them and removes what they had. */
  close(): Promise<void>;
}

/**
 * Starts services for a test. Tokens come from the {@link TestAuthority} unless the auth service is one of them.
 * `environment` adds settings, or replaces those that are chosen here.
 */
export async function startService(
  services: readonly Service[],
  options: { readonly environment?: Environment } = {},
): Promise<TestService> {
  const database = await testDatabase();
  const folder = await mkdtemp(join(tmpdir(), 'ncr-test-'));
  const keyFile = join(folder, 'master.key');
  await writeFile(keyFile, randomBytes(32).toString('base64'));
  const authority = new TestAuthority();
  const environment = {
    NCR_PORT: '0',
    NCR_DATA: folder,
    NCR_DATABASE_URL: database.url,
    NCR_DATABASE_CONNECTIONS: '5',
    NCR_DATA_PLANE_CONNECTIONS: '5',
    NCR_MASTER_KEY_FILE: keyFile,
    NCR_LOG_LEVEL: process.env.NCR_LOG_LEVEL ?? 'error',
    NCR_DRAIN: '5s',
    ...options.environment,
  };
  const remove = async (): Promise<void> => {
    await database.drop();
    await rm(folder, { recursive: true, force: true });
  };
  try {
    const isWhole = services.some(({ name }) => name === 'auth');
    const running = await serve(services, { environment, ...(!isWhole && { authority }) });
    const close = () => running.close().then(remove);
    return { ...running, authority, databaseUrl: database.url, folder, close };
  } catch (error) {
    await remove();
    throw error;
  }
}

/**
 * Runs the migrations of a service on an empty database and gives the SQL that TypeORM would still need to make the
 * entities fit: nothing, if they match.
 */
export async function missingFromMigrations(service: Service): Promise<string[]> {
  const database = await testDatabase();
  try {
    await migrate([service], database.url);
    const dataSource = new DataSource({ type: 'postgres', url: database.url, entities: service.entities });
    await dataSource.initialize();
    try {
      const { upQueries } = await dataSource.driver.createSchemaBuilder().log();
      return upQueries.map(({ query }) => query);
    } finally {
      await dataSource.destroy();
    }
  } finally {
    await database.drop();
  }
}

/** The guard test of every service: its migrations make exactly what its entities say. */
export async function expectMigrationsMatchEntities(service: Service): Promise<void> {
  expect(await missingFromMigrations(service)).toEqual([]);
}

/** `Controller.method` of every HTTP route without `@Requires`, `@Public` or `@Internal`; the guard refuses those. */
export function undecidedRoutes(app: NestFastifyApplication): string[] {
  const scanner = new MetadataScanner();
  return app
    .get(DiscoveryService, { strict: false })
    .getControllers()
    .flatMap(({ metatype, instance }) => {
      const prototype = Object.getPrototypeOf(instance) as Record<string, object>;
      const isRoute = (name: string) => Reflect.hasMetadata('path', prototype[name]);
      const isDecided = (name: string) => Reflect.hasMetadata(accessKey, prototype[name]);
      return scanner
        .getAllMethodNames(prototype)
        .filter((name) => isRoute(name) && !isDecided(name))
        .map((name) => `${metatype?.name}.${name}`);
    });
}
