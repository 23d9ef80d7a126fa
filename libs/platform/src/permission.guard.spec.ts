import { randomUUID } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { Client } from 'undici';
import { Revocations } from './revocations';
import { startService, TestService } from './testing';
import { registryId, shop } from './testing/shop';
import { ShopClient } from './testing/shop-client';

let running: TestService;
beforeAll(async () => {
  running = await startService([shop]);
});
afterAll(() => running.close());

const { get, post } = new ShopClient(() => running);

/** Through the internal listener's socket file. */
async function internally(path: string, token?: string): Promise<{ status: number }> {
  const run = join(running.folder, 'run');
  const [socket] = await readdir(run);
  const client = new Client('http://internal', { socketPath: join(run, socket) });
  const headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
  const { statusCode, body } = await client.request({ method: 'GET', path, headers });
  await body.dump();
  await client.close();
  return { status: statusCode };
}

describe('permissions', () => {
  it('answers 401 without a token and with a bad one', async () => {
    for (const token of [undefined, 'x.y.z', running.authority.token('registry')]) {
      const response = await get('/api/v1/me', token);
      expect(response.status).toBe(401);
      expect(response.headers.get('www-authenticate')).toBe('Bearer');
      expect(await response.json()).toMatchObject({ code: 'unauthenticated', status: 401 });
    }
  });

  it('knows the callers of its own installation, with another one in the same process', async () => {
    const other = await startService([shop]);
    try {
      const token = running.authority.as({ registries: {} });
      expect((await get('/api/v1/me', token)).status).toBe(200);
      expect((await new ShopClient(() => other).get('/api/v1/me', token)).status).toBe(401);
      expect((await get('/api/v1/through')).status).toBe(200);
    } finally {
      await other.close();
    }
    expect((await get('/api/v1/through')).status).toBe(200);
  });

  it('keeps callers apart who ask at the same time', async () => {
    const names = Array.from({ length: 20 }, (_, index) => `caller-${index}`);
    const answers = names.map(async (name) => {
      const id = randomUUID();
      const principal = { id, name, kind: 'account' } as const;
      const response = await get('/api/v1/me', running.authority.as({ registries: {} }, { sub: id, principal }));
      return ((await response.json()) as { name: string }).name;
    });
    expect(await Promise.all(answers)).toEqual(names);
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
    expect(answers[0].status).toBe(404);
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
    expect((await internally('/internal/secret', admin)).status).toBe(401);
    expect((await internally('/internal/secret')).status).toBe(401);
    expect((await internally('/api/v1/limit')).status).toBe(404);
    expect((await internally('/api/v1/me', admin)).status).toBe(404);
  });
});
