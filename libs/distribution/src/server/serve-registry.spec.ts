import { once } from 'node:events';
import { setTimeout } from 'node:timers/promises';
import { Registry, RepositoryName, Tag, Unauthorized, Unavailable } from '@ncr/oci';
import { MemoryRegistry } from '@ncr/oci/testing';
import { blobPath, digestOf, withBlob } from '../testing/one-blob';
import { answerOf, connection } from '../testing/raw-connection';
import { Served, served } from '../testing/served';
import { Authorize, ServeOptions } from './serve-registry';

const repository = RepositoryName.parse('team/app');
const mebibyte = 1024 * 1024;
const errors: unknown[] = [];
let open: Served[] = [];

beforeEach(() => {
  errors.length = 0;
});
afterEach(() => {
  for (const one of open) one.close();
  open = [];
});

async function serve(registry: Registry | Authorize, options: ServeOptions = {}): Promise<Served> {
  const one = await served(registry, { onError: (error) => errors.push(error), ...options });
  open.push(one);
  return one;
}

const refuse: Authorize = () => {
  throw new Unauthorized('who are you?', undefined, { 'WWW-Authenticate': 'Bearer realm="https://here/token"' });
};

describe('refusals', () => {
  test('the challenge of whoever authorizes reaches the client, with the JSON of the specification', async () => {
    const answer = await fetch(`${(await serve(refuse)).url}/v2/`);
    expect(answer.status).toBe(401);
    expect(answer.headers.get('www-authenticate')).toBe('Bearer realm="https://here/token"');
    expect(answer.headers.get('content-type')).toBe('application/json');
    expect(await answer.json()).toEqual({ errors: [{ code: 'UNAUTHORIZED', message: 'who are you?' }] });
  });

  test('an error that is no refusal is 500 without its text, and the operator is told', async () => {
    const fault = new Error('secret detail');
    const { url } = await serve(async () => Promise.reject(fault));
    const answer = await fetch(`${url}/v2/`);
    expect(answer.status).toBe(500);
    expect(await answer.text()).not.toContain('secret');
    expect(errors).toEqual([fault]);
  });

  test('the operator is told of what is unavailable, and not of what a client did wrong', async () => {
    const { url } = await serve(() => {
      throw new Unavailable('later', undefined, { 'Retry-After': '5' });
    });
    const answer = await fetch(`${url}/v2/`);
    expect([answer.status, answer.headers.get('retry-after')]).toEqual([503, '5']);
    await fetch(`${url}/v2//`);
    expect(errors).toHaveLength(1);
  });

  test('a client that is refused while it sends gets the whole answer before the connection is closed', async () => {
    const socket = connection(await serve(refuse));
    const answer = answerOf(socket);
    socket.write('PUT /v2/a/blobs/uploads/x HTTP/1.1\r\nHost: h\r\nContent-Length: 100000000\r\n\r\n');
    const piece = Buffer.alloc(16 * 1024);
    for (let i = 0; i < 20; i++) {
      socket.write(piece);
      await setTimeout(2);
    }
    socket.end();
    expect(await answer).toMatch(/^HTTP\/1\.1 401 [^]*Connection: close\r\n[^]*who are you/);
  });

  test('AC-43: a client that goes on sending after its refusal is cut off', async () => {
    const socket = connection(await serve(refuse));
    const answer = answerOf(socket);
    socket.write('PATCH /v2/a/blobs/uploads/x HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n');
    let sent = 0;
    while (!socket.destroyed && sent < 200 * mebibyte) {
      socket.write(`10000\r\n${'x'.repeat(0x10000)}\r\n`);
      sent += 0x10000;
      await setTimeout(0);
    }
    expect(await answer).toMatch(/^HTTP\/1\.1 401 /);
    expect(sent).toBeLessThan(200 * mebibyte);
  });

  test('a short body that nobody wanted is read to its end, and the connection serves the next request', async () => {
    const socket = connection(await serve(refuse));
    const answer = answerOf(socket);
    socket.write('PUT /v2/a/blobs/uploads/x HTTP/1.1\r\nHost: h\r\nContent-Length: 300000\r\n\r\n');
    await setTimeout(20);
    socket.write(Buffer.alloc(300_000));
    socket.write('GET /v2/ HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n');
    expect((await answer).match(/HTTP\/1\.1 401/g)).toHaveLength(2);
  });
});

