import { ByteRange, Write } from '@ncr/oci';
import { randomBytes } from 'node:crypto';
import { dirname, join, resolve } from 'node:path';
import { BufferPool } from './buffer-pool';
import { DirectorySync } from './directory-sync';
import { ObjectDamaged, StorageFailed, StorageFull } from './errors';
import { codeOf, readFailure, writeFailure } from './failure';
import { FileSystem, nodeFileSystem } from './file-system';
import { FolderWriter } from './folder-writer';
import { isObjectKey, newObjectKey, requireObjectKey } from './object-key';
import { ObjectKey, ObjectWriter, StorageDriver, StoredObject, WriterState } from './storage-driver';

const folders = Array.from({ length: 256 }, (_, n) => `objects/${n.toString(16).padStart(2, '0')}`);

export interface FolderOptions {
  /** No new object is begun with fewer bytes free: the database may share the disk. Default 1 GiB. */
  readonly reserve?: number;
  readonly files?: FileSystem;
}

/**
 * Objects as files of a folder on this machine, or on a shared file system that has exclusive create and a working fsync:
 *
 *     <root>/objects/<2 hex>/<uuid>
 *
 * An object is written where it stays. The 256 folders are made, durably, before the first object.
 */
export class FolderDriver implements StorageDriver {
  readonly name = 'folder';
  private readonly root: string;
  private readonly reserve: number;
  private readonly files: FileSystem;
  private readonly directories: DirectorySync;
  private readonly buffers = new BufferPool();
  private prepared: Promise<void> | undefined;
  private measured: { readonly at: number; readonly free: Promise<number> } | undefined;

  constructor(root: string, options: FolderOptions = {}) {
    this.root = resolve(root);
    this.reserve = options.reserve ?? 1024 ** 3;
    this.files = options.files ?? nodeFileSystem;
    this.directories = new DirectorySync(this.files);
  }

  async create(key: ObjectKey): Promise<ObjectWriter> {
    const path = this.pathOf(key);
    try {
      await this.prepare();
      await this.requireSpace();
      return this.writer(await this.files.open(path, 'wx'), path, 0);
    } catch (error) {
      throw writeFailure(error, `create ${key}`);
    }
  }

  async resume(key: ObjectKey, state: WriterState): Promise<ObjectWriter> {
    const path = this.pathOf(key);
    const file = await this.files.open(path, 'r+').catch((error: unknown) => {
      throw readFailure(error, key);
    });
    try {
      const size = this.files.sizeSync(file);
      if (size < state.offset) throw new ObjectDamaged(`${key} has ${size} bytes, not the ${state.offset} it had`);
      if (size > state.offset) await this.files.ftruncate(file, state.offset);
      return this.writer(file, path, state.offset);
    } catch (error) {
      await this.files.close(file).catch(() => {});
      throw writeFailure(error, `resume ${key}`);
    }
  }

  async stat(key: ObjectKey): Promise<{ readonly size: number } | undefined> {
    try {
      const { size } = await this.files.stat(this.pathOf(key));
      return { size };
    } catch (error) {
      if (codeOf(error) === 'ENOENT') return undefined;
      throw readFailure(error, key);
    }
  }

  async read(key: ObjectKey, range: ByteRange, write: Write): Promise<void> {
    const file = this.openForReading(key, range);
    const buffer = this.buffers.take(range.end - range.start + 1);
    try {
      await this.send({ file, key, buffer }, range, write);
    } finally {
      this.buffers.giveBack(buffer);
      this.files.closeSync(file);
    }
  }

  async delete(key: ObjectKey): Promise<void> {
    try {
      await this.files.unlink(this.pathOf(key));
    } catch (error) {
      if (codeOf(error) !== 'ENOENT') throw writeFailure(error, `delete ${key}`);
    }
  }

  async *list(): AsyncIterable<StoredObject> {
    for (const folder of folders) {
      try {
        for await (const name of this.files.list(join(this.root, folder))) {
          const object = await this.describe(`${folder}/${name}`);
          if (object) yield object;
        }
      } catch (error) {
        if (codeOf(error) !== 'ENOENT') throw readFailure(error, folder);
      }
    }
  }

  async presign(): Promise<undefined> {
    return undefined;
  }

  async check(): Promise<void> {
    const key = newObjectKey();
    const bytes = randomBytes(4096);
    const writer = await this.create(key);
    try {
      await writer.write(bytes);
      await writer.finish();
      await this.read(key, { start: 0, end: bytes.length - 1 }, (piece) => {
        if (!bytes.equals(piece)) throw new StorageFailed(`${this.root} gives other bytes than it was given`);
      });
    } finally {
      await writer.abort();
      await this.delete(key);
    }
  }

  private writer(file: number, path: string, offset: number): ObjectWriter {
    const entryDurable = this.directories.sync(dirname(path));
    return new FolderWriter({ files: this.files, file, path, entryDurable }, offset);
  }

  private async send(
    { file, key, buffer }: { file: number; key: ObjectKey; buffer: Buffer },
    range: ByteRange,
    write: Write,
  ): Promise<void> {
    for (let at = range.start; at <= range.end;) {
      const room = buffer.subarray(0, Math.min(buffer.length, range.end - at + 1));
      const count = await this.files.read(file, room, at).catch((error: unknown) => {
        throw readFailure(error, key);
      });
      if (count === 0) throw new ObjectDamaged(`${key} ends at byte ${at}, not behind ${range.end}`);
      try {
        await write(room.subarray(0, count));
      } catch (error) {
        this.buffers.abandon(buffer); // a connection that broke may still hold it
        throw error;
      }
      at += count;
    }
  }

  /** Refuses an object that is too short: better no first byte than no last one. */
  private openForReading(key: ObjectKey, range: ByteRange): number {
    const path = this.pathOf(key);
    let file: number | undefined;
    try {
      file = this.files.openSync(path);
      const size = this.files.sizeSync(file);
      if (size <= range.end) throw new ObjectDamaged(`${key} has ${size} bytes and byte ${range.end} is asked for`);
      return file;
    } catch (error) {
      if (file !== undefined) this.files.closeSync(file);
      throw readFailure(error, key);
    }
  }

  private async describe(key: string): Promise<StoredObject | undefined> {
    if (!isObjectKey(key)) return undefined;
    try {
      const { size, mtime } = await this.files.stat(join(this.root, key));
      return { key, size, modified: mtime };
    } catch (error) {
      if (codeOf(error) === 'ENOENT') return undefined; // deleted meanwhile
      throw readFailure(error, key);
    }
  }

  private pathOf(key: ObjectKey): string {
    requireObjectKey(key);
    return join(this.root, key);
  }

  private async requireSpace(): Promise<void> {
    const now = performance.now();
    if (!this.measured || now - this.measured.at > 1000) this.measured = { at: now, free: this.files.free(this.root) };
    const free = await this.measured.free;
    if (free < this.reserve) throw new StorageFull(`${free} bytes are free and ${this.reserve} stay in reserve`);
  }

  private prepare(): Promise<void> {
    this.prepared ??= this.makeFolders().catch((error: unknown) => {
      this.prepared = undefined; // perhaps a disk that is mounted late
      throw error;
    });
    return this.prepared;
  }

  private async makeFolders(): Promise<void> {
    for (const folder of folders) await this.files.mkdir(join(this.root, folder));
    await this.directories.sync(join(this.root, 'objects'));
    await this.directories.sync(this.root);
    for (let above = dirname(this.root); above !== dirname(above); above = dirname(above)) {
      await this.directories.sync(above).catch(() => {}); // closed to us, so not made by us
    }
  }
}
