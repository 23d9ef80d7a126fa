import { createHash, randomBytes } from 'node:crypto';
import { freshLayer, sha256 } from '../content';
import { octets, withQuery } from '../repository';
import { Suite } from '../suite';
import { decode, Mint } from './minting';
import { RawAnswer, rawRequest, RawRequest, visible } from './raw-request';
import { makePerson, makeTenant, Person, scopeOf, Tenant } from './tenant';

let suite: Suite;
let mint: Mint;
let victim: Tenant;
let attacker: Tenant;
let open: Tenant;

beforeAll(async () => {
  suite = await Suite.start();
  mint = await Mint.of(suite);
  victim = await makeTenant(suite);
  attacker = await makeTenant(suite);
  open = await makeTenant(suite, { anonymousPull: true });
}, 60_000);
afterAll(() => suite?.stop());

const asking = (request: RawRequest, token?: string): Promise<RawAnswer> =>
  rawRequest(suite.url, {
    ...request,
    headers: { ...request.headers, ...(token !== undefined && { authorization: `Bearer ${token}` }) },
  });

/** Every kind of request that a repository knows, on the content of a tenant's image. */
function everyVerb(repository: string, { image }: Tenant): RawRequest[] {
  const base = `/v2/${repository}`;
  const manifest = image.manifest.descriptor.digest;
  const blob = image.blobs[0].descriptor.digest;
  const content = `${base}/blobs/${blob}`;
  const reads = [`${base}/manifests/v1`, `${base}/manifests/${manifest}`, content];
  const put = { headers: { 'content-type': image.manifest.descriptor.mediaType }, body: image.manifest.bytes };
  return [
    ...reads.flatMap((target) => [{ target }, { method: 'HEAD', target }]),
    { target: content, headers: { range: 'bytes=0-3' } },
    { target: `${base}/tags/list` },
    { target: `${base}/referrers/${manifest}` },
    { method: 'POST', target: `${base}/blobs/uploads/` },
    { method: 'POST', target: `${base}/blobs/uploads/?digest=${blob}`, body: image.blobs[0].bytes },
    { method: 'POST', target: `${base}/blobs/uploads/?mount=${blob}` },
    { method: 'PUT', target: `${base}/manifests/v1`, ...put },
    { method: 'PUT', target: `${base}/manifests/${manifest}?tag=stolen`, ...put },
    { method: 'DELETE', target: `${base}/manifests/v1` },
    { method: 'DELETE', target: `${base}/manifests/${manifest}` },
    { method: 'DELETE', target: content },
  ];
}

const isRead = ({ method = 'GET', target }: RawRequest): boolean =>
  (method === 'GET' || method === 'HEAD') && !target.includes('uploads');

describe('AC-03, INV-7: every path to an object asks the same question', () => {
  let expired: string;
  let disabled: Person;
  let disabledToken: string;

  beforeAll(async () => {
    const good = await suite.token([scopeOf(`${victim.registry.name}/app`)], victim.key);
    const now = Math.floor(Date.now() / 1000);
    expired = mint.changed(good, { iat: now - 7200, nbf: now - 7230, exp: now - 3600 });
    disabled = await makePerson(suite, 'project-admin', victim.registry);
    disabledToken = await suite.token([scopeOf(`${victim.registry.name}/app`)], disabled.key);
    await suite.admin.call('PATCH', `accounts/${disabled.id}`, { enabled: false });
    await untilRefused(`/v2/${victim.registry.name}/app/tags/list`, disabledToken);
  });

  async function untilRefused(target: string, token: string): Promise<void> {
    while ((await asking({ target }, token)).status !== 401) await new Promise((resolve) => setTimeout(resolve, 100));
  }

  /** Those who have no right to the victim's registry, each with the most that they can get. */
  const strangers: [string, (repository: string) => Promise<string | undefined>][] = [
    ['nobody', async () => undefined],
    ['an anonymous token', (repository) => suite.token([scopeOf(repository)])],
    [
      'a token of another tenant that was asked for this',
      (repository) => suite.token([scopeOf(repository)], attacker.key),
    ],
    [
      'a token of another tenant for its own',
      () => suite.token([scopeOf(`${attacker.registry.name}/app`)], attacker.key),
    ],
    ['a token that ran out', async () => expired],
    ['a token of a disabled account', async () => disabledToken],
    ['text that is no token', async () => 'abc'],
  ];

  test.each(strangers)('%s: nothing of a private registry, and no sign of what exists', async (_, get) => {
    const existing = `${victim.registry.name}/app`;
    const others = [`${victim.registry.name}/none`, 'tenant-none/app'];
    for (const [i, request] of everyVerb(existing, victim).entries()) {
      const answer = await asking(request, await get(existing));
      expect([request, answer.status]).toEqual([request, 401]);
      for (const other of others) {
        const same = await asking(everyVerb(other, victim)[i], await get(other));
        const renamed = JSON.stringify(visible(same)).replaceAll(other, existing);
        expect(renamed.replace(/content-length: \d+/, '')).toBe(
          JSON.stringify(visible(answer)).replace(/content-length: \d+/, ''),
        );
      }
    }
    expect((await victim.repository.pullManifest('v1')).bytes).toEqual(victim.image.manifest.bytes);
  });

  test('a viewer of the registry reads all of it and changes nothing', async () => {
    const viewer = await makePerson(suite, 'service-viewer', victim.registry);
    const token = await suite.token([scopeOf(`${victim.registry.name}/app`)], viewer.key);
    for (const request of everyVerb(`${victim.registry.name}/app`, victim)) {
      const { status } = await asking(request, token);
      expect([request, isRead(request) ? [200, 206] : [401]]).toEqual([request, expect.arrayContaining([status])]);
    }
  });

  test('a registry with anonymous pull: everybody reads, after the token round trip, and nobody changes', async () => {
    const name = `${open.registry.name}/app`;
    const token = await suite.token([scopeOf(name)]);
    for (const request of everyVerb(name, open)) {
      expect((await asking(request)).status).toBe(401);
      const { status } = await asking(request, token);
      expect([request, isRead(request) ? [200, 206] : [401]]).toEqual([request, expect.arrayContaining([status])]);
    }
  });
});

