import { connect } from 'node:net';
import { once } from 'node:events';
import { Content, image, index, jsonContent, mediaTypes } from '../content';
import { Suite } from '../suite';
import { RawAnswer, rawRequest } from './raw-request';
import { makeTenant, scopeOf, Tenant } from './tenant';

const mebibyte = 1024 * 1024;
let suite: Suite;
let tenant: Tenant;
let token: string;

beforeAll(async () => {
  suite = await Suite.start();
  tenant = await makeTenant(suite);
  token = await suite.token([scopeOf(tenant.repository.name), 'registry:catalog:*'], tenant.key);
}, 60_000);
afterAll(() => suite?.stop());

const ask = (target: string): Promise<RawAnswer> =>
  rawRequest(suite.url, { target, headers: { authorization: `Bearer ${token}` } });

describe('AC-43: a manifest has 4 MiB at most', () => {
  const target = (): string => `/v2/${tenant.repository.name}/manifests/big`;
  const padded = (size: number): Content => {
    const empty = jsonContent(mediaTypes.index, {
      schemaVersion: 2,
      mediaType: mediaTypes.index,
      manifests: [],
      pad: '',
    });
    const pad = ' '.repeat(size - empty.bytes.length);
    return jsonContent(mediaTypes.index, { schemaVersion: 2, mediaType: mediaTypes.index, manifests: [], pad });
  };

  test('one of exactly 4 MiB is taken and given back, one byte more is too large', async () => {
    const largest = padded(4 * mebibyte);
    await tenant.repository.pushManifest(largest, 'largest');
    expect((await tenant.repository.pullManifest('largest')).bytes.equals(largest.bytes)).toBe(true);
    const { bytes } = padded(4 * mebibyte + 1);
    const refused = await tenant.repository.send('PUT', 'manifests/big', {
      headers: { 'content-type': mediaTypes.index },
      body: bytes,
    });
    expect([refused.status, await refused.text()]).toEqual([413, expect.stringContaining('"code":"MANIFEST_INVALID"')]);
  });

  test('a gigabyte that is announced is refused before it comes', async () => {
    const answer = await rawRequest(suite.url, {
      method: 'PUT',
      target: target(),
      headers: {
        authorization: `Bearer ${token}`,
        'content-type': mediaTypes.manifest,
        'content-length': String(1024 * mebibyte),
        expect: '100-continue',
      },
    });
    expect(answer.status).toBe(413);
  });

  test('a body without an end is read no further than the limit, and a little more', async () => {
    const { hostname, port } = new URL(suite.url);
    const socket = connect(Number(port), hostname);
    const head = `PUT ${target()} HTTP/1.1\r\nHost: ${suite.host}\r\nAuthorization: Bearer ${token}\r\nContent-Type: ${mediaTypes.manifest}\r\nTransfer-Encoding: chunked\r\n\r\n`;
    let answer = '';
    let taken = 0;
    socket.setEncoding('latin1').on('data', (text: string) => (answer += text));
    socket.on('error', () => undefined);
    const closed = new Promise((resolve) => socket.once('close', resolve));
    socket.write(head);
    const piece = Buffer.concat([Buffer.from('100000\r\n'), Buffer.alloc(mebibyte, ' '), Buffer.from('\r\n')]);
    while (!socket.destroyed && taken < 200 * mebibyte) {
      if (!socket.write(piece)) await Promise.race([once(socket, 'drain').catch(() => undefined), closed]);
      taken += piece.length;
    }
    await closed;
    expect(answer).toMatch(/^HTTP\/1\.1 413 /);
    // 4 MiB, what is read to let the client see the answer, and what the sockets hold.
    expect(taken).toBeLessThan(32 * mebibyte);
  });
});