describe('Expect: 100-continue', () => {
  const head =
    'POST /v2/team/app/blobs/uploads/?digest=D HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n';

  test('is answered when the caller has been let in', async () => {
    const socket = connection(await serve(new MemoryRegistry()));
    socket.write(head.replace('=D', `=${digestOf(Buffer.from('hello')).toString()}`));
    const [first] = (await once(socket, 'data')) as [Buffer];
    expect(first.toString()).toBe('HTTP/1.1 100 Continue\r\n\r\n');
    socket.write('hello');
    const [second] = (await once(socket, 'data')) as [Buffer];
    expect(second.toString()).toMatch(/^HTTP\/1\.1 201 /);
    socket.destroy();
  });

  test('brings a refusal, and no invitation, to anybody else; the connection is not used again', async () => {
    const socket = connection(await serve(refuse));
    const answer = answerOf(socket);
    socket.write(head);
    await setTimeout(50);
    socket.end();
    expect(await answer).toMatch(/^HTTP\/1\.1 401 [^]*Connection: close/);
  });
});

test('warnings of the one who authorizes come with a success', async () => {
  const registry = new MemoryRegistry();
  const { url } = await serve(() => ({ registry, warnings: ['disk is "full"', 'second'] }));
  const answer = await fetch(`${url}/v2/`);
  expect(answer.headers.get('warning')).toBe('299 - "disk is \\"full\\"", 299 - "second"');
});

test('a blob that lies elsewhere is a redirect that nobody may keep, for GET alone', async () => {
  const location = 'https://storage.example/object?signature=s';
  const registry = withBlob(5, () => Promise.reject(new Error('not read')), location);
  const { url } = await serve(registry);
  const answer = await fetch(url + blobPath, { redirect: 'manual' });
  expect([answer.status, answer.headers.get('location')]).toEqual([307, location]);
  expect(answer.headers.get('cache-control')).toContain('no-store');
  const head = await fetch(url + blobPath, { method: 'HEAD' });
  expect([head.status, head.headers.get('content-length')]).toEqual([200, '5']);
});

test('AC-66: what somebody pushed is neither rendered nor run by a browser', async () => {
  const registry = new MemoryRegistry();
  const bytes = Buffer.from('{"schemaVersion":2,"mediaType":"text/html","manifests":[]}');
  await registry.putManifest(repository, { mediaType: 'text/html', bytes }, { tags: [Tag.parse('page')] });
  const answer = await fetch(`${(await serve(registry)).url}/v2/team/app/manifests/page`);
  expect(Object.fromEntries(answer.headers)).toMatchObject({
    'content-type': 'text/html',
    'x-content-type-options': 'nosniff',
    'content-security-policy': 'sandbox',
    'content-disposition': 'attachment',
  });
});

test('end-7b: a push sets dozens of tags, and answers 414 to more than that', async () => {
  const { url } = await serve(new MemoryRegistry());
  const bytes = Buffer.from('{"schemaVersion":2,"manifests":[]}');
  const push = async (count: number) => {
    const tags = Array.from({ length: count }, (_, i) => `tag=t${i}`).join('&');
    const headers = { 'Content-Type': 'application/vnd.oci.image.index.v1+json' };
    const path = `/v2/team/app/manifests/${digestOf(bytes).toString()}`;
    return fetch(`${url}${path}?${tags}`, { method: 'PUT', headers, body: bytes });
  };
  const answer = await push(64);
  expect([answer.status, answer.headers.get('oci-tag')?.split(', ').length]).toEqual([201, 64]);
  expect((await push(65)).status).toBe(414);
});
