import { createPublicKey, randomUUID } from 'node:crypto';
import * as fc from 'fast-check';
import { AccessKey, basic, Suite } from '../suite';
import {
  algorithmsOfTheirOwn,
  Corpus,
  hostileKeyIds,
  keysOfTheirOwn,
  otherAudiences,
  wrongTimes,
} from './hostile-tokens';
import { decode, Mint } from './minting';
import { rawRequest, visible } from './raw-request';
import { makeTenant, scopeOf, Tenant } from './tenant';

let suite: Suite;
let mint: Mint;
let own: Tenant;
let foreign: Tenant;
let open: Tenant;
let good: string;

beforeAll(async () => {
  suite = await Suite.start();
  mint = await Mint.of(suite);
  own = await makeTenant(suite);
  foreign = await makeTenant(suite);
  open = await makeTenant(suite, { anonymousPull: true });
  good = await suite.token([scopeOf(`${own.registry.name}/app`)], own.key);
}, 60_000);
afterAll(() => suite?.stop());

const present = (token: string): ReturnType<typeof rawRequest> =>
  rawRequest(suite.url, {
    target: `/v2/${own.registry.name}/app/tags/list`,
    headers: { authorization: `Bearer ${token}` },
  });

async function allRefused(corpus: Corpus): Promise<void> {
  const expected = JSON.stringify(visible(await present('no.token.atall')));
  for (const [name, token] of corpus) {
    const answer = await present(token);
    expect([name, answer.status]).toEqual([name, 401]);
    expect([name, JSON.stringify(visible(answer))]).toEqual([name, expected]);
  }
}

async function management(): Promise<string> {
  const now = Math.floor(Date.now() / 1000);
  const { header, claims } = decode(good);
  const id = String(claims.iss).slice(4);
  const grants = { service: 'service-admin', registries: {} };
  const said = { ...claims, aud: `ncr-management:${id}`, jti: randomUUID(), exp: now + 300, grants, access: undefined };
  return mint.sign({ ...header, typ: 'management-access+jwt' }, said);
}

describe('tokens that are refused, all with one and the same answer', () => {
  test('the token that they are made from is good', async () => {
    expect((await present(good)).status).toBe(200);
    expect((await present(mint.changed(good, {}))).status).toBe(200);
  });

  test.each([
    ['AC-22: key material from the token is never used', keysOfTheirOwn],
    ['AC-23: the algorithm and the form are ours alone', algorithmsOfTheirOwn],
    ['AC-24: every claim is wanted, for this service of this installation', otherAudiences],
    ['AC-26: a key id is a plain word', hostileKeyIds],
    ['AC-27: a clock may be a minute off, not five', wrongTimes],
  ])('%s', async (_, corpusOf) => {
    await allRefused(corpusOf({ mint, good, session: await management() }));
  });

  test('AC-23: the public key with which they try to sign is the one that everybody sees', async () => {
    const { keys } = (await (await fetch(`${suite.url}/.well-known/jwks.json`)).json()) as { keys: { kid: string }[] };
    const published = keys.find(({ kid }) => kid === mint.kid)!;
    expect(published).toEqual(mint.publicKey);
    expect(createPublicKey({ key: published, format: 'jwk' }).asymmetricKeyDetails).toEqual({
      namedCurve: 'prime256v1',
    });
    expect(JSON.stringify(keys)).not.toContain('"d"');
  });

  test.each(['*', 'TENANT/*', '', '.*'])('AC-20: the name %s in a token stands for itself alone', async (name) => {
    const access = [
      {
        type: 'repository',
        name: name.replace('TENANT', own.registry.name),
        registry: own.registry.id,
        actions: ['*', 'pull'],
      },
    ];
    expect((await present(mint.changed(good, { access }))).status).toBe(401);
  });

  test('AC-24: a refresh token, an access key and a cookie are no access tokens', async () => {
    const query = new URLSearchParams({ service: 'ncr-registry', offline_token: 'true' });
    const response = await fetch(`${suite.url}/token?${query}`, { headers: { authorization: basic(own.key) } });
    const { refresh_token: refresh } = (await response.json()) as { refresh_token: string };
    const cookie = suite.admin.cookie.split('=')[1];
    await allRefused([
      ['a refresh token', refresh],
      ['an access key', own.key.secret],
      ['a session cookie', cookie],
    ]);
    expect((await present(good)).status).toBe(200);
  });

  test('AC-24: a token of another installation', async () => {
    const other = await Suite.start();
    try {
      const registry = await other.admin.createRegistry(own.registry.name);
      const key = await other.admin.createAccessKey();
      const token = await other.token([scopeOf(`${registry.name}/app`)], key);
      await allRefused([['of another installation', token]]);
      const ours = (await Mint.of(other)).changed(good, {});
      await allRefused([['signed by another installation', ours]]);
    } finally {
      await other.stop();
    }
  }, 60_000);

  test('AC-27: a clock that is half a minute off does not matter', async () => {
    const now = Math.floor(Date.now() / 1000);
    for (const off of [-30, 30]) {
      expect((await present(mint.changed(good, { iat: now + off, nbf: now + off }))).status).toBe(200);
    }
    expect((await present(mint.changed(good, { exp: now - 30 }))).status).toBe(200);
  });

  test('AC-25: a thousand unknown key ids keep nobody else out', async () => {
    for (let round = 0; round < 20; round++) {
      const strange = Array.from({ length: 50 }, () => present(mint.changed(good, {}, { kid: randomUUID() })));
      const [fine, ...refused] = await Promise.all([present(mint.changed(good, {})), ...strange]);
      expect(fine.status).toBe(200);
      expect(new Set(refused.map(({ status }) => status))).toEqual(new Set([401]));
    }
  });
});

