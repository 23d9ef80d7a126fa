import { createServer, IncomingMessage, ServerResponse } from 'node:http';
import { once } from 'node:events';
import { AddressInfo } from 'node:net';
import { bytesOf, Digest, RepositoryName, Tag, Unauthorized } from '@ncr/oci';
import { MemoryRegistry } from '@ncr/oci/testing';
import { formatChallenge } from '../challenge';
import { Route } from '../route';
import { Authorize } from '../server/serve-registry';
import { digestOf } from '../testing/one-blob';
import { Served, served } from '../testing/served';
import { RemoteRegistry } from './remote-registry';

const repository = RepositoryName.parse('team/app');
const credentials = { username: 'ann', password: 'p:ss' };
const basic = `Basic ${Buffer.from('ann:p:ss').toString('base64')}`;
const manifest = {
  mediaType: 'application/vnd.oci.image.index.v1+json',
  bytes: Buffer.from('{"schemaVersion":2,"manifests":[]}'),
};
const latest = Tag.parse('latest');

const open: { close(): void }[] = [];
afterEach(() => {
  for (const one of open.splice(0)) one.close();
});

/** A far side of the network that only listens and tells what it saw. */
async function listening(
  answer: (request: IncomingMessage, response: ServerResponse) => void,
): Promise<{ url: string; seen: IncomingMessage[] }> {
  const seen: IncomingMessage[] = [];
  const server = createServer((request, response) => {
    seen.push(request);
    answer(request, response);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  open.push({ close: () => (server.close(), server.closeAllConnections()) });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, seen };
}

async function registryThat(authorize: Authorize): Promise<Served> {
  const one = await served(authorize);
  open.push(one);
  return one;
}

const scopeFor = (route: Route) =>
  'repository' in route
    ? `repository:${route.repository.toString()}:${route.method === 'GET' || route.method === 'HEAD' ? 'pull' : 'pull,push'}`
    : undefined;

/** A registry that wants a token for exactly the scope of the request, from the token service at `realm`. */
function wantsToken(registry: MemoryRegistry, realm: () => string): Authorize {
  return (request, route) => {
    const scope = scopeFor(route);
    if (request.headers.authorization === `Bearer ${Buffer.from(scope ?? '').toString('base64url')}.`)
      return { registry };
    const challenge = formatChallenge('Bearer', { realm: realm(), service: 'far', scope });
    throw new Unauthorized('no', undefined, { 'WWW-Authenticate': challenge });
  };
}

/** A token service whose tokens name their scope; trusted for the registry only if both are one origin. */
function tokens(request: IncomingMessage, response: ServerResponse): void {
  const url = new URL(request.url ?? '', 'http://h');
  const token = `${Buffer.from(url.searchParams.getAll('scope').join(' ')).toString('base64url')}.`;
  response.end(JSON.stringify({ token, expires_in: 300 }));
}

describe('tokens', () => {
  test('a token is fetched once per scope, with the credentials, and used until it expires', async () => {
    const service = await listening(tokens);
    const registry = new MemoryRegistry();
    const { url } = await registryThat(wantsToken(registry, () => `${service.url}/token`));
    const remote = new RemoteRegistry({ origin: url, credentials, tokenOrigins: [service.url] });
    await remote.putManifest(repository, manifest, { tags: [latest] });
    const blob = Buffer.from('hello');
    for (let i = 0; i < 3; i++) {
      expect((await remote.getManifest(repository, latest)).bytes).toEqual(manifest.bytes);
      const { id } = await remote.startUpload(repository);
      await remote.finishUpload(repository, id, digestOf(blob), { content: bytesOf(blob) });
    }
    expect(service.seen.map(({ url }) => decodeURIComponent(url ?? ''))).toEqual([
      '/token?service=far&scope=repository:team/app:pull,push',
      '/token?service=far&scope=repository:team/app:pull',
    ]);
    expect(service.seen.map(({ headers }) => headers.authorization)).toEqual([basic, basic]);
  });

  test('without credentials the token service is asked as nobody', async () => {
    const service = await listening(tokens);
    const registry = new MemoryRegistry();
    await registry.putManifest(repository, manifest, { tags: [latest] });
    const { url } = await registryThat(wantsToken(registry, () => `${service.url}/token`));
    await new RemoteRegistry({ origin: url }).getManifest(repository, latest);
    expect(service.seen.map(({ headers }) => headers.authorization)).toEqual([undefined]);
  });

  test('AC-30: a token service of another origin never sees the credentials', async () => {
    const thief = await listening(tokens);
    const { url } = await registryThat(wantsToken(new MemoryRegistry(), () => `${thief.url}/token`));
    const remote = new RemoteRegistry({ origin: url, credentials });
    await expect(remote.getManifest(repository, latest)).rejects.toThrow(Unauthorized);
    expect(thief.seen).toEqual([]);
  });

  test('AC-34: an origin that only looks like a trusted one is another origin', async () => {
    const { url } = await registryThat(wantsToken(new MemoryRegistry(), () => 'http://evil-auth.example/token'));
    const remote = new RemoteRegistry({ origin: url, credentials, tokenOrigins: ['http://auth.example'] });
    await expect(remote.getManifest(repository, latest)).rejects.toThrow('the token service is not one that may see');
  });

  test('a refusal of the token service is Unauthorized, and is not remembered', async () => {
    let refusing = true;
    const service = await listening((request, response) => {
      if (refusing) response.writeHead(403).end('<html>');
      else tokens(request, response);
    });
    const registry = new MemoryRegistry();
    await registry.putManifest(repository, manifest, { tags: [latest] });
    const { url } = await registryThat(wantsToken(registry, () => `${service.url}/token`));
    const remote = new RemoteRegistry({ origin: url });
    await expect(remote.getManifest(repository, latest)).rejects.toThrow(Unauthorized);
    refusing = false;
    await expect(remote.getManifest(repository, latest)).resolves.toMatchObject({ mediaType: manifest.mediaType });
  });

  test.each(['ftp://h/token', 'file:///etc/passwd', 'http://[', ''])('a realm like %j is refused', async (realm) => {
    const far = await listening((_, response) =>
      response.writeHead(401, { 'WWW-Authenticate': `Bearer realm="${realm}"` }).end(),
    );
    await expect(new RemoteRegistry({ origin: far.url }).getManifest(repository, latest)).rejects.toThrow(
      expect.objectContaining({ name: 'Unauthorized' }),
    );
  });
});

test('Basic authentication is used where a registry asks for it', async () => {
  const registry = new MemoryRegistry();
  await registry.putManifest(repository, manifest, { tags: [latest] });
  const { url } = await registryThat((request) => {
    if (request.headers.authorization === basic) return { registry };
    throw new Unauthorized('no', undefined, { 'WWW-Authenticate': 'Basic realm="far"' });
  });
  await new RemoteRegistry({ origin: url, credentials }).getManifest(repository, latest);
  const wrong = new RemoteRegistry({ origin: url, credentials: { ...credentials, password: 'no' } });
  await expect(wrong.getManifest(repository, latest)).rejects.toThrow(Unauthorized);
});

describe('AC-31: other origins', () => {
  const blob = Buffer.from('blob elsewhere');

  test('a redirected read goes there without credentials', async () => {
    const storage = await listening((_, response) => response.end(blob));
    const far = await listening(({ headers, method }, response) => {
      if (headers.authorization !== basic) response.writeHead(401, { 'WWW-Authenticate': 'Basic realm="far"' }).end();
      else if (method === 'HEAD') response.writeHead(200, { 'Content-Length': blob.length }).end();
      else response.writeHead(307, { Location: `${storage.url}/object` }).end();
    });
    const remote = new RemoteRegistry({ origin: far.url, credentials });
    const stored = await remote.getBlob(repository, digestOf(blob));
    const pieces: Buffer[] = [];
    await stored.read({ start: 0, end: blob.length - 1 }, (piece) => void pieces.push(Buffer.from(piece)));
    expect(Buffer.concat(pieces)).toEqual(blob);
    expect(storage.seen.map(({ headers }) => headers.authorization)).toEqual([undefined]);
  });

  test('an upload is not sent there', async () => {
    const thief = await listening((_, response) => response.end());
    const far = await listening((_, response) => response.writeHead(202, { Location: `${thief.url}/take` }).end());
    await expect(new RemoteRegistry({ origin: far.url }).startUpload(repository)).rejects.toThrow('another origin');
    expect(thief.seen).toEqual([]);
  });

  test('a link to the next page does not lead there', async () => {
    const link = '<http://thief.example/v2/team/app/tags/list?last=a>; rel="next"';
    const far = await listening((_, response) => response.writeHead(200, { Link: link }).end('{"tags":["a"]}'));
    await expect(new RemoteRegistry({ origin: far.url }).listTags(repository, {})).rejects.toThrow('another origin');
  });
});

test('AC-07: an upload id that this client did not give out, or not for this repository, is unknown', async () => {
  const one = await served(new MemoryRegistry());
  open.push(one);
  const remote = new RemoteRegistry({ origin: one.url });
  const forged = `${Buffer.from('/v2/other/manifests/latest').toString('base64url')}.AAAA`;
  await expect(remote.cancelUpload(repository, forged)).rejects.toThrow('no such upload');
  const { id } = await remote.startUpload(repository);
  await expect(remote.uploadStatus(RepositoryName.parse('team/other'), id)).rejects.toThrow('no such upload');
  await expect(remote.uploadStatus(repository, id)).resolves.toMatchObject({ offset: 0 });
});

describe('AC-77, AC-78: a registry that lies', () => {
  const wrong = Buffer.from('{"schemaVersion":2,"manifests":[],"x":1}');
  const digest: Digest = digestOf(manifest.bytes);
  const headers = { 'Content-Type': manifest.mediaType, 'Docker-Content-Digest': digest.toString() };

  test('other bytes than the digest names are refused, by digest and by tag', async () => {
    const far = await listening((_, response) => response.writeHead(200, headers).end(wrong));
    const remote = new RemoteRegistry({ origin: far.url });
    await expect(remote.getManifest(repository, digest)).rejects.toThrow('other bytes');
    await expect(remote.getManifest(repository, latest)).rejects.toThrow('other bytes');
  });

  test('a manifest beyond 4 MiB is not read to its end', async () => {
    const far = await listening((_, response) => response.writeHead(200, headers).end(Buffer.alloc(5 * 1024 * 1024)));
    await expect(new RemoteRegistry({ origin: far.url }).getManifest(repository, latest)).rejects.toMatchObject({
      name: 'ManifestTooLarge',
    });
  });

  test.each([
    ['other bytes', (response: ServerResponse) => response.writeHead(200).end('hellO')],
    ['too few bytes', (response: ServerResponse) => response.writeHead(200).end('hell')],
    [
      'half an answer',
      (response: ServerResponse) => {
        response.writeHead(200, { 'Content-Length': 5 }).write('hel');
        setTimeout(() => response.destroy(), 20);
      },
    ],
    [
      'another range',
      (response: ServerResponse) => response.writeHead(206, { 'Content-Range': 'bytes 1-5/6' }).end('hello'),
    ],
  ])('%s of a blob are an error', async (_, answer) => {
    const far = await listening(({ method }, response) => {
      if (method === 'HEAD') response.writeHead(200, { 'Content-Length': 5 }).end();
      else answer(response);
    });
    const blob = await new RemoteRegistry({ origin: far.url }).getBlob(repository, digestOf(Buffer.from('hello')));
    await expect(blob.read({ start: 0, end: 4 }, () => undefined)).rejects.toMatchObject({
      name: expect.stringMatching(/Unknown|Unavailable/) as string,
    });
  });

  test('a registry that ignores ranges gives the range all the same', async () => {
    const far = await listening((_, response) => response.writeHead(200, { 'Content-Length': 11 }).end('hello world'));
    const blob = await new RemoteRegistry({ origin: far.url }).getBlob(repository, digestOf(Buffer.from('x')));
    let got = '';
    await blob.read({ start: 4, end: 6 }, (piece) => void (got += Buffer.from(piece).toString()));
    expect(got).toBe('o w');
  });
});

test('a registry without the referrers API is asked for the fallback tag', async () => {
  const subject = digestOf(Buffer.from('subject'));
  const entry = { mediaType: 'a/b', digest: subject.toString(), size: 3, artifactType: 'c/d' };
  const far = await listening(({ url }, response) => {
    if (url === `/v2/team/app/manifests/sha256-${subject.hex}`) {
      response.writeHead(200, { 'Content-Type': manifest.mediaType });
      response.end(JSON.stringify({ schemaVersion: 2, manifests: [entry, { ...entry, artifactType: 'e/f' }] }));
    } else response.writeHead(404).end('404 page not found');
  });
  const remote = new RemoteRegistry({ origin: far.url });
  expect(await remote.listReferrers(repository, subject, { artifactType: 'c/d' })).toMatchObject({
    entries: [{ artifactType: 'c/d', size: 3 }],
    more: false,
  });
  expect(await remote.listReferrers(repository, digestOf(Buffer.from('x')), {})).toEqual({ entries: [], more: false });
});

test('a list that is paged by opaque tokens is followed by its links', async () => {
  const far = await listening(({ url }, response) => {
    if (url === '/v2/team/app/tags/list?token=opaque') response.end('{"tags":["b"]}');
    else response.writeHead(200, { Link: '</v2/team/app/tags/list?token=opaque>; rel="next"' }).end('{"tags":["a"]}');
  });
  const remote = new RemoteRegistry({ origin: far.url });
  expect(await remote.listTags(repository, { n: 1 })).toEqual({ entries: ['a'], more: true });
  expect(await remote.listTags(repository, { n: 1, last: 'a' })).toEqual({ entries: ['b'], more: false });
});

test('AC-38: a registry that cannot be reached is unavailable, and its address is not told', async () => {
  const far = await listening(() => undefined);
  for (const one of open.splice(0)) one.close();
  await expect(
    new RemoteRegistry({ origin: far.url }).headBlob(repository, digestOf(Buffer.from('x'))),
  ).rejects.toMatchObject({
    name: 'Unavailable',
    message: 'the registry cannot be reached',
  });
});