describe('AC-07: an upload belongs to its repository and to its principal', () => {
  test('whoever else knows its id: unknown, and it is finished undisturbed', async () => {
    const layer = freshLayer(3000);
    const begun = await victim.repository.expect(202, 'POST', 'blobs/uploads/');
    const location = begun.headers.get('location')!;
    await victim.repository.expect(202, 'PATCH', location, { headers: octets, body: layer.bytes.subarray(0, 1000) });
    const colleague = await makePerson(suite, 'project-member', victim.registry);
    const place = `${victim.registry.name}/app`;
    const elsewhere = `${attacker.registry.name}/app`;
    const tries: [string, string, number][] = [
      [location, await suite.token([scopeOf(place)], attacker.key), 401],
      [location, await suite.token([scopeOf(elsewhere)], attacker.key), 401],
      [location.replace(place, elsewhere), await suite.token([scopeOf(elsewhere)], attacker.key), 404],
      [location, await suite.token([scopeOf(place)], colleague.key), 404],
      [
        location.replace('/app/', '/other/'),
        await suite.token([scopeOf(`${victim.registry.name}/other`)], victim.key),
        404,
      ],
    ];
    const rest = layer.bytes.subarray(1000);
    for (const [target, token, status] of tries) {
      const attempts: RawRequest[] = [
        { target },
        { method: 'PATCH', target, headers: octets, body: 'stolen' },
        { method: 'PUT', target: withQuery(target, 'digest', layer.descriptor.digest), headers: octets, body: rest },
        { method: 'DELETE', target },
      ];
      for (const attempt of attempts) expect((await asking(attempt, token)).status).toBe(status);
    }
    const path = withQuery(location, 'digest', layer.descriptor.digest);
    await victim.repository.expect(201, 'PUT', path, { headers: octets, body: rest });
    expect(await victim.repository.pullBlob(layer.descriptor.digest)).toEqual(layer.bytes);
  });

  test('an id that was changed in any place is unknown, and no id comes twice', async () => {
    const ids = new Set<string>();
    for (let i = 0; i < 20; i++) {
      const { headers } = await victim.repository.expect(202, 'POST', 'blobs/uploads/');
      ids.add(headers.get('location')!);
    }
    expect(ids.size).toBe(20);
    const [location = ''] = ids;
    const start = location.lastIndexOf('/') + 1;
    expect(Buffer.from(location.slice(start), 'base64url').length).toBeGreaterThanOrEqual(16 + 16);
    for (let at = start; at < location.length; at++) {
      const other = location[at] === 'A' ? 'B' : 'A';
      const changed = location.slice(0, at) + other + location.slice(at + 1);
      expect((await victim.repository.send('GET', changed)).status).toBe(404);
    }
  });
});

