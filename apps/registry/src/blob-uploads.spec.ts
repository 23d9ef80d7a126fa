import {
  BlobUnknown,
  BlobUploadUnknown,
  bytesOf,
  Digest,
  DigestInvalid,
  RangeInvalid,
  RepositoryName,
  TooManyRequests,
} from '@ncr/oci';
import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { setTimeout } from 'node:timers/promises';
import { deleteDoomedObjects } from './collector/doomed-objects';
import { StoredRegistry } from './stored-registry';
import { TestInstallation } from './testing/stored-registry';

const repository = RepositoryName.parse('team/app');
const account = randomUUID();
let installation: TestInstallation;
let registry: StoredRegistry;

beforeAll(async () => {
  installation = await TestInstallation.open({ NCR_MAX_OPEN_UPLOADS: '8' });
  registry = installation.as(account);
});
afterAll(() => installation.close());

const digestOf = (bytes: Buffer): Digest => Digest.of('sha256', createHash('sha256').update(bytes).digest('hex'));
const piece = (bytes: Buffer) => ({ content: bytesOf(bytes) });
const query = async <Row extends object>(sql: string, values: unknown[] = []): Promise<Row[]> =>
  (await installation.data.pool.query<Row>(sql, values)).rows;

async function push(bytes: Buffer, by = registry): Promise<Digest> {
  const { id } = await by.startUpload(repository);
  const { digest } = await by.finishUpload(repository, id, digestOf(bytes), piece(bytes));
  return digest;
}

async function pull(digest: Digest): Promise<Buffer> {
  const blob = await registry.getBlob(repository, digest);
  const pieces: Buffer[] = [];
  await blob.read({ start: 0, end: blob.size - 1 }, (bytes) => void pieces.push(Buffer.from(bytes)));
  return Buffer.concat(pieces);
}

async function objectKey(digest: Digest): Promise<string> {
  const [row] = await query<{ object_key: string }>('SELECT object_key FROM registry.blob WHERE digest = $1', [
    digest.toBytes(),
  ]);
  return row.object_key;
}

test('a finished upload answers the same digest again, and knows nothing else', async () => {
  const bytes = randomBytes(100);
  const { id } = await registry.startUpload(repository);
  await registry.finishUpload(repository, id, digestOf(bytes), piece(bytes));
  await registry.finishUpload(repository, id, digestOf(bytes), piece(randomBytes(5)));
  await expect(registry.finishUpload(repository, id, digestOf(randomBytes(5)))).rejects.toThrow(BlobUploadUnknown);
  await expect(registry.appendUpload(repository, id, piece(bytes))).rejects.toThrow(BlobUploadUnknown);
  await expect(registry.uploadStatus(repository, id)).rejects.toThrow(BlobUploadUnknown);
  await expect(registry.cancelUpload(repository, id)).rejects.toThrow(BlobUploadUnknown);
  expect(await pull(digestOf(bytes))).toEqual(bytes);
});

