import { request as httpRequest } from 'node:http';
import { connect } from 'node:net';
import { Controller, Get, Module, Post, Body, Injectable, Inject } from '@nestjs/common';
import { IsString, MaxLength } from 'class-validator';
import { Column, DataSource, Entity, MigrationInterface, PrimaryColumn, QueryRunner } from 'typeorm';
import { event } from '@ncr/contracts';
import { consumerTables, Delivery, Handles, outboxTables, publish } from '@ncr/messaging';
import { z } from 'zod';
import { Internal, Public, Requires } from './access';
import { Caller, CurrentCaller, CurrentRegistry } from './caller';
import { InternalClient } from './internal-client';
import { RegistryIds } from './registry-ids';
import { Revocations, revocationTable } from './revocations';
import { defineService } from './service';
import { defineSettings, SettingsOf, size } from './settings';
import { expectMigrationsMatchEntities, startService, TestService, undecidedRoutes } from './testing';

const thingMade = event('event.shop.thing.made', z.object({ name: z.string() }), 'A thing was made.');

const ShopSettings = defineSettings({ NCR_SHOP_LIMIT: size('1KiB').describe('Most that fits.') });
type ShopSettings = SettingsOf<typeof ShopSettings>;

@Entity({ schema: 'shop', name: 'thing' })
class Thing {
  @PrimaryColumn({ type: 'text' })
  name!: string;

  @Column({ type: 'integer', default: 0 })
  handled!: number;
}

class InitialSchema1763700000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(outboxTables('shop'));
    await runner.query(consumerTables('shop'));
    await runner.query(revocationTable('shop'));
    await runner.query('CREATE TABLE shop.thing (name text PRIMARY KEY, handled integer NOT NULL DEFAULT 0)');
  }

  async down(): Promise<void> {}
}

class MakeThing {
  @IsString()
  @MaxLength(5)
  name!: string;
}

const registryId = '6f7bd6c1-54ea-4cf1-9d0a-9d5d6a1f4f3e';

@Injectable()
class Names extends RegistryIds {
  override idOf(name: string): Promise<string | undefined> {
    return Promise.resolve(name === 'team' ? registryId : undefined);
  }
}

@Controller()
class ShopController {
  constructor(
    private readonly database: DataSource,
    private readonly client: InternalClient,
    @Inject(ShopSettings) private readonly settings: ShopSettings,
  ) {}

  @Public()
  @Get('api/v1/limit')
  limit(): { limit: number } {
    return { limit: this.settings.NCR_SHOP_LIMIT };
  }

  @Requires('account.view-own')
  @Get('api/v1/me')
  me(@CurrentCaller() caller: Caller): { name: string } {
    return { name: caller.name };
  }

  @Requires('image.delete')
  @Get('api/v1/registries/:registry/things')
  things(@CurrentRegistry() id: string): { id: string } {
    return { id };
  }

  @Requires('registry.create')
  @Post('api/v1/things')
  async make(@Body() body: MakeThing): Promise<void> {
    await this.database.transaction(async (tx) => {
      await tx.insert(Thing, { name: body.name });
      await publish(tx, thingMade, body.name, { name: body.name });
    });
  }

  @Internal()
  @Get('internal/secret')
  secret(): { secret: number } {
    return { secret: 42 };
  }

  @Public()
  @Get('api/v1/through')
  through(): Promise<{ secret: number }> {
    return this.client.call('shop', 'GET', '/internal/secret');
  }

  @Handles(thingMade, 'shop.counter')
  async count({ payload, tx }: Delivery<{ name: string }>): Promise<void> {
    await tx.increment(Thing, { name: payload.name }, 'handled', 1);
  }
}

@Module({
  controllers: [ShopController],
  providers: [{ provide: RegistryIds, useClass: Names }],
  exports: [RegistryIds],
})
class ShopModule {}

const shop = defineService({
  name: 'shop',
  module: ShopModule,
  entities: [Thing],
  migrations: [InitialSchema1763700000000],
  settings: ShopSettings,
  dataPlane: () => ({
    prefix: '/v2/',
    handle: (_, response) => void response.end('data plane'),
    checkContinue: (_, response) => void response.writeHead(401).end(),
  }),
});

let running: TestService;
beforeAll(async () => {
  running = await startService([shop]);
});
afterAll(() => running.close());

