import { randomBytes } from 'node:crypto';
import { mkdtemp, readdir, rm, stat, truncate } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { StorageFull } from './errors';
import { FolderDriver } from './folder-driver';
import { openStorage } from './open-storage';
import { FaultyFileSystem, testStorageDriver } from './testing';

async function filesBelow(root: string): Promise<string[]> {
  const entries = await readdir(root, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => !entry.isDirectory()).map((entry) => join(entry.parentPath, entry.name));
}

testStorageDriver('folder', async () => {
  const root = await mkdtemp(join(tmpdir(), 'ncr-storage-'));
  const files = new FaultyFileSystem();
  return {
    driver: new FolderDriver(root, { files }),
    truncate: (key, size) => truncate(join(root, key), size),
    async leftovers() {
      return [...(await filesBelow(root)), ...[...files.openFiles].map((file) => `open file ${file}`)];
    },
    dispose: () => rm(root, { recursive: true }),
  };
});

describe('a folder', () => {
  const key = 'objects/0f/00000000-0000-4000-8000-00000000000f';
  let root: string;

  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'ncr-storage-'));
  });

  afterEach(() => rm(root, { recursive: true }));

  test('holds an object as one file under its key, for its owner only', async () => {
    const driver = openStorage(`file:${root}/deep/blobs`);
    const writer = await driver.create(key);
    await writer.write(Buffer.from('hello'));
    await writer.finish();
    expect(await filesBelow(root)).toEqual([join(root, 'deep/blobs', key)]);
    expect((await stat(join(root, 'deep/blobs', key))).mode & 0o777).toBe(0o600);
    expect((await stat(join(root, 'deep/blobs/objects'))).mode & 0o777).toBe(0o700);
  });

  test.each(['', 'objects', '../x', 'objects/0f/../../x', `/${key}`, `${key}/`, `${key}\n`, key.toUpperCase()])(
    'refuses %j as a key',
    async (bad) => {
      const driver = new FolderDriver(root);
      await expect(driver.create(bad)).rejects.toThrow('not the key');
      await expect(driver.resume(bad, { offset: 0 })).rejects.toThrow('not the key');
      await expect(driver.stat(bad)).rejects.toThrow('not the key');
      await expect(driver.delete(bad)).rejects.toThrow('not the key');
    },
  );

  test('one fsync of a directory serves all who asked before it began', async () => {
    const files = new FaultyFileSystem();
    const driver = new FolderDriver(root, { files });
    await driver.check();
    const before = files.calls.filter((call) => call === 'fsync').length;
    const keys = Array.from({ length: 20 }, (_, n) => key.replace(/0000-4000/, `${1000 + n}-4000`));
    const writers = await Promise.all(keys.map((each) => driver.create(each)));
    await Promise.all(writers.map((writer) => writer.finish()));
    expect(files.calls.filter((call) => call === 'fsync').length - before).toBeLessThanOrEqual(4);
  });

  test('syncs as it goes, so that the end of a big upload finds little to do', async () => {
    const files = new FaultyFileSystem();
    const driver = new FolderDriver(root, { files });
    const writer = await driver.create(key);
    for (let i = 0; i < 50; i++) await writer.write(randomBytes(1024 * 1024));
    expect(files.calls.filter((call) => call === 'fdatasync').length).toBe(3);
    await writer.finish();
  });

  test('F-23: begins no new object when only the reserve is left, but serves what is there', async () => {
    const driver = new FolderDriver(root);
    const writer = await driver.create(key);
    await writer.write(Buffer.from('hello'));
    await writer.finish();
    const full = openStorage(`file:${root}`, { reserve: 2 ** 60 });
    await expect(full.create(key.replace(/f$/, 'e'))).rejects.toThrow(StorageFull);
    expect(await full.stat(key)).toEqual({ size: 5 });
  });
});

test.each(['s4://bucket', 'file:', 'memory', '/var/blobs', '', 'file://elsewhere/x'])(
  '%j is no storage location',
  (location) => {
    expect(() => openStorage(location)).toThrow(/file:/);
  },
);