test('of two first bytes of one upload one is taken, the other refused, and nothing is mixed', async () => {
  const [one, two] = [randomBytes(1000), randomBytes(1000)];
  const { id } = await registry.startUpload(repository);
  const both = [one, two].map((bytes) => registry.finishUpload(repository, id, digestOf(bytes), piece(bytes)));
  const outcomes = await Promise.allSettled(both);
  expect(outcomes.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
  const winner = outcomes[0].status === 'fulfilled' ? one : two;
  expect(await pull(digestOf(winner))).toEqual(winner);
});

test('F-11: another process goes on with an upload, and finishes it without the first one', async () => {
  const bytes = randomBytes(5000);
  const other = installation.anotherProcess();
  const { id } = await registry.startUpload(repository);
  await registry.appendUpload(repository, id, piece(bytes.subarray(0, 3000)));
  const elsewhere = installation.as(account, other.data);
  expect((await elsewhere.appendUpload(repository, id, piece(bytes.subarray(3000)))).offset).toBe(5000);
  await registry.finishUpload(repository, id, digestOf(bytes));
  expect(await pull(digestOf(bytes))).toEqual(bytes);
  await other.lock.close();
});

test('an upload that a living process writes to is refused to everybody else, one of a dead process is taken over', async () => {
  const other = installation.anotherProcess();
  const { id } = await registry.startUpload(repository);
  await registry.appendUpload(repository, id, piece(Buffer.from('abc')));
  const number = await other.lock.number();
  await query("UPDATE registry.upload SET writer = $1 WHERE state = 'open' AND received = 3", [number]);
  await expect(registry.appendUpload(repository, id, piece(Buffer.from('d')))).rejects.toThrow(RangeInvalid);
  await other.lock.close();
  while ((await query("SELECT FROM pg_locks WHERE locktype = 'advisory' AND objid = $1", [number])).length > 0) {
    await setTimeout(5);
  }
  expect((await registry.appendUpload(repository, id, piece(Buffer.from('def')))).offset).toBe(6);
  await registry.finishUpload(repository, id, digestOf(Buffer.from('abcdef')));
});

test('FI-02: an upload whose first writer died before it made the object begins again', async () => {
  const bytes = randomBytes(100);
  const { id } = await registry.startUpload(repository);
  await registry.appendUpload(repository, id, piece(Buffer.alloc(0)));
  const [row] = await query<{ object_key: string }>(
    'SELECT object_key FROM registry.upload ORDER BY started_at DESC LIMIT 1',
  );
  await installation.data.storage.delete(row.object_key);
  await registry.finishUpload(repository, id, digestOf(bytes), piece(bytes));
  expect(await pull(digestOf(bytes))).toEqual(bytes);
});

test('AC-77: content with another digest than announced is refused, and its object is gone', async () => {
  const { id } = await registry.startUpload(repository);
  const wrong = digestOf(randomBytes(3));
  await expect(registry.finishUpload(repository, id, wrong, piece(randomBytes(3)))).rejects.toThrow(DigestInvalid);
  await expect(registry.getBlob(repository, wrong)).rejects.toThrow(BlobUnknown);
  const [row] = await query<{ object_key: string }>(
    "SELECT object_key FROM registry.upload WHERE state = 'cancelled' ORDER BY started_at DESC LIMIT 1",
  );
  expect(await installation.data.storage.stat(row.object_key)).toBeUndefined();
});

test('a digest that is there keeps its object, and the second one is deleted later', async () => {
  const bytes = randomBytes(70_000);
  const digest = await push(bytes);
  const before = await objectKey(digest);
  await push(bytes);
  expect(await objectKey(digest)).toBe(before);
  await query('UPDATE registry.doomed_object SET delete_after = now()');
  await deleteDoomedObjects(installation.data.pool, installation.data.storage);
  expect(await query('SELECT FROM registry.doomed_object')).toEqual([]);
  expect(await pull(digest)).toEqual(bytes);
});

test.each([
  ['is short', async (key: string) => installation.data.storage.delete(key).then(() => shorten(key))],
  ['is missing', async (key: string) => installation.data.storage.delete(key)],
])('INV-8: a blob whose object %s is absent once that was seen, and pushing it again heals it', async (_, damage) => {
  const bytes = randomBytes(70_000);
  const digest = await push(bytes);
  await damage(await objectKey(digest));
  await expect(pull(digest)).rejects.toThrow(BlobUnknown);
  await expect(registry.headBlob(repository, digest)).rejects.toThrow(BlobUnknown);
  await push(bytes);
  expect(await pull(digest)).toEqual(bytes);
});

test('INV-8: a push heals a blob whose damage nobody saw', async () => {
  const bytes = randomBytes(70_000);
  const digest = await push(bytes);
  await installation.data.storage.delete(await objectKey(digest));
  await push(bytes);
  expect(await pull(digest)).toEqual(bytes);
});

test('AC-49: an account has a limited number of uploads open, and abandoned ones make room after a day', async () => {
  const busy = installation.as(randomUUID());
  const begin = async (): Promise<void> => {
    const { id } = await busy.startUpload(repository);
    await busy.appendUpload(repository, id, piece(Buffer.from('x')));
  };
  for (let i = 0; i < 8; i++) await begin();
  await expect(begin()).rejects.toThrow(TooManyRequests);
  await query("UPDATE registry.upload SET touched_at = now() - interval '25 hours' WHERE state = 'open'");
  await begin();
});

test('INV-3: what was acknowledged has a lease of a day at least', async () => {
  const digest = await push(randomBytes(10));
  await query("UPDATE registry.repository_blob SET leased_until = now() + interval '1 hour' WHERE digest = $1", [
    digest.toBytes(),
  ]);
  await registry.headBlob(repository, digest);
  const [link] = await query<{ enough: boolean }>(
    "SELECT leased_until > now() + interval '24 hours' AS enough FROM registry.repository_blob WHERE digest = $1",
    [digest.toBytes()],
  );
  expect(link).toEqual({ enough: true });
});

async function shorten(key: string): Promise<void> {
  const object = await installation.data.storage.create(key);
  await object.write(Buffer.from('short'));
  await object.finish();
}

test('F-09: clients that push the same new blobs into one new repository at once all succeed', async () => {
  const fresh = RepositoryName.parse(`team/${randomUUID()}`);
  const layers = Array.from({ length: 5 }, () => randomBytes(500));
  const pushAll = async (): Promise<void> => {
    const by = installation.as();
    for (const bytes of layers) {
      const { id } = await by.startUpload(fresh);
      await by.finishUpload(fresh, id, digestOf(bytes), piece(bytes));
    }
  };
  await Promise.all(Array.from({ length: 8 }, pushAll));
  for (const bytes of layers) expect((await registry.headBlob(fresh, digestOf(bytes))).size).toBe(500);
});
