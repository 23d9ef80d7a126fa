import { ObjectDamaged, ObjectMissing, StorageError, StorageFailed, StorageFull } from './errors';

const full = new Set([
  'ENOSPC',
  'EDQUOT',
  'InsufficientStorage',
  'QuotaExceeded',
  'XMinioStorageFull',
  'XMinioAdminBucketQuotaExceeded',
  'status 507',
]);
const damaged = new Set(['EIO', 'EUCLEAN', 'EBADMSG', 'EILSEQ', 'InvalidRange']);
const missing = new Set(['ENOENT', 'NoSuchKey', 'NotFound']);

/** What a failed write, sync or close means to the caller. The system's error stays as the cause. */
export function writeFailure(error: unknown, what: string): StorageError {
  if (error instanceof StorageError) return error;
  const code = codeOf(error);
  const message = `cannot ${what}: ${code ?? String(error)}`;
  return full.has(code ?? '')
    ? new StorageFull(message, { cause: error })
    : new StorageFailed(message, { cause: error });
}

/** What a failed open or read means: the medium lost this object, or the store as a whole is in trouble. */
export function readFailure(error: unknown, key: string): StorageError {
  if (error instanceof StorageError) return error;
  const code = codeOf(error);
  if (isMissing(error)) return new ObjectMissing(`there is no object ${key}`, { cause: error });
  if (damaged.has(code ?? '')) return new ObjectDamaged(`${key} is unreadable: ${code}`, { cause: error });
  return new StorageFailed(`cannot read ${key}: ${code ?? String(error)}`, { cause: error });
}

/** Whether the store says that there is no such object. */
export function isMissing(error: unknown): boolean {
  return missing.has(codeOf(error) ?? '');
}

/** The system's or the store's word for what went wrong; undefined where it gave none. */
export function codeOf(error: unknown): string | undefined {
  return (error as NodeJS.ErrnoException | undefined)?.code || undefined;
}
