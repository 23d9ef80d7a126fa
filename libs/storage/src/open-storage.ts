import { fileURLToPath } from 'node:url';
import { StorageError } from './errors';
import { FolderDriver } from './folder-driver';
import { MemoryDriver } from './memory-driver';
import { StorageDriver } from './storage-driver';

export interface StorageOptions {
  /** Bytes that stay free on the disk of a folder; see `FolderDriver`. */
  readonly reserve?: number;
}

/**
 * Takes the text of a setting: `file:/var/lib/ncr/blobs`, `file:blobs` (relative to the working directory), `memory:`.
 * Touches nothing yet; `check()` of the driver does. Throws `StorageError` with what is possible.
 */
export function openStorage(location: string, options: StorageOptions = {}): StorageDriver {
  if (location === 'memory:') return new MemoryDriver();
  if (location.startsWith('file:') && location.length > 'file:'.length) {
    return new FolderDriver(folderOf(location), options);
  }
  throw new StorageError('a storage location is file:<folder> or memory:');
}

function folderOf(location: string): string {
  if (!location.startsWith('file://')) return location.slice('file:'.length);
  try {
    return fileURLToPath(location);
  } catch (cause) {
    throw new StorageError('a file:// location has an absolute path on this machine', { cause });
  }
}
