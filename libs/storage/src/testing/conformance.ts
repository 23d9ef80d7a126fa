import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { ObjectDamaged, ObjectMissing, StorageFailed } from '../errors';
import { newObjectKey } from '../object-key';
import { ObjectKey, ObjectWriter, StorageDriver } from '../storage-driver';

/** One driver with an empty store behind it. */
export interface StorageUnderTest {
  readonly driver: StorageDriver;
  /** Cuts the stored object to `size` bytes behind the driver's back. */
  truncate?(key: ObjectKey, size: number): Promise<void>;
  /** Everything that lies in the store by the store's own account: objects, parts, temporary files. */
  leftovers(): Promise<string[]>;
  dispose(): Promise<void>;
}

const mebibyte = 1024 * 1024;

/** Sends the content through one reused buffer, as a network reader does: a writer that keeps the memory stores garbage. */
async function send(writer: ObjectWriter, content: Uint8Array, pieceSize = 60_000): Promise<void> {
  const buffer = Buffer.alloc(pieceSize);
  for (let at = 0; at < content.length; at += pieceSize) {
    const piece = buffer.subarray(0, Math.min(pieceSize, content.length - at));
    piece.set(content.subarray(at, at + piece.length));
    await writer.write(piece);
    buffer.fill(0xee);
  }
}

/** Reads a range and keeps copies, taken late where `slow`: memory that is reused too early shows. */
async function receive(driver: StorageDriver, key: ObjectKey, range: [number, number], slow = false): Promise<Buffer> {
  const pieces: Buffer[] = [];
  await driver.read(key, { start: range[0], end: range[1] }, (piece) => {
    if (slow) return sleep(2).then(() => void pieces.push(Buffer.from(piece)));
    pieces.push(Buffer.from(piece));
    return undefined;
  });
  return Buffer.concat(pieces);
}

/**
 * What every storage driver must do; `make` gives a fresh store for each test. Needs Jest. Fails when a driver leaves
 * anything behind after all objects were deleted.
 */
export function testStorageDriver(name: string, make: () => Promise<StorageUnderTest>): void {
  describe(`the ${name} driver`, () => {
    let store: StorageUnderTest;
    let driver: StorageDriver;

    beforeEach(async () => {
      store = await make();
      driver = store.driver;
    });

    afterEach(async () => {
      try {
        for await (const { key } of driver.list()) await driver.delete(key);
        expect(await store.leftovers()).toEqual([]);
      } finally {
        await store.dispose();
      }
    });

    async function put(content: Uint8Array, pieceSize?: number): Promise<ObjectKey> {
      const key = newObjectKey();
      const writer = await driver.create(key);
      await send(writer, content, pieceSize);
      await writer.finish();
      return key;
    }

    writing(() => ({ store, put }));
    resuming(() => ({ store, put }));
    reading(() => ({ store, put }));
    keeping(() => ({ store, put }));
  });
}

type Fixture = () => {
  readonly store: StorageUnderTest;
  /** Stores the content and gives its key. */
  readonly put: (content: Uint8Array, pieceSize?: number) => Promise<ObjectKey>;
};

