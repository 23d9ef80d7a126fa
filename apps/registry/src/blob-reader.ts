import { BlobUnknown, ByteRange, Digest, StoredBlob, Write } from '@ncr/oci';
import { ObjectDamaged, ObjectMissing } from '@ncr/storage';
import { smallBlob } from './content-caches';
import { RegistryData } from './registry-data';
import { BlobRow, suspectBlob } from './store/blobs';

/** A linked blob, open for reading; a small one comes whole, from memory. Throws `BlobUnknown` when its object is gone. */
export async function openBlob(data: RegistryData, digest: Digest, row: BlobRow): Promise<StoredBlob> {
  const read = (range: ByteRange, write: Write): Promise<void> => readObject(data, digest, row, { range, write });
  if (row.size > smallBlob) return { digest, size: row.size, read };
  const bytes = data.caches.smallBlob(digest) ?? (await readWhole(row, read));
  data.caches.keepSmallBlob(digest, bytes);
  return { digest, size: row.size, bytes, read };
}

/** An object that is missing, short or unreadable makes the blob suspect: absent for everyone until a push heals it. */
async function readObject(
  data: RegistryData,
  digest: Digest,
  row: BlobRow,
  { range, write }: { range: ByteRange; write: Write },
): Promise<void> {
  try {
    await data.storage.read(row.object_key, range, write);
  } catch (error) {
    if (!(error instanceof ObjectMissing || error instanceof ObjectDamaged)) throw error;
    await suspectBlob(data.pool, digest, row.object_key);
    data.caches.links.clear();
    throw new BlobUnknown('the stored content is damaged: push it again', { digest });
  }
}

async function readWhole(row: BlobRow, read: StoredBlob['read']): Promise<Buffer> {
  const bytes = Buffer.allocUnsafeSlow(row.size);
  let filled = 0;
  if (row.size > 0) {
    await read({ start: 0, end: row.size - 1 }, (piece) => {
      bytes.set(piece, filled);
      filled += piece.length;
    });
  }
  return bytes;
}
