import { randomBytes, randomUUID } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { ObjectMissing, StorageFailed, StorageFull } from './errors';
import { newObjectKey } from './object-key';
import { S3Driver } from './s3-driver';
import { Fault, FaultyProxy, S3Operation, S3Server } from './testing';

const mebibyte = 1024 * 1024;
const small = randomBytes(70_000);
const big = randomBytes(17 * mebibyte + 5);
const patience = { connect: 1500, idle: 1500, complete: 2500 };

const describeThere = S3Server.find('versitygw') ? describe : describe.skip;

describeThere('a bucket whose store fails (needs versitygw)', () => {
  let server: S3Server;
  let proxy: FaultyProxy;
  let bucket: string;
  let driver: S3Driver;

  beforeAll(async () => {
    server = await S3Server.start('versitygw');
    proxy = await FaultyProxy.start(server.endpoint);
  }, 30_000);

  afterAll(async () => {
    await proxy?.stop();
    await server?.stop();
  });

  beforeEach(async () => {
    bucket = `bucket-${randomUUID()}`;
    await server.makeBucket(bucket);
    driver = new S3Driver(server.location(bucket, proxy.endpoint), { ...server, patience });
  });

  afterEach(async () => {
    proxy.script(() => undefined);
    for await (const { key } of driver.list()) await driver.delete(key);
    expect(await leftovers()).toEqual([]);
  });

  async function leftovers(): Promise<string[]> {
    const files = await readdir(join(server.root, bucket), { recursive: true, withFileTypes: true });
    return files.filter((file) => !file.isDirectory()).map((file) => join(file.parentPath, file.name));
  }

  async function put(content: Buffer): Promise<string> {
    const key = newObjectKey();
    const writer = await driver.create(key);
    try {
      await writer.write(content);
      await writer.sync();
      await writer.finish();
    } catch (error) {
      await writer.abort();
      throw error;
    }
    return key;
  }

  async function read(key: string, size: number): Promise<Buffer> {
    const pieces: Buffer[] = [];
    await driver.read(key, { start: 0, end: size - 1 }, (piece) => void pieces.push(Buffer.from(piece)));
    return Buffer.concat(pieces);
  }

  const once: [string, Fault][] = [
    ['answers 500', { answer: 500, code: 'InternalError' }],
    ['answers 503 SlowDown', { answer: 503, code: 'SlowDown' }],
    ['resets the connection', { before: 'reset' }],
    ['says nothing', { before: 'stall' }],
    ['does it and resets the connection', { after: 'reset' }],
    ['does it and says nothing', { after: 'stall' }],
  ];

  test.each(once)('FI-08: a store that %s to the first call of each kind is asked again', async (_, fault) => {
    proxy.script((_, nth) => (nth === 1 ? fault : undefined));
    for (const content of [small, big]) {
      const key = await put(content);
      expect((await read(key, content.length)).equals(content)).toBe(true);
      expect(await driver.stat(key)).toEqual({ size: content.length });
      expect(await keys()).toEqual([key]);
      await driver.delete(key);
      expect(await leftovers()).toEqual([]);
    }
  });

  async function keys(): Promise<string[]> {
    const keys: string[] = [];
    for await (const { key } of driver.list()) keys.push(key);
    return keys;
  }

  test.each(['head', 'begin', 'part', 'complete', 'put'] as S3Operation[])(
    'FI-08: a store that fails every %s is asked three times for each, nothing is acknowledged and nothing stays',
    async (operation) => {
      proxy.script((each) => (each === operation ? { answer: 503, code: 'SlowDown' } : undefined));
      await expect(put(operation === 'put' ? small : big)).rejects.toThrow(StorageFailed);
      const asked = proxy.count(operation);
      expect(asked % 3).toBe(0);
      expect(asked).toBeLessThanOrEqual(6); // two parts at once
      expect(await leftovers()).toEqual([]);
    },
  );

  test.each([1, 2, 3, 4, 5, 6, 7, 8])(
    'FI-10: when everything fails from call %i of an upload on, it is refused, and its key is enough to clean up',
    async (from) => {
      const key = newObjectKey();
      let calls = 0;
      proxy.script(() => (++calls >= from ? { before: 'reset' } : undefined));
      const writer = await driver.create(key);
      const outcome = await (async () => {
        await writer.write(big);
        await writer.finish();
      })().then(
        () => 'acknowledged',
        (error: unknown) => error,
      );
      await writer.abort();
      proxy.script(() => undefined);
      if (outcome === 'acknowledged') {
        expect((await read(key, big.length)).equals(big)).toBe(true);
      } else {
        expect(outcome).toBeInstanceOf(StorageFailed);
        await expect((async () => writer.write(small))()).rejects.toThrow(StorageFailed);
      }
      await driver.delete(key);
      expect(await leftovers()).toEqual([]);
    },
  );

  test.each(['reset', 'stall'] as const)('FI-08: a %s in the middle of a read goes on where it was', async (midway) => {
    const key = await put(big);
    proxy.script((operation, nth) => (operation === 'get' && nth < 4 ? { midway, at: 3_000_000 } : undefined));
    expect((await read(key, big.length)).equals(big)).toBe(true);
    expect(proxy.count('get')).toBe(4);
  });

  test('INV-4, FI-08: a read that gets nowhere ends with an error, never short', async () => {
    const key = await put(big);
    proxy.script((operation) => (operation === 'get' ? { midway: 'reset', at: 0 } : undefined));
    await expect(read(key, big.length)).rejects.toThrow(StorageFailed);
    expect(proxy.count('get')).toBeLessThanOrEqual(9);
  });

  test('a reader that stands still for longer than the store may gets everything', async () => {
    const key = await put(big);
    proxy.script(() => undefined);
    let bytes = 0;
    await driver.read(key, { start: 0, end: big.length - 1 }, async (piece) => {
      if (bytes === 0) await sleep(3 * patience.idle);
      bytes += piece.length;
    });
    expect(bytes).toBe(big.length);
  });

  test('FI-08: an object that is missing once is asked for again, one that is missing twice is missing', async () => {
    const key = await put(small);
    const missing: Fault = { answer: 404, code: 'NoSuchKey' };
    proxy.script((operation, nth) => (operation === 'get' && nth === 1 ? missing : undefined));
    expect((await read(key, small.length)).equals(small)).toBe(true);
    proxy.script((operation) => (operation === 'get' ? missing : undefined));
    await expect(read(key, small.length)).rejects.toThrow(ObjectMissing);
    expect(proxy.count('get')).toBe(2);
  });

  test('FI-08: a store that acknowledges and then has no such object is not believed', async () => {
    proxy.script((operation) => (operation === 'put' ? { answer: 200 } : undefined));
    await expect(put(small)).rejects.toThrow('not in the store');
  });

  test.each(['reset', 'stall'] as const)(
    'FI-08: completions that succeed and then %s are found out by looking',
    async (after) => {
      proxy.script((operation) => (operation === 'complete' ? { after } : undefined));
      const key = await put(big);
      expect(proxy.count('complete')).toBeGreaterThan(1);
      expect((await read(key, big.length)).equals(big)).toBe(true);
    },
  );

  test('FI-08: a completion that finds no upload is an error when the object is not there', async () => {
    const key = newObjectKey();
    const writer = await driver.create(key);
    await writer.write(big);
    const state = await writer.sync();
    await driver.delete(key, state);
    await expect(writer.finish()).rejects.toThrow(/NoSuchUpload/);
    await writer.abort();
  });

  test('FI-08: an error inside an answer of status 200 is no completion', async () => {
    const body = '<?xml version="1.0"?><Error><Code>InternalError</Code><Message>try again</Message></Error>';
    proxy.script((operation, nth) => (operation === 'complete' && nth === 1 ? { answer: 200, body } : undefined));
    const key = await put(big);
    expect(proxy.count('complete')).toBe(2);
    expect((await read(key, big.length)).equals(big)).toBe(true);
  });

  test('FI-08: bytes that were hurt on their way are sent again', async () => {
    proxy.script((operation, nth) => (['put', 'part'].includes(operation) && nth === 1 ? { flip: true } : undefined));
    for (const content of [small, big]) {
      const key = await put(content);
      expect((await read(key, content.length)).equals(content)).toBe(true);
    }
  });

  test('F-23: a full store says so, and is not asked again', async () => {
    proxy.script((operation) => (operation === 'put' ? { answer: 507, code: 'XMinioStorageFull' } : undefined));
    await expect(put(small)).rejects.toThrow(StorageFull);
    expect(proxy.count('put')).toBe(1);
  });

  const empty = '<?xml version="1.0"?><ListBucketResult><IsTruncated>false</IsTruncated></ListBucketResult>';
  test.each<[string, S3Operation, Fault, RegExp]>([
    ['old content', 'get', { stale: true }, /other bytes/],
    ['an old state', 'head', { stale: true }, /size of an object/],
    ['no new objects in its list', 'list', { answer: 200, body: empty }, /not listed/],
    ['deleted objects', 'delete', { answer: 204 }, /still there/],
    ['aborted uploads', 'abort', { answer: 204 }, /still there/],
  ])('FI-08: a store that shows %s is refused at the start', async (_, operation, fault, reason) => {
    await driver.check();
    proxy.script((each) => (each === operation ? fault : undefined));
    await expect(driver.check()).rejects.toThrow(reason);
  });
});
