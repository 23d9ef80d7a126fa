import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ObjectDamaged, StorageError, StorageFailed, StorageFull } from './errors';
import { FolderDriver } from './folder-driver';
import { ObjectWriter, StorageDriver } from './storage-driver';
import { Damage, FaultyFileSystem } from './testing';

const key = 'objects/0f/00000000-0000-4000-8000-00000000000f';
const big = randomBytes(40 * 1024 * 1024);

let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'ncr-storage-'));
});
afterEach(() => rm(root, { recursive: true }));

async function keysOf(driver: StorageDriver): Promise<string[]> {
  const keys: string[] = [];
  for await (const object of driver.list()) keys.push(object.key);
  return keys.sort();
}

/** Everything an upload can do: pieces, a rolling sync, a sync, a resume, a finish. True when it was acknowledged. */
async function upload(driver: StorageDriver): Promise<{ acknowledged: boolean; error?: unknown }> {
  let writer: ObjectWriter | undefined;
  try {
    writer = await driver.create(key);
    for (let at = 0; at < big.length / 2; at += 1024 * 1024) await writer.write(big.subarray(at, at + 1024 * 1024));
    const state = await writer.sync();
    await writer.write(Buffer.from('lost'));
    await writer.release();
    writer = await driver.resume(key, state);
    await writer.write(big.subarray(state.offset));
    await writer.finish();
    return { acknowledged: true };
  } catch (error) {
    await writer?.abort();
    await driver.delete(key);
    return { acknowledged: false, error };
  }
}

async function uploadWith(
  damage?: Damage,
): Promise<{ files: FaultyFileSystem; acknowledged: boolean; error?: unknown }> {
  const files = new FaultyFileSystem(damage);
  await rm(join(root, key), { force: true });
  const outcome = await upload(new FolderDriver(root, { files, reserve: 0 }));
  await new Promise(setImmediate);
  return { files, ...outcome };
}

const takesSpace = new Set<string | undefined>(['writeSync', 'fdatasync', 'fsync']);

/** After the folders were made: what an upload asks of the file system. */
async function callsOfAnUpload(): Promise<number> {
  await uploadWith();
  const { files, acknowledged } = await uploadWith();
  expect(acknowledged).toBe(true);
  return files.calls.length;
}

test.each(['EIO', 'ENOSPC'] as const)(
  'FI-10: %s at any call of an upload leaves no acknowledgement, no file and no open descriptor, or a whole object',
  async (code) => {
    const calls = await callsOfAnUpload();
    const struck = new Set<string | undefined>();
    for (let nth = 257; nth <= calls; nth++) {
      const { files, acknowledged, error } = await uploadWith({ nth, code });
      struck.add(files.struck);
      expect(files.openFiles).toEqual(new Set());
      if (acknowledged) {
        expect((await readFile(join(root, key))).equals(big)).toBe(true);
        continue;
      }
      expect(error).toBeInstanceOf(code === 'ENOSPC' && takesSpace.has(files.struck) ? StorageFull : StorageError);
      expect(await keysOf(new FolderDriver(root))).toEqual([]);
    }
    expect(struck).toEqual(new Set([...takesSpace, 'open', 'close', 'free', 'sizeSync', 'ftruncate']));
  },
  300_000,
);

test('FI-10: a failed sync is never made good by a later one', async () => {
  const files = new FaultyFileSystem({ call: 'fdatasync', nth: 1, code: 'EIO' });
  const driver = new FolderDriver(root, { files });
  const writer = await driver.create(key);
  await writer.write(Buffer.from('x'));
  await expect(writer.sync()).rejects.toThrow(StorageFailed);
  await expect(writer.sync()).rejects.toThrow(StorageFailed);
  expect(() => writer.write(Buffer.from('y'))).toThrow(StorageFailed);
  await expect(writer.finish()).rejects.toThrow(StorageFailed);
  await writer.abort();
  expect(files.calls.filter((call) => call === 'fdatasync').length).toBe(1);
});

test('FI-10: a rolling sync that fails stops the upload', async () => {
  const files = new FaultyFileSystem({ call: 'fdatasync', nth: 1, code: 'EIO' });
  const driver = new FolderDriver(root, { files });
  const writer = await driver.create(key);
  const sending = (async () => {
    for (let at = 0; at < big.length; at += 65_536) await writer.write(big.subarray(at, at + 65_536));
    await writer.finish();
  })();
  await expect(sending).rejects.toThrow(StorageFailed);
  await writer.abort();
});

