import { randomUUID } from 'node:crypto';
import { basic, TestAuth } from '../testing';

const service = 'service=ncr-registry';

describe('the token endpoint (TOK-1)', () => {
  let auth: TestAuth;
  let admin: string;
  let key: { id: string; secret: string; header: string };
  let team: string;

  beforeAll(async () => {
    auth = await TestAuth.start();
    admin = (await auth.signIn()).token;
    key = await auth.key(admin);
    team = await auth.registry('team');
  }, 60_000);
  afterAll(() => auth.stop());

  const actionsOf = (answer: { body: Readonly<Record<string, unknown>> }) =>
    auth.claims(String(answer.body['token'])).access?.map(({ name, actions }) => `${name}:${actions.join(',')}`);

  it('answers an access key with a token that names the registry by its id (KEY-4, AC-11)', async () => {
    const { status, body, headers } = await auth.token(`${service}&scope=repository:team/app:push,pull`, key.header);
    expect(status).toBe(200);
    expect(headers.get('cache-control')).toBe('no-store');
    expect(body['access_token']).toBe(body['token']);
    expect(body['expires_in']).toBe(3600);
    expect(body).not.toHaveProperty('refresh_token');
    const claims = auth.claims(String(body['token']));
    expect(claims.access).toEqual([
      { type: 'repository', name: 'team/app', registry: team, actions: ['pull', 'push'] },
    ]);
    expect(claims.exp - Math.floor(claims.iat)).toBe(3600);
    expect(new Date(String(body['issued_at'])).getTime()).toBe(Math.round(claims.iat * 1000));
    expect(claims).not.toHaveProperty('grants');
  });

  it('answers docker login: no scope, and a refresh token that works by POST', async () => {
    const login = await auth.token(`account=x&client_id=docker&offline_token=true&${service}`, key.header);
    expect(login.status).toBe(200);
    expect(actionsOf(login)).toEqual([]);
    const refresh = String(login.body['refresh_token']);
    const answer = await auth.fetch('/token', {
      method: 'POST',
      body: new URLSearchParams([
        ['grant_type', 'refresh_token'],
        ['refresh_token', refresh],
        ['service', 'ncr-registry'],
        ['client_id', 'docker'],
        ['scope', 'repository:team/app:pull repository:team/web:pull'],
        ['scope', 'repository:team/web:delete'],
      ]),
    });
    expect(answer.status).toBe(200);
    const body = (await answer.json()) as Record<string, unknown>;
    expect(body['scope']).toBe('repository:team/app:pull repository:team/web:pull,delete');
    expect(actionsOf({ body })).toEqual(['team/app:pull', 'team/web:pull,delete']);
  });

  it('answers a name and password, by GET and by POST', async () => {
    const person = basic('admin@ncr.local', 'correct horse battery');
    expect((await auth.token(`${service}&scope=repository:team/app:pull`, person)).status).toBe(200);
    const form = {
      grant_type: 'password',
      username: 'Admin@ncr.local',
      password: 'correct horse battery',
      service: 'ncr-registry',
      client_id: 'helm',
    };
    const answer = await auth.fetch('/token', { method: 'POST', body: new URLSearchParams(form) });
    expect(answer.status).toBe(200);
    expect(await answer.json()).toMatchObject({ expires_in: 3600, scope: '' });
  });

  it.each([
    ['a wrong secret', () => basic(key.id, `${key.secret.slice(0, -1)}_`)],
    ['a secret of the right form that is another', () => basic(key.id, 'ncrs_' + '0'.repeat(43) + '000000')],
    ['an unknown key', () => basic('ncr_0'.padEnd(30, '0'), key.secret)],
    ['an unknown name', () => basic('nobody@example.com', 'correct horse battery')],
    ['a refresh token as a password', () => basic('<token>', 'x')],
    ['a token of ours', () => `Bearer ${admin}`],
    ['nothing readable', () => 'Basic ???'],
  ])('answers 401 to %s, even where everybody may pull', async (_, header) => {
    const open = await auth.registry('open-for-all', { anonymousPull: true });
    const answer = await auth.token(`${service}&scope=repository:open-for-all/app:pull`, header());
    await auth.registry('open-for-all', { id: open, anonymousPull: false, version: 2 });
    expect(answer.status).toBe(401);
    expect(answer.body).toMatchObject({ errors: [{ code: 'UNAUTHORIZED' }], error: 'invalid_grant' });
  });

  it('answers 400 to an unknown service, to nonsense, and to more than 50 scopes (AC-20)', async () => {
    expect((await auth.token('service=weather', key.header)).status).toBe(400);
    expect((await auth.token(`${service}&scope=nonsense`, key.header)).status).toBe(400);
    const many = Array.from({ length: 51 }, (_, i) => `scope=repository:team/a${i}:pull`).join('&');
    expect((await auth.token(`${service}&${many}`, key.header)).status).toBe(400);
    const form = new URLSearchParams({ grant_type: 'client_credentials', service: 'ncr-registry' });
    const answer = await auth.fetch('/token', { method: 'POST', body: form });
    expect(answer.status).toBe(400);
    expect(await answer.json()).toMatchObject({ error: 'unsupported_grant_type' });
  });

  it('grants the intersection: less is no error (AC-20)', async () => {
    const reader = await auth.account('reader@example.com', { role: 'service-viewer', registryId: team });
    const { header } = await auth.key(reader.token);
    const asked = ['team/app:pull,push,delete,*', 'hidden/app:pull', 'nowhere/app:pull', 'Team/App:pull'];
    await auth.registry('hidden');
    const query = asked.map((scope) => `scope=repository:${scope}`).join('&');
    const answer = await auth.token(`${service}&${query}&scope=registry:catalog:*`, header);
    expect(answer.status).toBe(200);
    expect(actionsOf(answer)).toEqual(['team/app:pull', 'catalog:*']);
    expect(auth.claims(String(answer.body['token'])).grants).toEqual({ registries: { [team]: 'service-viewer' } });
  });

  it('tells holders of a service-wide role that no registry has the name, and nobody else (REG-6, AC-55)', async () => {
    const answer = await auth.token(`${service}&scope=repository:nowhere/app:pull`, key.header);
    expect(auth.claims(String(answer.body['token'])).access).toMatchObject([{ name: 'nowhere/app', registry: null }]);
    const stranger = await auth.account('stranger@example.com');
    const { header } = await auth.key(stranger.token);
    const [there, notThere] = await Promise.all(
      ['team/app', 'nowhere/app'].map((name) => auth.token(`${service}&scope=repository:${name}:pull,push`, header)),
    );
    const [one, two] = [there, notThere].map(({ body }) => auth.claims(String(body['token'])));
    expect(one.access).toEqual([]);
    expect(two).toEqual({ ...one, jti: two.jti, iat: two.iat, nbf: two.nbf, exp: two.exp });
  });

  it('gives anonymous a token for public pull only, or nothing at all (REG-5, AC-21)', async () => {
    expect((await auth.token(service)).status).toBe(401);
    const open = await auth.registry('open', { anonymousPull: true });
    expect((await auth.token(service)).status).toBe(200);
    const answer = await auth.token(`${service}&scope=repository:open/app:pull,push&scope=repository:team/app:pull`);
    expect(actionsOf(answer)).toEqual(['open/app:pull']);
    const claims = auth.claims(String(answer.body['token']));
    expect([claims.sub, claims.principal.kind, claims.key]).toEqual(['', 'anonymous', undefined]);
    await auth.registry('open', { id: open, anonymousPull: false, version: 2 });
    expect((await auth.token(service)).status).toBe(401);
  });

  it('serves Basic of the data plane by the same rules', async () => {
    const ask = (basic: string) =>
      auth.internal.call<{ token: string }>('auth', 'POST', '/internal/registry-token', {
        basic,
        scopes: ['repository:team/app:pull'],
        address: '192.0.2.1',
      });
    expect(actionsOf({ body: await ask(key.header) })).toEqual(['team/app:pull']);
    expect(actionsOf({ body: await ask(key.header.slice('Basic '.length)) })).toEqual(['team/app:pull']);
    await expect(ask(basic(key.id, 'wrong'))).rejects.toMatchObject({ status: 401 });
  });

  it('signs for this installation only, with ES256 and a published key (AC-23, AC-24)', async () => {
    const { body } = await auth.token(service, key.header);
    const [head] = String(body['token']).split('.');
    const header = JSON.parse(Buffer.from(head, 'base64url').toString()) as Record<string, string>;
    expect(header).toEqual({ alg: 'ES256', typ: 'registry-access+jwt', kid: expect.any(String) });
    const keys = (await (await auth.fetch('/.well-known/jwks.json')).json()) as { keys: Record<string, string>[] };
    expect(keys.keys.map(({ kid }) => kid)).toContain(header['kid']);
    for (const key of keys.keys) expect(key).not.toHaveProperty('d');
    expect(() => auth.claims(String(body['token']), 'management')).toThrow('invalid token');
    expect(() => auth.claims(admin, 'registry')).toThrow('invalid token');
  });

  it('does not let a user in on internal routes (AC-12)', async () => {
    for (const path of ['/internal/jwks', '/internal/revocations?after=0', `/internal/registries/${randomUUID()}`]) {
      const answer = await auth.fetch(path, { headers: { authorization: `Bearer ${admin}` } });
      expect(answer.status).toBe(404);
    }
  });
});
