import { appendFileSync, rmSync, statSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import { Content, freshLayer, image, sha256 } from '../content';
import { connect } from '../database';
import { Repository } from '../repository';
import { Session, Suite } from '../suite';

let suite: Suite;
let repository: Repository;
let other: Repository;

beforeAll(async () => {
  // Nothing is served from memory: every read meets the object.
  suite = await Suite.start({ NCR_CACHE_BLOBS: '1' });
  const registry = await suite.admin.createRegistry(Session.freshName('damage'));
  const key = await suite.admin.createAccessKey();
  repository = new Repository(suite, `${registry.name}/app`, key);
  other = new Repository(suite, `${registry.name}/other`, key);
}, 60_000);
afterAll(() => suite?.stop());

/** The file that holds a blob's bytes. */
async function fileOf({ descriptor }: Content): Promise<string> {
  const database = await connect(suite.installation);
  try {
    const { rows } = await database.query<{ object_key: string }>(
      `SELECT object_key FROM registry.blob WHERE substring(digest FROM 2) = decode($1, 'hex')`,
      [descriptor.digest.slice('sha256:'.length)],
    );
    return join(suite.installation.data, 'blobs', rows[0].object_key);
  } finally {
    await database.end();
  }
}

/** What a client gets: the bytes of a transfer that ended well, or undefined when it visibly failed. */
async function pull(from: Repository, digest: string, range?: string): Promise<Buffer | undefined> {
  try {
    const response = await from.send('GET', `blobs/${digest}`, range === undefined ? {} : { headers: { range } });
    const bytes = Buffer.from(await response.arrayBuffer());
    return response.status < 300 ? bytes : undefined;
  } catch {
    return undefined;
  }
}

/** Compared here: Jest takes seconds to compare megabytes. */
async function gives(from: Repository, layer: Content): Promise<boolean> {
  return (await pull(from, layer.descriptor.digest))?.equals(layer.bytes) ?? false;
}

const small = 1000;
const large = 5 * 1024 * 1024;
const damages: [string, number, (file: string) => void][] = [
  ['small object that is gone', small, (file) => rmSync(file)],
  ['small object that is empty', small, (file) => truncateSync(file, 0)],
  ['small object without its last byte', small, (file) => truncateSync(file, small - 1)],
  ['large object that is gone', large, (file) => rmSync(file)],
  ['large object that is empty', large, (file) => truncateSync(file, 0)],
  ['large object cut off in its middle', large, (file) => truncateSync(file, large / 2)],
  ['large object without its last byte', large, (file) => truncateSync(file, large - 1)],
];

test.each(damages)(
  'INV-4, INV-8: a %s never ends cleanly, counts as absent, and the next push heals it everywhere',
  async (_, size, damage) => {
    const layer = freshLayer(size);
    const { digest } = layer.descriptor;
    for (const place of [repository, other]) await place.pushBlob(layer);
    const file = await fileOf(layer);
    damage(file);
    expect(await pull(repository, digest)).toBeUndefined();
    for (const place of [repository, other]) {
      await place.expect(404, 'HEAD', `blobs/${digest}`);
      expect(await pull(place, digest)).toBeUndefined();
    }
    const refused = await repository.send('PUT', 'manifests/v1', {
      headers: { 'content-type': image([layer]).manifest.descriptor.mediaType },
      body: image([layer]).manifest.bytes,
    });
    expect(refused.status).toBe(400);
    const mount = await repository.send('POST', `blobs/uploads/?mount=${digest}`);
    expect(mount.status).toBe(202);

    await repository.pushBlob(layer);
    for (const place of [repository, other]) expect(await gives(place, layer)).toBe(true);
    expect(await fileOf(layer)).not.toBe(file);
    await repository.push(image([layer]), 'v1');
  },
);

test('INV-8: a push heals a blob whose damage nobody has met yet', async () => {
  const layer = freshLayer(large);
  await repository.pushBlob(layer);
  truncateSync(await fileOf(layer), 100);
  await repository.pushBlob(layer);
  expect(await gives(repository, layer)).toBe(true);
});

test('INV-4: a range beyond the end of a short object fails, one within it is right or fails', async () => {
  const layer = freshLayer(large);
  const { digest } = layer.descriptor;
  await repository.pushBlob(layer);
  truncateSync(await fileOf(layer), large / 2);
  const within = await pull(repository, digest, 'bytes=100-199');
  expect(within === undefined || within.equals(layer.bytes.subarray(100, 200))).toBe(true);
  expect(await pull(repository, digest, `bytes=${large - 10}-${large - 1}`)).toBeUndefined();
  expect(await pull(repository, digest, `bytes=0-9,${large - 10}-${large - 1}`)).toBeUndefined();
});

test('INV-4: of an object that is too long nothing but the blob’s own bytes comes, or nothing', async () => {
  for (const size of [small, large]) {
    const layer = freshLayer(size);
    await repository.pushBlob(layer);
    appendFileSync(await fileOf(layer), 'and more');
    const found = await pull(repository, layer.descriptor.digest);
    expect(found === undefined || sha256(found) === layer.descriptor.digest).toBe(true);
    await repository.pushBlob(layer);
    expect(await gives(repository, layer)).toBe(true);
    expect(statSync(await fileOf(layer)).size).toBe(size);
  }
});

test('INV-4: an object that is cut while it is being read never ends cleanly', async () => {
  const layer = freshLayer(64 * 1024 * 1024);
  await repository.pushBlob(layer);
  const response = await repository.expect(200, 'GET', `blobs/${layer.descriptor.digest}`);
  const reader = response.body!.getReader();
  const first = await reader.read();
  truncateSync(await fileOf(layer), 1024 * 1024);
  let received = first.value?.length ?? 0;
  const rest = async (): Promise<void> => {
    for (let piece = await reader.read(); !piece.done; piece = await reader.read()) received += piece.value.length;
  };
  await expect(rest()).rejects.toThrow();
  expect(received).toBeLessThan(layer.bytes.length);
  await repository.pushBlob(layer);
  expect(sha256((await pull(repository, layer.descriptor.digest))!)).toBe(layer.descriptor.digest);
});
