import { request as httpRequest } from 'node:http';
import { DataSource } from 'typeorm';
import { expectMigrationsMatchEntities, startService, TestService, undecidedRoutes } from './testing';
import { shop, Thing } from './testing/shop';
import { ShopClient } from './testing/shop-client';

let running: TestService;
beforeAll(async () => {
  running = await startService([shop]);
});
afterAll(() => running.close());

const { get, post } = new ShopClient(() => running);

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

  it('sends all else through the front, which may hand it on to Nest', async () => {
    expect(await (await get('/front')).text()).toBe('front');
    expect((await get('/api/v1/limit')).status).toBe(200);
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