test('FI-10: a quota that is used up is a full store', async () => {
  const { error } = await uploadWith({ call: 'writeSync', nth: 2, code: 'EDQUOT' });
  expect(error).toBeInstanceOf(StorageFull);
});

test('a short write is gone on with', async () => {
  const { acknowledged, files } = await uploadWith({ call: 'writeSync', nth: 3, code: 'short' });
  expect([acknowledged, files.struck]).toEqual([true, 'writeSync']);
  expect((await readFile(join(root, key))).equals(big)).toBe(true);
});

test('FI-10: what cannot be removed is left to the storage scan, without an error', async () => {
  const driver = new FolderDriver(root, { files: new FaultyFileSystem({ call: 'unlink', nth: 1, code: 'EIO' }) });
  const writer = await driver.create(key);
  await writer.abort();
  expect(await keysOf(driver)).toEqual([key]);
});

test('FI-10: folders that could not be made at first are made at the next upload', async () => {
  const { acknowledged, error } = await uploadWith({ call: 'mkdir', nth: 100, code: 'EIO' });
  expect(acknowledged).toBe(false);
  expect(error).toBeInstanceOf(StorageFailed);
  expect((await uploadWith()).acknowledged).toBe(true);
});

test.each([
  ['EIO', ObjectDamaged],
  ['EMFILE', StorageFailed],
] as const)('INV-4: %s while reading is told, before and after the first byte', async (code, expected) => {
  await uploadWith();
  for (const damage of [
    { call: 'openSync', nth: 1, code },
    { call: 'read', nth: 1, code },
    { call: 'read', nth: 7, code },
  ] as const) {
    const driver = new FolderDriver(root, { files: new FaultyFileSystem(damage) });
    const reading = driver.read(key, { start: 0, end: big.length - 1 }, () => {});
    await expect(reading).rejects.toThrow(expected);
  }
});

test('a short read is gone on with', async () => {
  await uploadWith();
  const driver = new FolderDriver(root, { files: new FaultyFileSystem({ call: 'read', nth: 2, code: 'short' }) });
  const pieces: Buffer[] = [];
  await driver.read(key, { start: 0, end: big.length - 1 }, (piece) => void pieces.push(Buffer.from(piece)));
  expect(Buffer.concat(pieces).equals(big)).toBe(true);
});

/** Mounts a small file system in memory; gives undefined where this user may not. */
function tinyDisk(options: string): string | undefined {
  const folder = mkdtempSync(join(tmpdir(), 'ncr-disk-'));
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', options, 'tmpfs', folder], { stdio: 'ignore' });
    return folder;
  } catch {
    rmSync(folder, { recursive: true });
    return undefined;
  }
}

function removeDisk(folder: string): void {
  execFileSync('umount', [folder]);
  rmSync(folder, { recursive: true });
}

const probe = tinyDisk('size=1m');
if (probe) removeDisk(probe);
const whereMountsWork = probe ? test : test.skip;

whereMountsWork.each(['size=8m', 'size=80m,nr_inodes=270'])(
  'FI-09, F-23: a full disk (%s) refuses pushes, damages nothing and recovers by itself (needs a right to mount)',
  async (options) => {
    const disk = tinyDisk(options) ?? '';
    try {
      const driver = new FolderDriver(disk, { reserve: 0 });
      const kept: string[] = [];
      const content = big.subarray(0, 1_500_000);
      const put = async (n: number): Promise<void> => {
        const each = key.replace('0000-4000', `${1000 + n}-4000`);
        const writer = await driver.create(each);
        try {
          await writer.write(content);
          await writer.finish();
          kept.push(each);
        } catch (error) {
          await writer.abort();
          throw error;
        }
      };
      const fill = async (): Promise<void> => {
        for (let n = kept.length; n < 50; n++) await put(n);
      };
      await expect(fill()).rejects.toThrow(StorageFull);
      expect(kept.length).toBeGreaterThan(3);
      expect(await keysOf(driver)).toEqual(kept);
      for (const each of kept) {
        const pieces: Buffer[] = [];
        await driver.read(each, { start: 0, end: content.length - 1 }, (piece) => void pieces.push(Buffer.from(piece)));
        expect(Buffer.concat(pieces).equals(content)).toBe(true);
      }
      await driver.delete(kept.pop() ?? '');
      await put(49);
    } finally {
      removeDisk(disk);
    }
  },
);
