import { randomUUID } from 'node:crypto';
import { actions, allows, Role, roles, scopeOf } from '@ncr/contracts';
import { Revocations } from '@ncr/platform';
import { adminPassword, TestAuth } from '../testing';

describe('accounts (ACC-1)', () => {
  let auth: TestAuth;
  let admin: string;
  let adminId: string;
  let team: string;

  beforeAll(async () => {
    auth = await TestAuth.start();
    admin = (await auth.signIn()).token;
    adminId = ((await auth.call(admin, 'GET', 'me')).body['account'] as { id: string }).id;
    team = await auth.registry('team');
  }, 60_000);
  afterAll(() => auth.stop());

  it('are created, shown, changed and deleted', async () => {
    const made = await auth.call(admin, 'POST', 'accounts', { name: 'Ann@Example.com', password: adminPassword });
    expect(made.status).toBe(201);
    const path = `accounts/${made.body['id']}`;
    expect(made.headers.get('location')).toBe(`/api/v1/${path}`);
    expect(made.body).toEqual({
      id: expect.any(String),
      name: 'ann@example.com',
      displayName: 'ann',
      locale: 'en',
      enabled: true,
      createdAt: expect.any(String),
      version: 1,
    });
    const changed = await auth.call(admin, 'PATCH', path, { displayName: 'Ann', locale: 'ko' });
    expect(changed.body).toMatchObject({ displayName: 'Ann', locale: 'ko', version: 2 });
    expect((await auth.call(admin, 'GET', path)).headers.get('etag')).toBe('"2"');
    expect((await auth.call(admin, 'DELETE', path)).status).toBe(204);
    expect((await auth.call(admin, 'GET', path)).status).toBe(404);
  });

  it('have names of their own, whatever the case', async () => {
    await auth.call(admin, 'POST', 'accounts', { name: 'twin@example.com', password: adminPassword });
    const again = await auth.call(admin, 'POST', 'accounts', { name: 'TWIN@example.com', password: adminPassword });
    expect([again.status, again.body['code']]).toEqual([409, 'account-name-taken']);
  });

  it('are listed page by page, filtered and in both orders', async () => {
    for (const name of ['p1@page.test', 'p2@page.test', 'p3@page.test']) {
      await auth.call(admin, 'POST', 'accounts', { name, password: adminPassword });
    }
    const names = (body: Readonly<Record<string, unknown>>) =>
      (body['items'] as { name: string }[]).map(({ name }) => name);
    const first = await auth.call(admin, 'GET', 'accounts?limit=2&q=PAGE.test');
    expect(names(first.body)).toEqual(['p1@page.test', 'p2@page.test']);
    const next = /<\/api\/v1\/([^>]+)>; rel="next"/.exec(first.headers.get('link')!)![1];
    const second = await auth.call(admin, 'GET', next);
    expect(names(second.body)).toEqual(['p3@page.test']);
    expect(second.headers.get('link')).toBeNull();
    expect(names((await auth.call(admin, 'GET', 'accounts?q=page.test&sort=-name')).body)[0]).toBe('p3@page.test');
    expect((await auth.call(admin, 'GET', 'accounts?cursor=!!')).status).toBe(400);
  });

  it.each(['id', 'enabled', 'passwordHash', 'passwordId', 'version', 'createdAt', 'role', 'isAdmin'])(
    'cannot be created with a field %s (AC-05)',
    async (field) => {
      const body = { name: 'mass@example.com', password: adminPassword, [field]: true };
      expect((await auth.call(admin, 'POST', 'accounts', body)).status).toBe(400);
      expect((await auth.call(admin, 'GET', 'accounts?q=mass@')).body).toEqual({ items: [] });
    },
  );

  it('are not changed over another change (If-Match)', async () => {
    const { id } = await auth.account('match@example.com');
    const patch = (ifMatch: string) =>
      auth.fetch(`/api/v1/accounts/${id}`, {
        method: 'PATCH',
        headers: { authorization: `Bearer ${admin}`, 'content-type': 'application/json', 'if-match': ifMatch },
        body: JSON.stringify({ displayName: 'M' }),
      });
    expect((await patch('"7"')).status).toBe(412);
    expect((await patch('"1"')).status).toBe(200);
  });

  it('lose everything at once when disabled (TOK-1)', async () => {
    const { id, token } = await auth.account('off@example.com', { role: 'service-viewer' });
    const key = await auth.key(token);
    const session = await auth.signIn('off@example.com');
    const claims = auth.claims(String((await auth.token('service=ncr-registry', key.header)).body['token']));
    expect((await auth.call(admin, 'PATCH', `accounts/${id}`, { enabled: false })).status).toBe(200);
    expect((await auth.token('service=ncr-registry', key.header)).status).toBe(401);
    await expect(auth.exchange(session.cookie)).rejects.toMatchObject({ status: 401 });
    expect(
      (await auth.call('', 'POST', 'session', { account: 'off@example.com', password: adminPassword })).status,
    ).toBe(401);
    const revocations = auth.running.app.get(Revocations);
    await revocations.reload();
    expect(revocations.allows(claims, [])).toBe(false);
    expect((await auth.call(token, 'GET', 'me')).status).toBe(401);
    await auth.call(admin, 'PATCH', `accounts/${id}`, { enabled: true });
    const again = await auth.token('service=ncr-registry', key.header);
    expect(revocations.allows(auth.claims(String(again.body['token'])), [])).toBe(true);
  });

  it('never leave the service without an administrator', async () => {
    const [grant] = (await auth.call(admin, 'GET', `accounts/${adminId}/grants`)).body['items'] as { id: string }[];
    for (const [method, path, body] of [
      ['DELETE', `accounts/${adminId}`, undefined],
      ['PATCH', `accounts/${adminId}`, { enabled: false }],
      ['DELETE', `accounts/${adminId}/grants/${grant.id}`, undefined],
      ['POST', `accounts/${adminId}/grants`, { role: 'service-viewer' }],
    ] as const) {
      const answer = await auth.call(admin, method, path, body);
      expect([answer.status, answer.body['code']]).toEqual([409, 'last-administrator']);
    }
    expect((await auth.call(admin, 'GET', 'me')).status).toBe(200);
  });

  describe('roles (ROL-1)', () => {
    it('are granted on the service or on one registry, one per target', async () => {
      const { id } = await auth.account('roles@example.com');
      const grant = (body: object) => auth.call(admin, 'POST', `accounts/${id}/grants`, body);
      expect((await grant({ role: 'service-viewer' })).body).toMatchObject({
        role: 'service-viewer',
        registryId: null,
      });
      expect((await grant({ role: 'image-uploader', registryId: team })).status).toBe(201);
      await grant({ role: 'project-admin', registryId: team });
      const items = (await auth.call(admin, 'GET', `accounts/${id}/grants`)).body['items'] as object[];
      expect(items).toMatchObject([{ role: 'service-viewer' }, { role: 'project-admin', registryId: team }]);
      expect((await grant({ role: 'project-admin', registryId: randomUUID() })).status).toBe(404);
      expect((await grant({ role: 'root' })).status).toBe(400);
    });

    it('take effect at the next token, and their loss voids the tokens before (TOK-1)', async () => {
      const { id, token } = await auth.account('loss@example.com', { role: 'project-admin', registryId: team });
      const { header } = await auth.key(token);
      const ask = () => auth.token('service=ncr-registry&scope=repository:team/app:push', header);
      const before = auth.claims(String((await ask()).body['token']));
      expect(before.access).toHaveLength(1);
      const [grant] = (await auth.call(admin, 'GET', `accounts/${id}/grants`)).body['items'] as { id: string }[];
      expect((await auth.call(admin, 'DELETE', `accounts/${id}/grants/${grant.id}`)).status).toBe(204);
      const revocations = auth.running.app.get(Revocations);
      await revocations.reload();
      expect(revocations.allows(before, [])).toBe(false);
      const after = auth.claims(String((await ask()).body['token']));
      expect(after.access).toEqual([]);
      expect(revocations.allows(after, [])).toBe(true);
    });

    it.each(roles)(
      'of the service let %s do with accounts what the table says, and nothing else',
      async (role: Role) => {
        const { token } = await auth.account(`${role}@table.test`, { role });
        const other = await auth.account(`other-of-${role}@table.test`);
        const results: Record<string, number> = {
          'account.view': (await auth.call(token, 'GET', 'accounts')).status,
          'account.create': (await auth.call(token, 'POST', 'accounts', { name: 'x', password: '' })).status,
          'account.change': (await auth.call(token, 'PATCH', `accounts/${other.id}`, {})).status,
          'grant.create': (await auth.call(token, 'POST', `accounts/${other.id}/grants`, { role: 'service-viewer' }))
            .status,
          'grant.delete': (await auth.call(token, 'DELETE', `accounts/${other.id}/grants/${randomUUID()}`)).status,
          'account.delete': (await auth.call(token, 'DELETE', `accounts/${other.id}`)).status,
        };
        for (const [action, status] of Object.entries(results)) {
          const allowed = allows(role, action as Parameters<typeof allows>[1]);
          expect([action, status === 403]).toEqual([action, !allowed]);
        }
      },
    );

    it.each(roles)('on one registry do not let %s near accounts', async (role: Role) => {
      const { token } = await auth.account(`${role}@one.test`, { role, registryId: team });
      expect((await auth.call(token, 'GET', 'accounts')).status).toBe(403);
      expect((await auth.call(token, 'POST', 'accounts', { name: 'a@b', password: adminPassword })).status).toBe(403);
    });

    it('are never more than the one who grants them holds', () => {
      const gives = actions.filter((action) => scopeOf(action) === 'service' && /^(account|grant)/.test(action));
      for (const role of roles) {
        const holdsSome = gives.some((action) => action.endsWith('.create') && allows(role, action));
        const holdsAll = actions.every((action) => allows(role, action));
        expect(holdsSome).toBe(holdsAll);
      }
    });
  });
});