const get = (path: string, token?: string) =>
  fetch(`${running.url}${path}`, { headers: token ? { authorization: `Bearer ${token}` } : {} });

const post = (path: string, body: string, headers: Record<string, string> = {}) =>
  fetch(`${running.url}${path}`, {
    method: 'POST',
    body,
    headers: {
      'content-type': 'application/json',
      authorization: `Bearer ${running.authority.as({ service: 'project-admin', registries: {} })}`,
      ...headers,
    },
  });

/** Sends text as it is and gives all that comes back. */
function raw(text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(running.port, '127.0.0.1', () => socket.end(text));
    let answer = '';
    socket
      .on('data', (piece) => (answer += piece.toString()))
      .on('end', () => resolve(answer))
      .on('error', reject);
  });
}

describe('a running service', () => {
  it('has migrations that make exactly what its entities say', () => expectMigrationsMatchEntities(shop));

  it('has an access decision on every route', () => expect(undecidedRoutes(running.app)).toEqual([]));

  it('gives settings to whoever injects them', async () => {
    expect(await (await get('/api/v1/limit')).json()).toEqual({ limit: 1024 });
  });

  it('sends what lies under /v2 to the data plane and nothing of it to Nest', async () => {
    for (const path of ['/v2/', '/v2', '/v2?x', '/v2/a/b']) expect(await (await get(path)).text()).toBe('data plane');
    expect((await get('/v2x')).status).toBe(404);
  });

  it('lets the data plane answer before a body that waits for leave', async () => {
    const status = await new Promise((resolve, reject) => {
      const request = httpRequest(`${running.url}/v2/x`, { method: 'PUT', headers: { expect: '100-continue' } });
      request.on('continue', () => reject(new Error('was told to go on')));
      request.on('response', (response) => resolve(response.statusCode)).on('error', reject);
      request.flushHeaders();
    });
    expect(status).toBe(401);
  });

  it('is healthy and ready', async () => {
    expect((await get('/healthz')).status).toBe(200);
    expect((await get('/readyz')).status).toBe(200);
  });

  it('publishes OpenAPI 3.1 without internal routes', async () => {
    const document = (await (await get('/api/docs.json')).json()) as { openapi: string; paths: object };
    expect(document.openapi).toBe('3.1.0');
    expect(Object.keys(document.paths)).toContain('/api/v1/things');
    expect(Object.keys(document.paths).filter((path) => path.startsWith('/internal'))).toEqual([]);
    expect((await get('/api/docs')).status).toBe(200);
  });

  it('delivers an event to its handler after the commit', async () => {
    expect((await post('/api/v1/things', '{"name":"cup"}')).status).toBe(201);
    const database = running.app.get(DataSource);
    const deadline = Date.now() + 900;
    while (Date.now() < deadline && (await database.getRepository(Thing).findOneBy({ name: 'cup' }))?.handled !== 1);
    expect(await database.getRepository(Thing).findOneBy({ name: 'cup' })).toEqual({ name: 'cup', handled: 1 });
  });
});

