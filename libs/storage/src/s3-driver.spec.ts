import { randomBytes, randomUUID } from 'node:crypto';
import { readdir, truncate } from 'node:fs/promises';
import { join } from 'node:path';
import { ObjectDamaged, ObjectMissing, StorageError, StorageFailed } from './errors';
import { newObjectKey } from './object-key';
import { openStorage } from './open-storage';
import { S3Driver } from './s3-driver';
import { StorageDriver } from './storage-driver';
import { S3Program, S3Server, testStorageDriver } from './testing';

/** MinIO is a second opinion for whoever has it: nobody is asked to build it, so its absence is not a skipped test. */
const programs: S3Program[] = S3Server.find('minio') ? ['versitygw', 'minio'] : ['versitygw'];

for (const program of programs) {
  const describeThere = S3Server.find(program) ? describe : describe.skip;
  describeThere(`(needs ${program})`, () => {
    let server: S3Server;
    let bucket: string;
    let driver: StorageDriver;

    beforeAll(async () => {
      server = await S3Server.start(program);
    }, 30_000);

    afterAll(() => server?.stop());

    async function open(): Promise<StorageDriver> {
      bucket = `bucket-${randomUUID()}`;
      await server.makeBucket(bucket);
      return openStorage(server.location(`${bucket}/some/prefix`), server);
    }

    async function leftovers(): Promise<string[]> {
      const files = await readdir(join(server.root, bucket), { recursive: true, withFileTypes: true });
      return files.filter((file) => !file.isDirectory()).map((file) => join(file.parentPath, file.name));
    }

    async function put(content: Buffer): Promise<string> {
      const key = newObjectKey();
      const writer = await driver.create(key);
      await writer.write(content);
      await writer.finish();
      return key;
    }

    testStorageDriver(`s3 with ${program}`, async () => ({
      driver: await open(),
      // One file is one object there; MinIO has a format of its own.
      ...(program === 'versitygw' && {
        truncate: (key: string, size: number) => truncate(join(server.root, bucket, 'some/prefix', key), size),
      }),
      leftovers,
      dispose: async () => {},
    }));

    describe('a bucket', () => {
      beforeEach(async () => {
        driver = await open();
      });

      test('a presigned URL gives the object to whoever has it, for a GET and nothing else', async () => {
        const content = randomBytes(100_000);
        const key = await put(content);
        const url = (await driver.presign(key, 60)) ?? '';
        expect(Buffer.from(await (await fetch(url)).arrayBuffer()).equals(content)).toBe(true);
        const ranged = await fetch(url, { headers: { range: 'bytes=10-19' } });
        expect(Buffer.from(await ranged.arrayBuffer()).equals(content.subarray(10, 20))).toBe(true);
        expect((await fetch(url, { method: 'PUT', body: 'x' })).status).toBe(403);
        expect((await fetch(url.replace(/Signature=./, 'Signature=x'))).status).toBe(403);
        expect((await fetch(url.replace(key, newObjectKey()))).status).toBe(403);
      });

      test('a URL is presigned for the address that its reader reaches', async () => {
        const key = await put(Buffer.from('hello'));
        const endpoint = server.endpoint.replace('127.0.0.1', 'localhost');
        const url = (await driver.presign(key, 60, endpoint)) ?? '';
        expect(url.startsWith(endpoint)).toBe(true);
        expect(await (await fetch(url.replace('localhost', '127.0.0.1'))).text()).not.toBe('hello');
      });

      test('an object of one part is one PUT, with no multipart upload at any time', async () => {
        const key = newObjectKey();
        const writer = await driver.create(key);
        await writer.write(randomBytes(8 * 1024 * 1024));
        expect(await list(driver)).toEqual([]);
        await writer.finish();
        expect(await list(driver)).toEqual([key]);
      });

      test('an upload goes on anywhere, in pieces of any size, with what JSON and the tail keep of it', async () => {
        const sizes = [1, 3, 3_145_728, 1, 8_388_607, 9_000_000, 1, 0, 70_000];
        const pieces = sizes.map((size) => randomBytes(size));
        const key = newObjectKey();
        let state = await (await driver.create(key)).sync();
        for (const piece of pieces) {
          const elsewhere = new S3Driver(server.location(`${bucket}/some/prefix`), server);
          const { tail, ...rest } = state;
          const kept = { ...(JSON.parse(JSON.stringify(rest)) as typeof rest), tail: Buffer.from(tail ?? '') };
          const writer = await elsewhere.resume(key, kept);
          await writer.write(piece);
          state = await writer.sync();
          expect(state.tail?.length).toBeLessThan(8 * 1024 * 1024);
          await writer.release();
        }
        await (await driver.resume(key, state)).finish();
        const content = Buffer.concat(pieces);
        expect((await read(driver, key, content.length)).equals(content)).toBe(true);
      });

      test('a state that does not add up is damage', async () => {
        const key = newObjectKey();
        await expect(driver.resume(key, { offset: 7, tail: Buffer.from('hello') })).rejects.toThrow(ObjectDamaged);
      });

      test('FI-08: an upload that nobody remembers is listed, and its key is enough to remove it', async () => {
        const key = newObjectKey();
        const writer = await driver.create(key);
        await writer.write(randomBytes(9_000_000));
        await writer.release();
        // MinIO lists unfinished uploads by their full key only, and drops them itself after a day.
        if (program === 'versitygw') expect(await list(driver)).toEqual([key]);
        await driver.delete(key);
        expect(await list(driver)).toEqual([]);
        expect(await leftovers()).toEqual([]);
      });

      test('other keys and other prefixes of the bucket are not ours', async () => {
        const stranger = openStorage(server.location(`${bucket}/some/other`), server);
        const writer = await stranger.create(newObjectKey());
        await writer.finish();
        const key = await put(Buffer.from('mine'));
        expect(await list(driver)).toEqual([key]);
      });

      test('a store that is not there, a wrong key and a missing bucket fail the check with the reason', async () => {
        const wrong = openStorage(server.location(bucket), { accessKey: server.accessKey, secretKey: 'wrong' });
        await expect(wrong.check()).rejects.toThrow(/SignatureDoesNotMatch|AccessDenied/);
        const missing = openStorage(server.location('no-such-bucket'), server);
        await expect(missing.check()).rejects.toThrow(/NoSuchBucket/);
        await expect(missing.read(newObjectKey(), { start: 0, end: 1 }, () => {})).rejects.toThrow(StorageFailed);
        const silent = openStorage(server.location(bucket, 'http://127.0.0.1:1'), server);
        await expect(silent.check()).rejects.toThrow(/ECONNREFUSED/);
      });
    });
  });
}

