import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { Suite } from '../suite';
import { rawRequest } from './raw-request';
import { makePerson, makeTenant, scopeOf, Tenant } from './tenant';

let suite: Suite;
let victim: Tenant;
let attacker: Tenant;

beforeAll(async () => {
  suite = await Suite.start();
  victim = await makeTenant(suite);
  attacker = await makeTenant(suite);
}, 60_000);
afterAll(() => suite?.stop());

const ask = (target: string, token?: string, method = 'GET'): ReturnType<typeof rawRequest> =>
  rawRequest(suite.url, { method, target, headers: token === undefined ? {} : { authorization: `Bearer ${token}` } });

/** Other spellings of a path, such as some reader on the way may take for the path itself. */
function spellings(path: string): string[] {
  const segments = path.split('/').slice(1);
  const last = segments.at(-1)!;
  const joined = (list: readonly string[]): string => `/${list.join('/')}`;
  const between = (what: string): string[] =>
    segments.map((_, i) => joined([...segments.slice(0, i), what, ...segments.slice(i)]));
  const escaped = (text: string): string => `%${text.charCodeAt(0).toString(16)}${text.slice(1)}`;
  return [
    ...between(''),
    ...between('.'),
    ...between('x/..'),
    ...between('%2e'),
    ...between('x/%2e%2e'),
    ...between('x/.%2E'),
    ...segments.map((segment, i) => joined([...segments.slice(0, i), escaped(segment), ...segments.slice(i + 1)])),
    ...segments.map((segment, i) => joined([...segments.slice(0, i), `${segment};x=1`, ...segments.slice(i + 1)])),
    ...[
      '/',
      '//',
      '/.',
      '/..',
      '/x/..',
      ';',
      ';a=b',
      '%20',
      '%09',
      '%00',
      '%2f',
      '%23',
      '%3f',
      '.',
      '..',
      '\\',
      '#',
      '%',
    ].map((end) => path + end),
    path.replaceAll('/', '\\'),
    path.replaceAll('/', '%2f'),
    path.replace('/v2/', '/V2/'),
    path.replace('/v2/', '/v2%2f'),
    path.replace('/v2/', '/v2\\'),
    path.replace('/v2/', '/api/v1/../../v2/'),
    path.replace('/v2/', '//v2/'),
    path.replace('/v2/', '/./v2/'),
    path.replace('/v2/', '/%76%32/'),
    `http://127.0.0.1${path}`,
    `//127.0.0.1${path}`,
    path.slice(1),
    path.replace(last, last.toUpperCase()),
    path.replace(last, `${last}\u00c0\u00ae`),
  ];
}

describe('AC-02: no spelling of a path goes past the question who asks', () => {
  test('the catalog, however it is written', async () => {
    const token = await suite.token([scopeOf(`${attacker.registry.name}/app`)], attacker.key);
    for (const base of ['/v2/_catalog', '/v2/_catalog?n=10', '/v2/_catalog?n=10&last=a']) {
      const [path = '', query = ''] = base.split(/(?=\?)/);
      for (const target of [base, ...spellings(path).map((spelling) => spelling + query)]) {
        for (const credentials of [undefined, token]) {
          const answer = await ask(target, credentials);
          expect([target, [400, 401, 404].includes(answer.status), answer.body.includes('tenant-')]).toEqual([
            target,
            true,
            false,
          ]);
        }
      }
    }
  });

  test('a repository, however it is written', async () => {
    const name = `${victim.registry.name}/app`;
    const { manifest, blobs } = victim.image;
    const paths = [
      `/v2/${name}/manifests/v1`,
      `/v2/${name}/blobs/${blobs[1].descriptor.digest}`,
      `/v2/${name}/tags/list`,
      `/v2/${name}/referrers/${manifest.descriptor.digest}`,
    ];
    const token = await suite.token([scopeOf(`${attacker.registry.name}/app`)], attacker.key);
    for (const target of paths.flatMap((path) => [path, ...spellings(path)])) {
      for (const credentials of [undefined, token]) {
        const answer = await ask(target, credentials);
        expect([target, [400, 401, 404].includes(answer.status)]).toEqual([target, true]);
        expect(answer.body).not.toContain('sha256:');
        expect(answer.body).not.toContain('architecture');
      }
    }
  });

  test('a path through one’s own repository leads to no other', async () => {
    const token = await suite.token([scopeOf(`${attacker.registry.name}/app`)], attacker.key);
    const end = `${victim.registry.name}/app/manifests/v1`;
    const ways = ['..', '%2e%2e', '..%2f', '.%2e', '..;', '....'];
    for (const way of ways) {
      for (const target of [
        `/v2/${attacker.registry.name}/${way}/${end}`,
        `/v2/${attacker.registry.name}/app/${way}/${way}/${end}`,
        `/v2/${attacker.registry.name}/app/manifests/${way}/${way}/${way}/${way}/${end}`,
      ]) {
        const answer = await ask(target, token);
        expect([target, [400, 401, 404].includes(answer.status)]).toEqual([target, true]);
      }
    }
  });

  test('the catalog holds what the caller may pull, and nothing else', async () => {
    const catalog = async (key?: Tenant['key']): Promise<unknown> => {
      const answer = await ask('/v2/_catalog', await suite.token(['registry:catalog:*'], key));
      return answer.status === 200 ? JSON.parse(answer.body) : answer.status;
    };
    expect(await catalog(attacker.key)).toEqual({ repositories: [`${attacker.registry.name}/app`] });
    expect(await catalog(victim.key)).toEqual({ repositories: [`${victim.registry.name}/app`] });
    expect(await catalog((await makePerson(suite)).key)).toEqual({ repositories: [] });
    expect(await catalog()).toBe(401);
  });
});