describe('AC-44: a client’s number reserves nothing', () => {
  const tags = [
    'A',
    'Z',
    'a',
    'a-',
    'a-b',
    'a.b',
    'a_b',
    'aa',
    'ab',
    'latest',
    'latest-1',
    'v1',
    'v1.0',
    'v1.0.1',
    'v10',
    'v2',
  ];

  beforeAll(async () => {
    const { repository, image } = tenant;
    for (const tag of tags) await repository.pushManifest(image.manifest, tag);
  });

  const kinds: [string, () => string, (body: string) => string[]][] = [
    [
      'tags/list',
      () => `/v2/${tenant.repository.name}/tags/list`,
      (body) => (JSON.parse(body) as { tags: string[] }).tags,
    ],
    ['_catalog', () => '/v2/_catalog', (body) => (JSON.parse(body) as { repositories: string[] }).repositories],
  ];

  test.each(kinds)('%s: any n is a page of a thousand at most, or a mistake', async (_, path, read) => {
    const numbers = [
      '2147483647',
      '9007199254740993',
      '1e9',
      '-1',
      '0x10',
      '1.5',
      'NaN',
      '',
      '%31',
      '10000000000000000000',
      '1&n=2',
    ];
    for (const n of numbers) {
      const answer = await ask(`${path()}?n=${n}`);
      expect([n, [200, 400].includes(answer.status)]).toEqual([n, true]);
      if (answer.status === 200) expect(read(answer.body).length).toBeLessThanOrEqual(1000);
    }
    expect((await ask(`${path()}?n=0`)).status).toBe(200);
    const beyond = await ask(`${path()}?n=5&last=zzzz`);
    expect([beyond.status, read(beyond.body)]).toEqual([200, []]);
  });

  test.each([1, 2, 3, 5, 1000])('pages of %d hold every tag once, in order', async (n) => {
    const found: string[] = [];
    let next: string | undefined = `/v2/${tenant.repository.name}/tags/list?n=${n}`;
    for (let page = 0; next !== undefined && page < 100; page++) {
      const answer: RawAnswer = await ask(next);
      found.push(...(JSON.parse(answer.body) as { tags: string[] }).tags);
      next = /<([^>]+)>; *rel="next"/.exec(answer.headers.get('link') ?? '')?.[1];
    }
    const all = await tenant.repository.tags();
    expect(found).toEqual(all);
    expect(all).toEqual(expect.arrayContaining(tags));
    expect(all).toEqual([...all].sort());
  });

  test('repositories whose names begin alike are all in the catalog, one by one', async () => {
    const names = ['a', 'a-b', 'a/b', 'a.b', 'ab', 'app', 'app/x', 'app-x'].map(
      (name) => `${tenant.registry.name}/${name}`,
    );
    const scopes = names.map((name) => scopeOf(name));
    const all = await suite.token([...scopes, 'registry:catalog:*'], tenant.key);
    for (const name of names) {
      const { bytes, descriptor } = index([]);
      const headers = { authorization: `Bearer ${all}`, 'content-type': descriptor.mediaType };
      const put = { method: 'PUT', target: `/v2/${name}/manifests/v1`, headers, body: bytes };
      expect((await rawRequest(suite.url, put)).status).toBe(201);
    }
    const found: string[] = [];
    let next: string | undefined = '/v2/_catalog?n=1';
    for (let page = 0; next !== undefined && page < 100; page++) {
      const answer: RawAnswer = await ask(next);
      found.push(...(JSON.parse(answer.body) as { repositories: string[] }).repositories);
      next = /<([^>]+)>; *rel="next"/.exec(answer.headers.get('link') ?? '')?.[1];
    }
    expect(found).toEqual([...new Set([...names, tenant.repository.name])].sort());
  });
});

describe('AC-45: an index is neither deep nor wide without end', () => {
  test('five levels are taken, a sixth is refused, and two ways to each child cost nothing', async () => {
    const { repository } = tenant;
    let below = tenant.image.manifest;
    await repository.pushManifest(below);
    let levels = 1;
    for (; levels < 20; levels++) {
      const twice = index([below.descriptor, { ...below.descriptor, annotations: { way: 'second' } }]);
      const response = await repository.send('PUT', `manifests/${twice.descriptor.digest}`, {
        headers: { 'content-type': twice.descriptor.mediaType },
        body: twice.bytes,
      });
      const body = await response.text();
      if (response.status !== 201) {
        expect([response.status, body]).toEqual([400, expect.stringContaining('"code":"MANIFEST_INVALID"')]);
        break;
      }
      below = twice;
    }
    expect(levels).toBe(5);
  });

  test('more children than an index may have are refused, be they twenty thousand', async () => {
    const { descriptor } = tenant.image.manifest;
    for (const [count, status] of [
      [500, 201],
      [501, 400],
      [20_000, 400],
    ] as const) {
      const wide = index(Array.from({ length: count }, () => descriptor));
      const answer = await rawRequest(suite.url, {
        method: 'PUT',
        target: `/v2/${tenant.repository.name}/manifests/wide-${count}`,
        headers: { authorization: `Bearer ${token}`, 'content-type': wide.descriptor.mediaType },
        body: wide.bytes,
      });
      expect([count, answer.status]).toEqual([count, status]);
    }
  });

  test('more layers than an image may have are refused', async () => {
    const [layer] = tenant.image.blobs;
    for (const [count, status] of [
      [1000, 201],
      [1001, 400],
    ] as const) {
      const tall = image(Array.from({ length: count }, () => layer));
      for (const blob of tall.blobs.slice(-1)) await tenant.repository.pushBlob(blob);
      const response = await tenant.repository.send('PUT', 'manifests/tall', {
        headers: { 'content-type': tall.manifest.descriptor.mediaType },
        body: tall.manifest.bytes,
      });
      expect([count, response.status]).toEqual([count, status]);
    }
  });
});