async function list(driver: StorageDriver): Promise<string[]> {
  const keys: string[] = [];
  for await (const { key } of driver.list()) keys.push(key);
  return keys;
}

async function read(driver: StorageDriver, key: string, size: number): Promise<Buffer> {
  const pieces: Buffer[] = [];
  await driver.read(key, { start: 0, end: size - 1 }, (piece) => void pieces.push(Buffer.from(piece)));
  return Buffer.concat(pieces);
}

test('a bucket without keys is refused before anything is asked of it', () => {
  expect(() => openStorage('s3://bucket')).toThrow(StorageError);
  expect(() => openStorage('s3://bucket', { accessKey: 'a' })).toThrow(/secret/);
});

test.each(['', 'objects', '../x', 'objects/0f/../../x', 'objects/0f/x'])('refuses %j as a key', async (bad) => {
  const driver = new S3Driver('s3://bucket?endpoint=http://127.0.0.1:1', { accessKey: 'a', secretKey: 'b' });
  await expect(driver.create(bad)).rejects.toThrow('not the key');
  await expect(driver.read(bad, { start: 0, end: 1 }, () => {})).rejects.toThrow('not the key');
  await expect(driver.delete(bad)).rejects.toThrow('not the key');
  await expect(driver.presign(bad, 60)).rejects.toThrow('not the key');
  await expect(driver.resume(newObjectKey(), { offset: 0 })).rejects.toThrow(ObjectMissing);
});