const hex = 'a'.repeat(64);
const digests = [
  'sha256:../../outside',
  'sha256:..%2f..%2foutside',
  `sha256:${hex}a`,
  `sha256:${hex.slice(1)}`,
  `sha256:${hex.toUpperCase()}`,
  `SHA256:${hex}`,
  `sha256%3A${hex}`,
  `sha256:${hex}%00`,
  `sha256:%00${hex.slice(1)}`,
  `sha256:${hex}/../../../../etc/passwd`,
  `sha256:/${hex.slice(1)}`,
  `sha256:${hex.slice(2)}%c0%ae`,
  `sha256:${hex.slice(2)}\u00c0\u00ae`,
  `sha256::${hex}`,
  `sha256:${hex}:${hex}`,
  `sha256+b64:${hex}`,
  `md5:${'a'.repeat(32)}`,
  `sha1:${'a'.repeat(40)}`,
  `sha384:${'a'.repeat(96)}`,
  `sha512:${hex}`,
  `sha256:${'a'.repeat(128)}`,
  `sha256:${'a'.repeat(7000)}`,
  'sha256:',
  ':',
  `:${hex}`,
  `sha256:${'g'.repeat(64)}`,
  `sha256:${'а'.repeat(64)}`,
  'constructor:aa',
  '__proto__:aa',
];

describe('AC-39: a digest is a digest, or nothing happens', () => {
  let token: string;
  let name: string;
  beforeAll(async () => {
    name = `${attacker.registry.name}/app`;
    token = await suite.token([scopeOf(name)], attacker.key);
  });

  /** Everything under the data folder but PostgreSQL's. */
  const files = (): string[] => {
    const { data } = suite.installation;
    const outside = readdirSync(join(data, '..'));
    const inside = readdirSync(data, { recursive: true, encoding: 'utf8' });
    return [...outside, ...inside.filter((file) => !/^(?:pg|logs)(?:\/|$)/.test(file))].sort();
  };

  const targets = (digest: string): [string, string][] => [
    ['GET', `/v2/${name}/blobs/${digest}`],
    ['HEAD', `/v2/${name}/blobs/${digest}`],
    ['DELETE', `/v2/${name}/blobs/${digest}`],
    ['GET', `/v2/${name}/manifests/${digest}`],
    ['PUT', `/v2/${name}/manifests/${digest}`],
    ['DELETE', `/v2/${name}/manifests/${digest}`],
    ['GET', `/v2/${name}/referrers/${digest}`],
    ['POST', `/v2/${name}/blobs/uploads/?digest=${digest}`],
  ];

  test('none of these names a file, whatever is asked of it', async () => {
    const before = files();
    for (const digest of digests) {
      for (const [method, target] of targets(digest)) {
        const { status } = await ask(target, token, method);
        // A query may be escaped: there %3A is the colon, and the bytes do not fit the digest.
        expect([method, target.slice(0, 200), [400, 404, 405, 431].includes(status)]).toEqual([
          method,
          target.slice(0, 200),
          true,
        ]);
      }
      const mount = await ask(`/v2/${name}/blobs/uploads/?mount=${digest}`, token, 'POST');
      expect([digest.slice(0, 100), [202, 400, 431].includes(mount.status)]).toEqual([digest.slice(0, 100), true]);
    }
    expect(files()).toEqual(before);
  });

  test('nor does any other text', async () => {
    const before = files();
    const bytes = fc.uint8Array({ maxLength: 80 }).map((list) => Buffer.from(list).toString('latin1'));
    const text = fc.oneof(fc.string({ unit: 'binary', maxLength: 80 }), bytes, fc.constantFrom(...digests));
    const sensible = (part: string): string => part.replace(/[\r\n\s]/g, '');
    await fc.assert(
      fc.asyncProperty(
        text,
        fc.constantFrom('sha256:', 'sha512:', ''),
        fc.boolean(),
        async (rest, algorithm, escape) => {
          const digest = algorithm + (escape ? encodeURIComponent(rest.toWellFormed()) : sensible(rest));
          const target = `/v2/${name}/blobs/${digest}`;
          const { status } = await ask(target, token);
          expect([target, status < 500 && (status !== 200 || digest === '')]).toEqual([target, true]);
        },
      ),
      { numRuns: 200 },
    );
    expect(files()).toEqual(before);
  }, 60_000);
});