function writing(fixture: Fixture): void {
  test.each([0, 1, 59_999, 60_000, 60_001, 5 * mebibyte, 21 * mebibyte + 7])('keeps %i bytes', async (size) => {
    const { store, put } = fixture();
    const content = randomBytes(size);
    const key = await put(content);
    expect(await store.driver.stat(key)).toEqual({ size });
    expect((await receive(store.driver, key, [0, size - 1])).equals(content)).toBe(true);
  });

  test('takes a piece of any size', async () => {
    const { store, put } = fixture();
    const content = randomBytes(9 * mebibyte + 3);
    const whole = await put(content, content.length);
    expect((await receive(store.driver, whole, [0, content.length - 1])).equals(content)).toBe(true);
    const bytes = content.subarray(0, 300);
    const single = await put(bytes, 1);
    expect((await receive(store.driver, single, [0, 299])).equals(bytes)).toBe(true);
  });

  test('counts the bytes it has taken', async () => {
    const { store } = fixture();
    const writer = await store.driver.create(newObjectKey());
    expect(writer.offset).toBe(0);
    await writer.write(randomBytes(100));
    await writer.write(randomBytes(23));
    expect(writer.offset).toBe(123);
    await writer.abort();
  });

  test('refuses a key that is in use, and leaves what is there alone', async () => {
    const { store, put } = fixture();
    const key = await put(Buffer.from('first'));
    await expect(store.driver.create(key).then((writer) => writer.finish())).rejects.toThrow(StorageFailed);
    expect((await receive(store.driver, key, [0, 4])).toString()).toBe('first');
  });

  test('writes different keys at the same time', async () => {
    const { store, put } = fixture();
    const contents = Array.from({ length: 8 }, () => randomBytes(2 * mebibyte + 11));
    const keys = await Promise.all(contents.map((content) => put(content)));
    for (const [i, content] of contents.entries()) {
      expect((await receive(store.driver, keys[i] ?? '', [0, content.length - 1])).equals(content)).toBe(true);
    }
  });

  test('an aborted object is gone, and aborting again does nothing', async () => {
    const { store } = fixture();
    const key = newObjectKey();
    const writer = await store.driver.create(key);
    await send(writer, randomBytes(7 * mebibyte));
    await writer.abort();
    await writer.abort();
    expect(await store.driver.stat(key)).toBeUndefined();
  });

  test('a finished object survives abort and release, and takes no more bytes', async () => {
    const { store } = fixture();
    const key = newObjectKey();
    const writer = await store.driver.create(key);
    await writer.write(Buffer.from('done'));
    await writer.finish();
    await writer.abort();
    await writer.release();
    await expect((async () => writer.write(Buffer.from('more')))()).rejects.toThrow(StorageFailed);
    await expect(writer.finish()).rejects.toThrow(StorageFailed);
    expect((await receive(store.driver, key, [0, 3])).toString()).toBe('done');
  });
}

function resuming(fixture: Fixture): void {
  test.each([0, 100, 6 * mebibyte, 17 * mebibyte])(
    'goes on after %i durable bytes and drops what came behind them',
    async (size) => {
      const { store } = fixture();
      const [before, lost, after] = [randomBytes(size), randomBytes(70_000), randomBytes(3 * mebibyte)];
      const key = newObjectKey();
      const first = await store.driver.create(key);
      await send(first, before);
      const state = await first.sync();
      expect(state.offset).toBe(size);
      await send(first, lost);
      await first.release();
      const second = await store.driver.resume(key, state);
      expect(second.offset).toBe(size);
      await send(second, after);
      await second.finish();
      const content = Buffer.concat([before, after]);
      expect(await store.driver.stat(key)).toEqual({ size: content.length });
      expect((await receive(store.driver, key, [0, content.length - 1])).equals(content)).toBe(true);
    },
  );

  test('stays open after a sync', async () => {
    const { store } = fixture();
    const key = newObjectKey();
    const writer = await store.driver.create(key);
    const parts = Array.from({ length: 5 }, () => randomBytes(1000));
    for (const [i, part] of parts.entries()) {
      await writer.write(part);
      expect((await writer.sync()).offset).toBe((i + 1) * 1000);
    }
    await writer.finish();
    expect((await receive(store.driver, key, [0, 4999])).equals(Buffer.concat(parts))).toBe(true);
  });

  test('an unfinished object can be deleted with its state, and can then not be resumed', async () => {
    const { store } = fixture();
    const key = newObjectKey();
    const writer = await store.driver.create(key);
    await send(writer, randomBytes(17 * mebibyte)); // on S3, less than a part lies nowhere but in the state
    const state = await writer.sync();
    await writer.release();
    await store.driver.delete(key, state);
    await expect(store.driver.resume(key, state)).rejects.toThrow(ObjectMissing);
    expect(await store.driver.stat(key)).toBeUndefined();
  });
}

