import { Claims, Revocations } from '@ncr/platform';
import { expectMigrationsMatchEntities, startService, TestService, undecidedRoutes } from '@ncr/platform/testing';
import { randomUUID } from 'node:crypto';
import { registry } from './index';

type Access = NonNullable<Claims['access']>;

let service: TestService;
let admin: string;

beforeAll(async () => {
  service = await startService([registry]);
  admin = service.authority.as({ service: 'project-admin', registries: {} });
});
afterAll(() => service.close());

async function call(
  method: string,
  path: string,
  { token = admin, body, headers = {} }: { token?: string; body?: unknown; headers?: Record<string, string> } = {},
): Promise<{ status: number; headers: Headers; body: Record<string, unknown> }> {
  const answer = await fetch(`${service.url}${path}`, {
    method,
    headers: {
      authorization: `Bearer ${token}`,
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...headers,
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await answer.text();
  return {
    status: answer.status,
    headers: answer.headers,
    body: text ? (JSON.parse(text) as Record<string, unknown>) : {},
  };
}

async function create(name: string, anonymousPull = false): Promise<string> {
  const { body } = await call('POST', '/api/v1/registries', { body: { name, anonymousPull } });
  return String(body.id);
}

const pushToken = (name: string, id: string | null, actions: string[] = ['pull', 'push', 'delete']): string =>
  service.authority.token('registry', { access: [{ type: 'repository', name, registry: id, actions }] });

describe('the service', () => {
  test('its migrations make what its entities say', () => expectMigrationsMatchEntities(registry));

  test('every route says who may use it', () => expect(undecidedRoutes(service.app)).toEqual([]));
});

describe('REG-1: registries over REST', () => {
  test('are created, listed, shown, changed and deleted', async () => {
    const made = await call('POST', '/api/v1/registries', { body: { name: 'life' } });
    // Nobody plays `auth` here: the change is committed, and logins will learn of it from the event.
    expect(made.status).toBe(202);
    expect(made.headers.get('location')).toBe('/api/v1/registries/life');
    expect(made.body).toMatchObject({ name: 'life', purpose: 'normal', anonymousPull: false, version: 1 });
    expect(made.body.publicAddress).toMatch(/^localhost:\d+\/life$/);
    const changed = await call('PATCH', '/api/v1/registries/life', {
      body: { anonymousPull: true },
      headers: { 'if-match': '"1"' },
    });
    expect(changed.body).toMatchObject({ anonymousPull: true, version: 2 });
    expect(await call('GET', '/api/v1/registries/life')).toMatchObject({ status: 200, body: { version: 2 } });
    expect((await call('DELETE', '/api/v1/registries/life?confirm=life')).status).toBe(202);
    expect(await call('GET', '/api/v1/registries/life')).toMatchObject({
      status: 404,
      body: { code: 'registry-unknown' },
    });
  });

  test.each(['x', 'A', 'a/b', 'a..b', '-a', 'a-', 'a'.repeat(65), '', 5, null])(
    'the name %p is refused, and the field named',
    async (name) => {
      const { status, body } = await call('POST', '/api/v1/registries', { body: { name } });
      expect(status).toBe(400);
      expect(body.fields).toEqual([expect.objectContaining({ field: 'name' })]);
    },
  );

  test('AC-05: a field that is not known is refused, and nothing is made', async () => {
    const { status, body } = await call('POST', '/api/v1/registries', { body: { name: 'mass', id: randomUUID() } });
    expect({ status, fields: body.fields }).toMatchObject({ status: 400, fields: [{ field: 'id' }] });
    expect((await call('GET', '/api/v1/registries/mass')).status).toBe(404);
  });

  test('a name that is taken is refused, also by a deleted registry', async () => {
    await create('taken');
    expect(await call('POST', '/api/v1/registries', { body: { name: 'taken' } })).toMatchObject({
      status: 409,
      body: { code: 'registry-exists' },
    });
    await call('DELETE', '/api/v1/registries/taken?confirm=taken');
    expect((await call('POST', '/api/v1/registries', { body: { name: 'taken' } })).status).toBe(409);
  });

  test('a change of a version that is no longer current is refused', async () => {
    await create('versioned');
    const stale = { body: { anonymousPull: true }, headers: { 'if-match': '"7"' } };
    expect((await call('PATCH', '/api/v1/registries/versioned', stale)).status).toBe(412);
  });

  test('deleting wants the name again', async () => {
    await create('careful');
    expect(await call('DELETE', '/api/v1/registries/careful?confirm=other')).toMatchObject({
      status: 400,
      body: { code: 'confirmation-missing' },
    });
    expect((await call('GET', '/api/v1/registries/careful')).status).toBe(200);
  });

  test('a list has pages, and shows a holder of single grants only those', async () => {
    const ids = [await create('page-a'), await create('page-b'), await create('page-c')];
    const first = await call('GET', '/api/v1/registries?q=page-&limit=2');
    expect((first.body.items as { name: string }[]).map(({ name }) => name)).toEqual(['page-a', 'page-b']);
    const next = /<([^>]+)>/.exec(first.headers.get('link') ?? '')?.[1];
    expect((await call('GET', next ?? '')).body.items).toMatchObject([{ name: 'page-c' }]);
    const token = service.authority.as({ registries: { [ids[1] ?? '']: 'service-viewer' } });
    expect((await call('GET', '/api/v1/registries', { token })).body.items).toMatchObject([{ name: 'page-b' }]);
  });

  test('ROL-4: a registry that the caller may not see and one that does not exist get the same answer', async () => {
    await create('hidden');
    const token = service.authority.as({ registries: {} });
    const [there, absent] = [
      await call('GET', '/api/v1/registries/hidden', { token }),
      await call('GET', '/api/v1/registries/absent', { token }),
    ];
    expect({ status: there.status, body: { ...there.body, instance: '' } }).toEqual({
      status: absent.status,
      body: { ...absent.body, instance: '' },
    });
  });
});

describe('the data plane', () => {
  const challenge = async (path: string, token?: string): Promise<string> => {
    const answer = await fetch(`${service.url}${path}`, { headers: token ? { authorization: `Bearer ${token}` } : {} });
    return `${answer.status} ${answer.headers.get('www-authenticate')}`;
  };

  test('AC-21: /v2/ challenges whoever has no token, and lets any valid token in', async () => {
    expect(await challenge('/v2/')).toBe(
      `401 Bearer realm="${service.origins[0]?.replace('localhost', '127.0.0.1')}/token",service="ncr-registry"`,
    );
    expect((await call('GET', '/v2/', { token: service.authority.token('registry') })).status).toBe(200);
  });

  test('ROL-4: without leave, what exists and what does not get the same challenge', async () => {
    const id = await create('closed');
    await call('POST', '/v2/closed/app/blobs/uploads/', { token: pushToken('closed/app', id) });
    const other = pushToken('closed/other', id);
    for (const path of [
      'manifests/v1',
      `blobs/sha256:${'0'.repeat(64)}`,
      'tags/list',
      `referrers/sha256:${'0'.repeat(64)}`,
    ]) {
      const [there, absent] = [
        await challenge(`/v2/closed/app/${path}`, other),
        await challenge(`/v2/nobody/app/${path}`, other),
      ];
      expect(there).toMatch(/^401 .*error="insufficient_scope"/);
      expect(there.replaceAll('closed', 'nobody')).toBe(absent);
    }
  });

  test.each([
    ['pull', 'POST', 'blobs/uploads/', 401],
    ['pull', 'PUT', 'manifests/v1', 401],
    ['pull', 'DELETE', 'manifests/v1', 401],
    ['push', 'GET', 'manifests/v1', 401],
    ['push', 'HEAD', 'manifests/v1', 404],
    ['push', 'GET', 'tags/list', 404],
    ['push', 'POST', 'blobs/uploads/', 202],
    ['push', 'DELETE', 'manifests/v1', 401],
    ['delete', 'GET', 'manifests/v1', 401],
    ['delete', 'DELETE', 'manifests/v1', 404],
  ])('AC-19: %s alone answers %s %s with %d', async (action, method, path, status) => {
    const name = `scope-${randomUUID()}`;
    const id = await create(name);
    const repository = `${name}/app`;
    const answer = await fetch(`${service.url}/v2/${repository}/${path}`, {
      method,
      headers: { authorization: `Bearer ${pushToken(repository, id, [action])}` },
    });
    expect(answer.status).toBe(status);
  });

  test('REG-6: a push never creates a registry', async () => {
    const start = (registryId: string | null) =>
      call('POST', '/v2/unborn/app/blobs/uploads/', { token: pushToken('unborn/app', registryId) });
    expect(await start(null)).toMatchObject({ status: 404, body: { errors: [{ code: 'NAME_UNKNOWN' }] } });
    expect((await start(randomUUID())).status).toBe(401);
  });

  test('AC-11: a token that names another registry than the one of this name opens nothing', async () => {
    const id = await create('reborn');
    const start = (registryId: string | null) =>
      call('POST', '/v2/reborn/app/blobs/uploads/', { token: pushToken('reborn/app', registryId) });
    expect((await start(randomUUID())).status).toBe(401);
    expect((await start(null)).status).toBe(401);
    expect((await start(id)).status).toBe(202);
    await call('DELETE', '/api/v1/registries/reborn?confirm=reborn');
    expect((await start(id)).status).toBe(401);
  });

  test('TOK-1: a token is refused once its principal, key or registry was revoked', async () => {
    const id = await create('revoked');
    const key = randomUUID();
    const access: Access = [{ type: 'repository', name: 'revoked/app', registry: id, actions: ['push'] }];
    const token = service.authority.token('registry', { access, key });
    const start = async (): Promise<number> => (await call('POST', '/v2/revoked/app/blobs/uploads/', { token })).status;
    expect(await start()).toBe(202);
    service.authority.revoke('key', key, new Date(Date.now() + 1000));
    await service.app.get(Revocations).poll();
    expect(await start()).toBe(401);
  });

  test('a token that ran out finishes the upload that it began, and begins no other', async () => {
    const id = await create('patient');
    const account = randomUUID();
    const access: Access = [{ type: 'repository', name: 'patient/app', registry: id, actions: ['push'] }];
    const now = Date.now() / 1000;
    const tokenUntil = (exp: number): string =>
      service.authority.token('registry', { access, sub: account, iat: now - 3000, nbf: now - 3000, exp });
    const uploads = '/v2/patient/app/blobs/uploads/';
    jest.useFakeTimers({ now: Date.now() - 600_000, advanceTimers: true });
    const begun = await call('POST', uploads, { token: tokenUntil(now + 60) }).finally(() => jest.useRealTimers());
    const upload = String(begun.headers.get('location'));
    const ranOutMeanwhile = tokenUntil(now - 300);
    expect((await call('PATCH', upload, { token: ranOutMeanwhile, body: 'x' })).status).toBe(202);
    expect((await call('POST', uploads, { token: ranOutMeanwhile })).status).toBe(401);
    const ranOutBefore = tokenUntil(now - 900);
    expect((await call('PATCH', upload, { token: ranOutBefore, body: 'x' })).status).toBe(401);
  });
});
