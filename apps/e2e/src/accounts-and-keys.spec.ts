import { createPublicKey, verify } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { AccessKeyView, MeView, ProblemDocument, RegistryView } from '@ncr/contracts';
import { image } from './content';
import { Repository } from './repository';
import { AccessKey, admin, basic, isOwnSuite, Session, Suite } from './suite';

const testOfOwnSuite = isOwnSuite ? test : test.skip;
const password = 'quite-long-and-unknown';

let suite: Suite;
beforeAll(async () => {
  suite = await Suite.start();
}, 120_000);
afterAll(() => suite?.stop());

type Jwk = Record<string, string>;

/** A person with a role on the whole service. */
async function newcomer(): Promise<Session> {
  const name = `${Session.freshName('person')}@example.com`;
  const account = await suite.admin.createAccount({ name, password, displayName: 'A Person' });
  await suite.admin.grant(account.id, 'project-member');
  return suite.signIn(name, password);
}

/** What clients see of a token: header and claims, both decoded, nothing verified. */
function decode(token: string): { header: Record<string, unknown>; claims: Record<string, unknown> } {
  const [header = {}, claims = {}] = token
    .split('.')
    .slice(0, 2)
    .map((part) => JSON.parse(Buffer.from(part, 'base64url').toString()) as Record<string, unknown>);
  return { header, claims };
}

/** Asks once a second until the answer has that status; gives the seconds that it took. */
async function until(status: number, ask: () => Promise<{ readonly status: number }>): Promise<number> {
  for (let seconds = 0; seconds <= 60; seconds++) {
    if ((await ask()).status === status) return seconds;
    await sleep(1000);
  }
  throw new Error(`the answer was not ${status} within 60 seconds`);
}

describe('ACC-1: accounts', () => {
  testOfOwnSuite('ACC-1: the first account signs in with its password and with no other', async () => {
    expect(suite.admin.view.account.name).toBe(admin.account);
    for (const password of [
      '',
      'admin',
      'Harbor12345',
      'password',
      `${admin.password}x`,
      admin.password.toUpperCase(),
    ]) {
      await expect(suite.signIn(admin.account, password)).rejects.toThrow(/answered 4\d\d/);
    }
  });

  test('ACC-1: an account has a name like an e-mail address, a display name, a locale and a flag', async () => {
    const name = `${Session.freshName('kim')}@example.com`;
    const account = { name, password, displayName: '김', locale: 'ko' };
    const made = await suite.admin.createAccount(account);
    expect(made).toMatchObject({ name, displayName: '김', locale: 'ko', enabled: true });
    const refused = await suite.admin.send<ProblemDocument>('POST', 'accounts', { ...account, name: 'no-address' });
    expect(refused.status).toBe(400);
    expect(refused.body.fields?.map(({ field }) => field)).toContain('name');
  });

  test('ACC-1: a disabled account neither signs in nor goes on, until it is enabled again', async () => {
    const name = `${Session.freshName('leaver')}@example.com`;
    const account = await suite.admin.createAccount({ name, password });
    const session = await suite.signIn(name, password);
    const { id, secret } = await session.createAccessKey();
    await suite.admin.call('PATCH', `accounts/${account.id}`, { enabled: false });
    await expect(suite.signIn(name, password)).rejects.toThrow('answered 401');
    expect((await suite.askToken([], { id, secret })).status).toBe(401);
    await until(401, () => session.send('GET', 'me'));
    await suite.admin.call('PATCH', `accounts/${account.id}`, { enabled: true });
    expect((await suite.askToken([], { id, secret })).status).toBe(200);
  });
});

