import { fileURLToPath } from 'node:url';
import { StorageError } from './errors';
import { FolderDriver } from './folder-driver';
import { MemoryDriver } from './memory-driver';
import { S3Driver } from './s3-driver';
import { StorageDriver } from './storage-driver';

export interface StorageOptions {
  /** Bytes that stay free on the disk of a folder; see `FolderDriver`. */
  readonly reserve?: number;
  /** The access key of a bucket; both or neither. */
  readonly accessKey?: string | undefined;
  readonly secretKey?: string | undefined;
}

/**
 * Takes the text of a setting: `file:/var/lib/ncr/blobs`, `file:blobs` (relative to the working directory), `memory:`, or
 * `s3://bucket/prefix?endpoint=https://host:9000` (see `parseS3Location`). Touches nothing yet; `check()` of the driver
 * does. Throws `StorageError` with what is possible.
 */
export function openStorage(location: string, options: StorageOptions = {}): StorageDriver {
  const { reserve, accessKey, secretKey } = options;
  if (location === 'memory:') return new MemoryDriver();
  if (location.startsWith('file:') && location.length > 'file:'.length) {
    return new FolderDriver(folderOf(location), reserve === undefined ? {} : { reserve });
  }
  if (location.startsWith('s3:')) {
    if (!accessKey || !secretKey) throw new StorageError('an s3: location needs an access key and its secret');
    return new S3Driver(location, { accessKey, secretKey });
  }
  throw new StorageError('a storage location is file:<folder>, s3://<bucket> or memory:');
}

function folderOf(location: string): string {
  if (!location.startsWith('file://')) return location.slice('file:'.length);
  try {
    return fileURLToPath(location);
  } catch (cause) {
    throw new StorageError('a file:// location has an absolute path on this machine', { cause });
  }
}
