import { randomBytes } from 'node:crypto';
import { StorageFailed } from './errors';
import { codeOf } from './failure';
import { newObjectKey } from './object-key';
import { S3Bucket } from './s3-bucket';
import { S3Reader } from './s3-reader';
import { ObjectKey } from './storage-driver';

/**
 * Tries every kind of call on one new key and looks at each effect at once: a store that shows old states, or a cache
 * before one, is refused here and not by the first user. Throws with the step and its reason; leaves nothing behind.
 */
export async function checkBucket(bucket: S3Bucket): Promise<void> {
  const key = newObjectKey();
  try {
    await step('write and read back', () => checkReading(bucket, key));
    await step('list', () => checkListing(bucket, key));
    await step('delete', async () => {
      await bucket.remove(key);
      must((await bucket.sizeOf(key)) === undefined, 'a deleted object is still there');
    });
    await step('abort a multipart upload', () => checkAborting(bucket, key));
  } finally {
    await Promise.allSettled([bucket.abortAll(key), bucket.remove(key)]);
  }
}

async function checkReading(bucket: S3Bucket, key: ObjectKey): Promise<void> {
  must((await bucket.sizeOf(key)) === undefined, 'an object is there before it was written'); // also wakes caches
  for (const content of [randomBytes(4096), randomBytes(4000)]) {
    await bucket.put(key, content);
    must((await bucket.sizeOf(key)) === content.length, 'the size of an object is not the one just written');
    must(
      (await read(bucket, key, 0, content.length - 1)).equals(content),
      'a read gives other bytes than just written',
    );
    must((await read(bucket, key, 100, 199)).equals(content.subarray(100, 200)), 'a range gives other bytes');
  }
}

async function checkListing(bucket: S3Bucket, key: ObjectKey): Promise<void> {
  for await (const object of bucket.objects(key)) if (object.key === key) return;
  throw new StorageFailed('an object just written is not listed');
}

async function checkAborting(bucket: S3Bucket, key: ObjectKey): Promise<void> {
  const uploadId = await bucket.begin(key);
  await bucket.putPart(key, uploadId, 1, randomBytes(100));
  await bucket.abort(key, uploadId);
  must(!(await bucket.has(key, uploadId)), 'an aborted upload is still there');
  must((await bucket.sizeOf(key)) === undefined, 'an aborted upload left an object');
}

async function read(bucket: S3Bucket, key: ObjectKey, start: number, end: number): Promise<Buffer> {
  const pieces: Uint8Array[] = [];
  await new S3Reader(bucket, key, { start, end }, (piece) => void pieces.push(piece)).run();
  return Buffer.concat(pieces);
}

async function step(name: string, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (error instanceof StorageFailed) throw new StorageFailed(`${name}: ${error.message}`, { cause: error });
    throw new StorageFailed(`${name}: ${codeOf(error) ?? String(error)}`, { cause: error });
  }
}

function must(holds: boolean, otherwise: string): void {
  if (!holds) throw new StorageFailed(otherwise);
}