describe('ACC-2: signing in', () => {
  test('ACC-2: the session is a cookie that scripts cannot read and other sites cannot send', async () => {
    const account = (await newcomer()).view.account.name;
    const response = await fetch(`${suite.url}/api/v1/session`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ account, password }),
    });
    expect(response.status).toBe(201);
    const [cookie = ''] = response.headers.getSetCookie();
    expect(cookie).toMatch(/;\s*HttpOnly/i);
    expect(cookie).toMatch(/;\s*SameSite=(?:Lax|Strict)/i);
    expect(cookie).toMatch(/;\s*Path=\//i);
  });

  test('ACC-2: a change with the cookie needs the CSRF token of this session', async () => {
    const person = await newcomer();
    const create = (token: Record<string, string>): Promise<Response> =>
      fetch(`${suite.url}/api/v1/access-keys`, { method: 'POST', headers: { cookie: person.cookie, ...token } });
    expect((await create({})).status).toBe(403);
    expect((await create({ 'x-csrf-token': suite.admin.view.csrfToken })).status).toBe(403);
    expect((await create({ 'x-csrf-token': person.view.csrfToken })).status).toBe(201);
  });

  test('ACC-2: signing out ends the session at once', async () => {
    const person = await newcomer();
    expect((await person.send<MeView>('GET', 'me')).body.account).toEqual(person.view.account);
    expect((await person.send('DELETE', 'session')).status).toBe(204);
    expect((await person.send('GET', 'me')).status).toBe(401);
  });

  test('ACC-2: the API takes an access key by Basic, and nothing that is not whole', async () => {
    const person = await newcomer();
    const key = await person.createAccessKey();
    const me = (authorization: string): Promise<Response> =>
      fetch(`${suite.url}/api/v1/me`, { headers: { authorization } });
    const answer = await me(basic(key));
    expect(answer.status).toBe(200);
    expect(((await answer.json()) as MeView).account.id).toBe(person.view.account.id);
    for (const wrong of [
      { ...key, secret: '' },
      { ...key, secret: key.secret.slice(0, -1) },
      { ...key, id: admin.account },
    ]) {
      expect((await me(basic(wrong))).status).toBe(401);
    }
  });
});

describe('KEY-1: access keys', () => {
  test('KEY-1: an account has five keys at most; deleting one makes room at once', async () => {
    const person = await newcomer();
    const keys: AccessKey[] = [];
    for (let count = 0; count < 5; count++) keys.push(await person.createAccessKey());
    const sixth = await person.send<ProblemDocument>('POST', 'access-keys', {});
    expect(sixth.status).toBe(409);
    expect(sixth.body.detail).toMatch(/5|five/);
    expect((await person.send('DELETE', `access-keys/${keys[0]?.id}`)).status).toBe(204);
    await person.createAccessKey();
  });

  test('KEY-1: the secret is in the answer that creates the key and nowhere else', async () => {
    const person = await newcomer();
    const { id, secret } = await person.createAccessKey('laptop');
    const listed = await person.call<{ items: AccessKeyView[] }>('GET', 'access-keys');
    expect(listed.items).toMatchObject([{ id, description: 'laptop' }]);
    expect(JSON.stringify(listed)).not.toContain(secret);
    expect(`${id}${secret}`).toMatch(/^\w+$/);
  });

  test('KEY-1: nobody sees or deletes the key of somebody else', async () => {
    const [owner, other] = [await newcomer(), await newcomer()];
    const { id } = await owner.createAccessKey();
    expect((await other.call<{ items: AccessKeyView[] }>('GET', 'access-keys')).items).toEqual([]);
    expect((await other.send('DELETE', `access-keys/${id}`)).status).toBe(404);
    expect((await owner.call<{ items: AccessKeyView[] }>('GET', 'access-keys')).items).toHaveLength(1);
  });
});

describe('KEY-4: logging in as clients do', () => {
  let key: AccessKey;
  beforeAll(async () => {
    key = await (await newcomer()).createAccessKey();
  });

  /** What the registry tells a client that knows nothing yet. */
  const challenge = async (): Promise<{ realm: string; service: string }> => {
    const response = await fetch(`${suite.url}/v2/`);
    expect(response.status).toBe(401);
    const header = response.headers.get('www-authenticate') ?? '';
    const [, realm = '', service = ''] = /^Bearer realm="([^"]+)",service="([^"]+)"$/.exec(header) ?? [];
    return { realm, service };
  };
  const ping = (token: string): Promise<Response> =>
    fetch(`${suite.url}/v2/`, { headers: { authorization: `Bearer ${token}` } });
  const form = (realm: string, fields: Record<string, string>): Promise<Response> =>
    fetch(realm, { method: 'POST', body: new URLSearchParams(fields) });

  test('KEY-4: docker: challenge, token by GET with Basic, then 200', async () => {
    const { realm, service } = await challenge();
    expect(new URL(realm).origin).toBe(suite.url);
    const query = new URLSearchParams({ account: key.id, client_id: 'docker', offline_token: 'true', service });
    const response = await fetch(`${realm}?${query.toString()}`, { headers: { authorization: basic(key) } });
    const { token, expires_in: lifetime } = (await response.json()) as { token: string; expires_in: number };
    expect(lifetime).toBeGreaterThanOrEqual(60);
    const pong = await ping(token);
    expect(pong.status).toBe(200);
    expect(pong.headers.get('docker-distribution-api-version')).toBe('registry/2.0');
  });

  test('KEY-4: helm and containerd: token by POST of a form; the refresh token works as long as the key', async () => {
    const { realm, service } = await challenge();
    const scope = 'repository:any/where:pull';
    const login = { grant_type: 'password', username: key.id, password: key.secret, access_type: 'offline' };
    const first = await form(realm, { ...login, service, client_id: 'helm', scope });
    expect(first.status).toBe(200);
    const given = (await first.json()) as { access_token: string; refresh_token: string };
    expect((await ping(given.access_token)).status).toBe(200);
    const refresh = {
      grant_type: 'refresh_token',
      refresh_token: given.refresh_token,
      service,
      client_id: 'helm',
      scope,
    };
    const second = await form(realm, refresh);
    expect(second.status).toBe(200);
    expect((await ping(((await second.json()) as { access_token: string }).access_token)).status).toBe(200);
  });

  test('KEY-4: curl: Basic straight to the registry', async () => {
    expect((await fetch(`${suite.url}/v2/`, { headers: { authorization: basic(key) } })).status).toBe(200);
  });

  test('KEY-4: a wrong secret is refused by every one of these ways', async () => {
    const { realm, service } = await challenge();
    const wrong = { ...key, secret: `${key.secret.slice(0, -1)}_` };
    const headers = { authorization: basic(wrong) };
    expect((await fetch(`${realm}?service=${service}`, { headers })).status).toBe(401);
    const fields = { grant_type: 'password', username: wrong.id, password: wrong.secret, service, client_id: 'helm' };
    expect((await form(realm, fields)).status).toBe(401);
    expect((await fetch(`${suite.url}/v2/`, { headers })).status).toBe(401);
  });
});