interface Entry {
  readonly type: string;
  readonly name: string;
  readonly actions: string[];
}

async function granted(scopes: readonly string[], key?: AccessKey): Promise<Entry[]> {
  return decode(await suite.token(scopes, key)).claims.access as Entry[];
}

describe('AC-20: the token holds what was asked and may be had, nothing else', () => {
  test('whatever is asked: only rights that one has, on names that were asked for', async () => {
    const names = [own, foreign, open].map(({ registry }) => registry.name);
    const name = fc.constantFrom(
      ...names.flatMap((registry) => [
        registry,
        `${registry}/app`,
        `${registry}/a/b`,
        `${registry}x/app`,
        `x${registry}/app`,
      ]),
      'none/app',
      'catalog',
      '*',
      '../app',
      `${names[1]}/../${names[0]}/app`,
      `${names[0]}//app`,
      'APP/app',
      'localhost:5000/app',
    );
    const actions = fc.subarray(['pull', 'push', 'delete', '*', 'admin', 'PULL', ''], { minLength: 1 });
    const scope = fc
      .tuple(fc.constantFrom('repository', 'repository', 'registry', 'repository(plugin)', 'user'), name, actions)
      .map(([type, asked, list]) => `${type}:${asked}:${list.join(',')}`);
    const may = (registry: string, who: 'owner' | 'nobody'): string[] => {
      if (who === 'owner' && registry === own.registry.name) return ['pull', 'push', 'delete'];
      return registry === open.registry.name ? ['pull'] : [];
    };
    await fc.assert(
      fc.asyncProperty(fc.array(scope, { minLength: 1, maxLength: 12 }), async (scopes) => {
        for (const who of ['owner', 'nobody'] as const) {
          for (const { type, name: got, actions: rights } of await granted(
            scopes,
            who === 'owner' ? own.key : undefined,
          )) {
            expect(scopes.some((text) => text.includes(`:${got}:`))).toBe(true);
            if (type === 'registry') expect([who, got, rights]).toEqual(['owner', 'catalog', ['*']]);
            else expect(may(got.split('/')[0], who)).toEqual(expect.arrayContaining(rights));
          }
        }
      }),
      { numRuns: 60 },
    );
  }, 60_000);

  test('two resources in one scope, and a greedy list of actions', async () => {
    const mine = `${own.registry.name}/app`;
    const theirs = `${foreign.registry.name}/app`;
    const asked = [`repository:${theirs}:pull,push,delete,*`, `repository:${mine}:pull repository:${theirs}:push`];
    expect(await granted(asked, own.key)).toEqual([
      { type: 'repository', name: mine, registry: own.registry.id, actions: ['pull'] },
    ]);
  });

  test.each<[string, string]>([
    ['fifty-one resources', Array.from({ length: 51 }, (_, i) => `repository:a/b${i}:pull`).join(' ')],
    ['ten thousand resources', 'repository:a/b:pull '.repeat(10_000)],
    ['more than 8 KiB', `repository:${'a'.repeat(9000)}:pull`],
    ['a line break', 'repository:a/b\nrepository:c/d:pull'],
    ['a NUL', 'repository:a/b\u0000:pull'],
    ['no actions', 'repository:a/b'],
    ['no type', ':a/b:pull'],
  ])('refused: %s', async (_, scope) => {
    const body = new URLSearchParams({
      grant_type: 'password',
      service: 'ncr-registry',
      client_id: 'test',
      username: own.key.id,
      password: own.key.secret,
      scope,
    });
    const { status } = await fetch(`${suite.url}/token`, { method: 'POST', body });
    expect([400, 413]).toContain(status);
  });

  test.each(['a/bä', 'a/b，c', 'a:b/c', 'a/b,c', 'a/%2e%2e/b'])('nothing is granted on the name %s', async (name) => {
    expect(await granted([`repository:${name}:pull,push`], own.key)).toEqual([]);
  });

  test('for another service: refused', async () => {
    const { status } = await fetch(`${suite.url}/token?service=elsewhere`, {
      headers: { authorization: basic(own.key) },
    });
    expect(status).toBe(400);
  });
});