describe('AC-08: content is not linked without the right to pull it', () => {
  const post = async (query: string, body = ''): Promise<RawAnswer> => {
    const name = `${attacker.registry.name}/app`;
    const scopes = [scopeOf(name), scopeOf(`${victim.registry.name}/app`, 'pull')];
    const token = await suite.token(scopes, attacker.key);
    return asking({ method: 'POST', target: `/v2/${name}/blobs/uploads/?${query}`, body }, token);
  };
  /** The address of the upload is another one each time. */
  const shape = (answer: RawAnswer): string =>
    JSON.stringify(visible(answer)).replaceAll(/uploads\/[\w-]+|docker-upload-uuid: [\w-]+/g, '');

  test('a mount from a foreign repository is an ordinary upload, whether the digest exists or not', async () => {
    const existing = victim.image.blobs[0].descriptor.digest;
    const missing = sha256(randomBytes(8));
    for (const from of [`&from=${victim.registry.name}/app`, '']) {
      const [one, two] = [await post(`mount=${existing}${from}`), await post(`mount=${missing}${from}`)];
      expect(one.status).toBe(202);
      expect(shape(one)).toBe(shape(two));
    }
    expect((await attacker.repository.send('HEAD', `blobs/${existing}`)).status).toBe(404);
  });

  test('a digest alone is no proof of having its bytes', async () => {
    const { digest } = victim.image.blobs[0].descriptor;
    const [one, two] = [await post(`digest=${digest}`), await post(`digest=${sha256(randomBytes(8))}`)];
    expect(one.status).toBe(400);
    expect(shape(one).replaceAll(/sha256:\w+/g, '')).toBe(shape(two).replaceAll(/sha256:\w+/g, ''));
    expect((await attacker.repository.send('HEAD', `blobs/${digest}`)).status).toBe(404);
    const manifest = victim.image.manifest;
    const headers = { 'content-type': manifest.descriptor.mediaType };
    const refused = await attacker.repository.send('PUT', 'manifests/v2', { headers, body: manifest.bytes });
    expect([refused.status, await refused.text()]).toEqual([400, expect.stringContaining('MANIFEST_BLOB_UNKNOWN')]);
  });

  test('with the right to pull from the other repository the mount is done', async () => {
    await suite.admin.grant(attacker.id, 'service-viewer', open.registry.id);
    const name = `${attacker.registry.name}/app`;
    const { digest } = open.image.blobs[0].descriptor;
    const token = await suite.token([scopeOf(name), scopeOf(`${open.registry.name}/app`, 'pull')], attacker.key);
    const target = `/v2/${name}/blobs/uploads/?mount=${digest}&from=${open.registry.name}/app`;
    expect((await asking({ method: 'POST', target }, token)).status).toBe(201);
    const hash = createHash('sha256').update(await attacker.repository.pullBlob(digest));
    expect(`sha256:${hash.digest('hex')}`).toBe(digest);
  });
});

describe('AC-11: a token is for one registry, not for whatever bears its name', () => {
  test('of a deleted registry: refused, and as the source of a mount, too', async () => {
    const gone = await makeTenant(suite);
    const name = `${gone.registry.name}/app`;
    const { digest } = gone.image.blobs[0].descriptor;
    await suite.admin.grant(gone.id, 'project-admin', attacker.registry.id);
    const target = `${attacker.registry.name}/app`;
    const token = await suite.token([scopeOf(name), scopeOf(target)], gone.key);
    await suite.admin.call('DELETE', `registries/${gone.registry.name}?confirm=${gone.registry.name}`);
    for (const request of everyVerb(name, gone)) expect((await asking(request, token)).status).toBe(401);
    const mount = `/v2/${target}/blobs/uploads/?mount=${digest}&from=${name}`;
    expect((await asking({ method: 'POST', target: mount }, token)).status).toBe(202);
    // Its name stays taken, so that nobody can set a trap for those who still use it.
    const again = await suite.admin.send('POST', 'registries', { name: gone.registry.name });
    expect(again.status).toBe(409);
  });

  test.each<[string, string | null | undefined]>([
    ['another registry of that name', '00000000-0000-4000-8000-000000000000'],
    ['no registry', null],
    ['nothing at all', undefined],
  ])('that names %s as its registry: refused', async (_, registry) => {
    const name = `${victim.registry.name}/app`;
    const token = await suite.token([scopeOf(name)], victim.key);
    const [entry] = decode(token).claims.access as object[];
    const changed = mint.changed(token, { access: [{ ...entry, registry }] });
    for (const request of everyVerb(name, victim)) expect((await asking(request, changed)).status).toBe(401);
    const source = await suite.token([scopeOf(`${attacker.registry.name}/app`)], attacker.key);
    const [own] = decode(source).claims.access as object[];
    const stale = mint.changed(source, { access: [own, { ...entry, registry }] });
    const { digest } = victim.image.blobs[0].descriptor;
    const mount = `/v2/${attacker.registry.name}/app/blobs/uploads/?mount=${digest}&from=${name}`;
    const status = registry === undefined ? 401 : 202;
    expect((await asking({ method: 'POST', target: mount }, stale)).status).toBe(status);
  });

  test('without the time of its issue: refused', async () => {
    const name = `${victim.registry.name}/app`;
    const token = mint.changed(await suite.token([scopeOf(name)], victim.key), { iat: undefined });
    expect((await asking({ target: `/v2/${name}/tags/list` }, token)).status).toBe(401);
  });
});