describe('TOK-1: tokens', () => {
  test('TOK-1: a token is signed asymmetrically with a published key and lives 12 hours at most', async () => {
    const key = await (await newcomer()).createAccessKey();
    const token = await suite.token(['repository:a/b:pull'], key);
    const { header, claims } = decode(token);
    expect(header).toMatchObject({ alg: 'ES256' });
    expect(Number(claims.exp) - Number(claims.iat)).toBeLessThanOrEqual(12 * 3600);
    const { keys } = (await (await fetch(`${suite.url}/.well-known/jwks.json`)).json()) as { keys: Jwk[] };
    const jwk = keys.find(({ kid }) => kid === header.kid);
    expect(jwk).not.toHaveProperty('d');
    const [head = '', body = '', signature = ''] = token.split('.');
    const publicKey = createPublicKey({ key: jwk ?? {}, format: 'jwk' });
    const signed = Buffer.from(`${head}.${body}`);
    const options = { key: publicKey, dsaEncoding: 'ieee-p1363' } as const;
    expect(verify('sha256', signed, options, Buffer.from(signature, 'base64url'))).toBe(true);
  });

  test('TOK-1: the token of a deleted key is refused within 60 seconds', async () => {
    const registry = await suite.admin.createRegistry(Session.freshName('revoked'));
    const person = await newcomer();
    const key = await person.createAccessKey();
    const repository = new Repository(suite, `${registry.name}/image`, key);
    await repository.push(image(), '1');
    await person.call('DELETE', `access-keys/${key.id}`);
    await until(401, () => repository.send('GET', 'manifests/1'));
  }, 70_000);

  test('TOK-1: the token of an account that lost its role is refused within 60 seconds', async () => {
    const registry = await suite.admin.createRegistry(Session.freshName('demoted'));
    const name = `${Session.freshName('demoted')}@example.com`;
    const account = await suite.admin.createAccount({ name, password });
    const grant = await suite.admin.grant(account.id, 'project-member', registry.id);
    const key = await (await suite.signIn(name, password)).createAccessKey();
    const repository = new Repository(suite, `${registry.name}/image`, key);
    await repository.push(image(), '1');
    await suite.admin.call('DELETE', `accounts/${account.id}/grants/${grant.id}`);
    await until(401, () => repository.send('GET', 'manifests/1'));
  }, 70_000);

  test('TOK-1: the token of a deleted registry opens neither it nor a new one of that name', async () => {
    const { name } = await suite.admin.createRegistry(Session.freshName('gone'));
    const key = await (await newcomer()).createAccessKey();
    const repository = new Repository(suite, `${name}/image`, key);
    await repository.push(image(), '1');
    await suite.admin.call('DELETE', `registries/${name}?confirm=${name}`);
    await until(401, () => repository.send('GET', 'manifests/1'));
    const again = await suite.admin.send<RegistryView | ProblemDocument>('POST', 'registries', { name });
    if (again.status !== 201) expect(again.status).toBe(409); // the name is taken until the content is gone for good
    expect((await repository.send('GET', 'manifests/1')).status).toBe(401);
    expect((await repository.send('POST', 'blobs/uploads/')).status).toBe(401);
  }, 70_000);
});