describe('AC-21: /v2/ asks everybody without a token, so that clients send their credentials', () => {
  const clients = [
    'docker/28.0.1 go/go1.23.6 git-commit/abc kernel/6.1 os/linux arch/amd64 UpstreamClient(Docker-Client/28.0.1 \\(linux\\))',
    'containers/5.32.0 (github.com/containers/image)',
    'curl/8.0',
  ];
  test.each(clients)('%s', async (agent) => {
    const ping = (authorization?: string): ReturnType<typeof rawRequest> =>
      rawRequest(suite.url, {
        target: '/v2/',
        headers: { 'user-agent': agent, ...(authorization !== undefined && { authorization }) },
      });
    for (const wrong of [
      undefined,
      'Bearer',
      'Bearer x',
      'Basic',
      'Basic e30=',
      basic({ id: own.key.id, secret: 'x' }),
    ]) {
      const answer = await ping(wrong);
      expect([wrong, answer.status]).toEqual([wrong, 401]);
    }
    const challenge = (await ping()).headers.get('www-authenticate');
    expect(challenge).toBe(`Bearer realm="${suite.url}/token",service="ncr-registry"`);
    for (const right of [`Bearer ${good}`, `Bearer ${await suite.token([])}`, basic(own.key)]) {
      expect((await ping(right)).status).toBe(200);
    }
  });

  test('the anonymous token is for pulling from public registries only', async () => {
    const scopes = [open, own].map(({ registry }) => scopeOf(`${registry.name}/app`, 'pull,push,delete,*'));
    expect(await granted([...scopes, 'registry:catalog:*'])).toEqual([
      { type: 'repository', name: `${open.registry.name}/app`, registry: open.registry.id, actions: ['pull'] },
    ]);
  });

  test('wrong credentials are never taken for anonymous', async () => {
    const scope = scopeOf(`${open.registry.name}/app`, 'pull');
    const response = await suite.askToken([scope], { id: own.key.id, secret: `${own.key.secret}x` });
    expect(response.status).toBe(401);
  });
});