describe('permissions', () => {
  it('answers 401 without a token and with a bad one', async () => {
    for (const token of [undefined, 'x.y.z', running.authority.token('registry')]) {
      const response = await get('/api/v1/me', token);
      expect(response.status).toBe(401);
      expect(response.headers.get('www-authenticate')).toBe('Bearer');
      expect(await response.json()).toMatchObject({ code: 'unauthenticated', status: 401 });
    }
  });

  it('lets everybody signed in handle their own things', async () => {
    expect(await (await get('/api/v1/me', running.authority.as({ registries: {} }))).json()).toEqual({
      name: 'someone@test',
    });
  });

  it('asks for the right on the registry in the path, by name or id', async () => {
    const onIt = running.authority.as({ registries: { [registryId]: 'project-admin' } });
    for (const registry of ['team', registryId]) {
      expect(await (await get(`/api/v1/registries/${registry}/things`, onIt)).json()).toEqual({ id: registryId });
    }
    const viewer = running.authority.as({ registries: { [registryId]: 'service-viewer' } });
    expect((await get('/api/v1/registries/team/things', viewer)).status).toBe(403);
  });

  it('answers the same for a registry that does not exist and one the caller may not see (ROL-4)', async () => {
    const stranger = running.authority.as({ registries: {} });
    const answers = await Promise.all(
      ['team', 'none'].map(async (name) => {
        const response = await get(`/api/v1/registries/${name}/things`, stranger);
        return { status: response.status, body: { ...((await response.json()) as object), instance: '' } };
      }),
    );
    expect(answers[0]!.status).toBe(404);
    expect(answers[0]).toEqual(answers[1]);
  });

  it('asks for a grant on the service where the thing belongs to no registry', async () => {
    const one = running.authority.as({ registries: { [registryId]: 'project-admin' } });
    expect((await post('/api/v1/things', '{"name":"a"}', { authorization: `Bearer ${one}` })).status).toBe(403);
  });

  it('refuses tokens of a revoked principal within two polls', async () => {
    const token = running.authority.as({ registries: {} }, { sub: registryId });
    expect((await get('/api/v1/me', token)).status).toBe(200);
    running.authority.revoke('principal', registryId);
    await running.app.get(Revocations).poll();
    expect((await get('/api/v1/me', token)).status).toBe(401);
  });

  it('AC-12: internal routes exist on the internal listener only, for services only', async () => {
    const admin = running.authority.as({ service: 'project-admin', registries: {} });
    expect((await get('/internal/secret')).status).toBe(404);
    expect((await get('/internal/secret', admin)).status).toBe(404);
    expect(await (await get('/api/v1/through')).json()).toEqual({ secret: 42 });
  });
});

describe('what comes in', () => {
  it('AC-69: is refused for a host that is not ours, or two', async () => {
    const head = (lines: string) => raw(`GET /healthz HTTP/1.1\r\n${lines}\r\nConnection: close\r\n\r\n`);
    expect(await head('Host: evil')).toMatch(/^HTTP\/1.1 421 .*"host-unknown"/s);
    expect(await head(`Host: localhost:${running.port}\r\nHost: evil`)).toMatch(/^HTTP\/1.1 4/);
    expect(await head(`Host: LOCALHOST:${running.port}`)).toMatch(/^HTTP\/1.1 200/);
    expect(
      await raw(`GET http://evil/v2/ HTTP/1.1\r\nHost: localhost:${running.port}\r\nConnection: close\r\n\r\n`),
    ).toMatch(/^HTTP\/1.1 400/);
  });

  it.each([
    '//api/v1/me',
    '/api/v1/me/',
    '/%61pi/v1/me',
    '/api/v1/me;x=1',
    '/API/v1/me',
    '/api/./v1/me',
    '/api/%2e%2e/api/v1/me',
  ])('AC-01: never reaches a handler as %s', async (path) => {
    const answer = await raw(`GET ${path} HTTP/1.1\r\nHost: localhost:${running.port}\r\nConnection: close\r\n\r\n`);
    expect(answer).toMatch(/^HTTP\/1.1 (?:400|401|404) /);
    expect(answer).toContain('application/problem+json');
  });

  it('AC-05: is refused with each unknown or wrong field named', async () => {
    const response = await post('/api/v1/things', '{"name":"too long","isAdmin":true}');
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({
      code: 'validation-failed',
      fields: expect.arrayContaining([
        expect.objectContaining({ field: 'isAdmin', rule: 'unknown' }),
        expect.objectContaining({ field: 'name', rule: 'maxLength' }),
      ]) as unknown,
    });
  });

  it.each([
    ['AC-76 twice the same key', '{"name":"a","name":"b"}', 400],
    ['AC-76 __proto__', '{"name":"a","__proto__":{}}', 400],
    ['AC-53 too deep', '['.repeat(40) + ']'.repeat(40), 400],
    ['AC-53 too large', JSON.stringify({ name: 'x'.repeat(70_000) }), 413],
    ['no JSON', '{', 400],
  ])('is refused when it is JSON of this kind: %s', async (_, body, status) => {
    const response = await post('/api/v1/things', body);
    expect(response.status).toBe(status);
    expect(response.headers.get('content-type')).toBe('application/problem+json');
  });

  it.each([
    'text/plain',
    'multipart/form-data; boundary=x',
    'application/x-www-form-urlencoded',
    'application/jsonx',
    '',
  ])('AC-67: is refused as %j', async (type) => {
    expect((await post('/api/v1/things', '{"name":"a"}', { 'content-type': type })).status).toBe(415);
  });
});
