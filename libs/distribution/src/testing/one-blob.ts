import { createHash } from 'node:crypto';
import { Digest, Registry, StoredBlob } from '@ncr/oci';
import { MemoryRegistry } from '@ncr/oci/testing';

export const digestOf = (bytes: Uint8Array): Digest =>
  Digest.of('sha256', createHash('sha256').update(bytes).digest('hex'));

const digest = digestOf(Buffer.from('x'));
export const blobPath = `/v2/team/app/blobs/${digest.toString()}`;

/** A registry whose only blob, at {@link blobPath}, is read by `read`. */
export function withBlob(size: number, read: StoredBlob['read'], location?: string): Registry {
  return Object.assign(new MemoryRegistry(), {
    getBlob: async (): Promise<StoredBlob> => ({ digest, size, read, ...(location !== undefined && { location }) }),
    headBlob: async () => ({ digest, size }),
  });
}