function reading(fixture: Fixture): void {
  test('sends exactly the bytes of a range', async () => {
    const { store, put } = fixture();
    const size = 3 * mebibyte + 5;
    const content = randomBytes(size);
    const key = await put(content);
    const edges = [0, 1, 65_535, 65_536, mebibyte - 1, mebibyte, mebibyte + 1, 2 * mebibyte, size - 2, size - 1];
    for (const start of edges) {
      for (const end of edges.filter((each) => each >= start)) {
        expect((await receive(store.driver, key, [start, end])).equals(content.subarray(start, end + 1))).toBe(true);
      }
    }
  });

  test('leaves a piece alone until the reader is done with it, however many read', async () => {
    const { store, put } = fixture();
    const contents = Array.from({ length: 6 }, () => randomBytes(3 * mebibyte));
    const keys = await Promise.all(contents.map((content) => put(content)));
    const read = await Promise.all(keys.map((key) => receive(store.driver, key, [0, 3 * mebibyte - 1], true)));
    for (const [i, content] of contents.entries()) expect(read[i]?.equals(content)).toBe(true);
  });

  test('stops when the reader throws, with its error', async () => {
    const { store, put } = fixture();
    const key = await put(randomBytes(5 * mebibyte));
    let pieces = 0;
    const reading = store.driver.read(key, { start: 0, end: 5 * mebibyte - 1 }, () => {
      pieces++;
      throw new RangeError('enough');
    });
    await expect(reading).rejects.toThrow(RangeError);
    expect(pieces).toBe(1);
  });

  test('INV-4: a range beyond the end is damage, never a short answer', async () => {
    const { store, put } = fixture();
    const key = await put(randomBytes(2 * mebibyte));
    await expect(receive(store.driver, key, [0, 2 * mebibyte])).rejects.toThrow(ObjectDamaged);
    await expect(receive(store.driver, key, [5 * mebibyte, 6 * mebibyte])).rejects.toThrow(ObjectDamaged);
  });

  test('INV-4, F-08: an object that lost its end is damaged', async () => {
    const { store, put } = fixture();
    if (!store.truncate) return;
    for (const [size, left] of [
      [100, 99],
      [100, 0],
      [3 * mebibyte, 2 * mebibyte],
    ] as const) {
      const key = await put(randomBytes(size));
      await store.truncate(key, left);
      await expect(receive(store.driver, key, [0, size - 1])).rejects.toThrow(ObjectDamaged);
    }
  });

  test('a missing object is missing before the first byte', async () => {
    const { store } = fixture();
    expect(await store.driver.stat(newObjectKey())).toBeUndefined();
    await expect(receive(store.driver, newObjectKey(), [0, 9])).rejects.toThrow(ObjectMissing);
    await expect(store.driver.resume(newObjectKey(), { offset: 0 })).rejects.toThrow(ObjectMissing);
  });
}

function keeping(fixture: Fixture): void {
  test('lists every object with its size and time', async () => {
    const { store, put } = fixture();
    const began = Date.now();
    const sizes = new Map<string, number>();
    for (let size = 0; size < 40; size++) sizes.set(await put(randomBytes(size)), size);
    const listed = new Map<string, number>();
    for await (const { key, size, modified } of store.driver.list()) {
      expect(listed.has(key)).toBe(false);
      expect(Math.abs(modified.getTime() - began)).toBeLessThan(60_000);
      listed.set(key, size);
    }
    expect(listed).toEqual(sizes); // maps are equal in any order
  });

  test('deletes one object and no other; deleting a missing one is no error', async () => {
    const { store, put } = fixture();
    const [kept, gone] = [await put(Buffer.from('kept')), await put(Buffer.from('gone'))];
    await store.driver.delete(gone);
    await store.driver.delete(gone);
    expect(await store.driver.stat(gone)).toBeUndefined();
    expect((await receive(store.driver, kept, [0, 3])).toString()).toBe('kept');
  });

  test('its check passes and leaves nothing', async () => {
    const { store } = fixture();
    await store.driver.check();
    expect(await store.leftovers()).toEqual([]);
  });
}
