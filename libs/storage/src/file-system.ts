import fs from 'node:fs';
import { mkdir, opendir, stat, statfs, unlink } from 'node:fs/promises';

/** The part of `node:fs` that {@link FolderDriver} stands on. Tests put one in front of it that fails. */
export interface FileSystem {
  open(path: string, flags: string): Promise<number>;
  /** Must be called once, also when it fails: the number may already belong to another file. */
  close(file: number): Promise<void>;
  /** For reading. Measured: 3 µs, where the way through the thread pool and back takes 40. */
  openSync(path: string): number;
  /** For what was only read: nothing waits to be written. */
  closeSync(file: number): void;
  /** In bytes. */
  sizeSync(file: number): number;
  /** Gives how many bytes it took, which may be fewer than it was offered. */
  writeSync(file: number, bytes: Uint8Array, position: number): number;
  /** Fills `into` from `position` and gives how many bytes it could; 0 is the end of the file. */
  read(file: number, into: Uint8Array, position: number): Promise<number>;
  fdatasync(file: number): Promise<void>;
  fsync(file: number): Promise<void>;
  ftruncate(file: number, size: number): Promise<void>;
  stat(path: string): Promise<{ readonly size: number; readonly mtime: Date }>;
  unlink(path: string): Promise<void>;
  /** Makes the folder and those above it; an existing one is no error. */
  mkdir(path: string): Promise<void>;
  /** Names in a folder, in no order. */
  list(path: string): AsyncIterable<string>;
  /** Bytes that this user can still write. */
  free(path: string): Promise<number>;
}

type Done = (error: Error | null) => void;

function settled(start: (done: Done) => void): Promise<void> {
  return new Promise((resolve, reject) => start((error) => (error ? reject(error) : resolve())));
}

/** The real one. Files are for their owner only. */
export const nodeFileSystem: FileSystem = {
  open: (path, flags) =>
    new Promise((resolve, reject) => {
      fs.open(path, flags, 0o600, (error, file) => (error ? reject(error) : resolve(file)));
    }),
  close: (file) => settled((done) => fs.close(file, done)),
  openSync: (path) => fs.openSync(path, 'r'),
  closeSync: (file) => fs.closeSync(file),
  sizeSync: (file) => fs.fstatSync(file).size,
  writeSync: (file, bytes, position) => fs.writeSync(file, bytes, 0, bytes.length, position),
  read: (file, into, position) =>
    new Promise((resolve, reject) => {
      fs.read(file, into, 0, into.length, position, (error, count) => (error ? reject(error) : resolve(count)));
    }),
  fdatasync: (file) => settled((done) => fs.fdatasync(file, done)),
  fsync: (file) => settled((done) => fs.fsync(file, done)),
  ftruncate: (file, size) => settled((done) => fs.ftruncate(file, size, done)),
  stat: (path) => stat(path),
  unlink: (path) => unlink(path),
  mkdir: async (path) => void (await mkdir(path, { recursive: true, mode: 0o700 })),
  async *list(path) {
    for await (const entry of await opendir(path, { bufferSize: 256 })) yield entry.name;
  },
  free: async (path) => {
    const { bavail, bsize } = await statfs(path);
    return bavail * bsize;
  },
};
