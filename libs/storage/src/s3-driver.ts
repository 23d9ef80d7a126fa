import { ByteRange, Write } from '@ncr/oci';
import { StorageFailed } from './errors';
import { readFailure, writeFailure } from './failure';
import { requireObjectKey } from './object-key';
import { S3Bucket, S3Keys } from './s3-bucket';
import { checkBucket } from './s3-check';
import { parseS3Location } from './s3-location';
import { S3Reader } from './s3-reader';
import { Patience } from './s3-transport';
import { S3Writer } from './s3-writer';
import { ObjectKey, ObjectWriter, StorageDriver, StoredObject, WriterState } from './storage-driver';

export interface S3Options extends S3Keys {
  /** Milliseconds; 5 s for a connection, 30 s without a byte, 5 min for the completion of a multipart upload. */
  readonly patience?: Partial<Patience>;
}

/**
 * Objects in a bucket, under `<prefix>/objects/<2 hex>/<uuid>`, written straight to their final key. Uses the plain calls
 * of S3 only, none of them conditional. Bytes that are durable but no full part yet are in `WriterState.tail` alone.
 */
export class S3Driver implements StorageDriver {
  readonly name = 's3';
  private readonly bucket: S3Bucket;

  /** Takes the text of `parseS3Location`; throws `StorageError` when it is none. */
  constructor(
    private readonly location: string,
    options: S3Options,
  ) {
    const { accessKey, secretKey, patience } = options;
    this.bucket = new S3Bucket(
      parseS3Location(location),
      { accessKey, secretKey },
      { connect: 5000, idle: 30_000, complete: 300_000, ...patience },
    );
  }

  async create(key: ObjectKey): Promise<ObjectWriter> {
    requireObjectKey(key);
    return new S3Writer(this.bucket, key, this.requireVacant(key));
  }

  async resume(key: ObjectKey, state: WriterState): Promise<ObjectWriter> {
    requireObjectKey(key);
    try {
      return await S3Writer.resume(this.bucket, key, state);
    } catch (error) {
      throw writeFailure(error, `resume ${key}`);
    }
  }

  async stat(key: ObjectKey): Promise<{ readonly size: number } | undefined> {
    requireObjectKey(key);
    try {
      const size = await this.bucket.sizeOf(key);
      return size === undefined ? undefined : { size };
    } catch (error) {
      throw readFailure(error, key);
    }
  }

  async read(key: ObjectKey, range: ByteRange, write: Write): Promise<void> {
    requireObjectKey(key);
    await new S3Reader(this.bucket, key, range, write).run();
  }

  /** Aborts every multipart upload of the key, also one that its writer could not tell of any more. */
  async delete(key: ObjectKey, state?: WriterState): Promise<void> {
    requireObjectKey(key);
    try {
      if (state?.multipart) await this.bucket.abort(key, state.multipart.uploadId);
      await this.bucket.abortAll(key);
      await this.bucket.remove(key);
    } catch (error) {
      throw writeFailure(error, `delete ${key}`);
    }
  }

  /** Unfinished uploads too, as objects of 0 bytes: an upload that ends meanwhile may be named twice, none is missed. */
  async *list(): AsyncIterable<StoredObject> {
    try {
      for await (const { key, began } of this.bucket.uploads('objects/')) yield { key, size: 0, modified: began };
      yield* this.bucket.objects('objects/');
    } catch (error) {
      throw readFailure(error, 'objects/');
    }
  }

  async presign(key: ObjectKey, seconds: number, endpoint?: string): Promise<string> {
    requireObjectKey(key);
    return this.bucket.presign(key, seconds, endpoint);
  }

  async check(): Promise<void> {
    try {
      await checkBucket(this.bucket);
    } catch (error) {
      throw new StorageFailed(`${this.location} cannot be used: ${reason(error)}`, { cause: error });
    }
  }

  private async requireVacant(key: ObjectKey): Promise<void> {
    if ((await this.bucket.sizeOf(key)) !== undefined) throw new StorageFailed(`cannot create ${key}: it exists`);
  }
}

function reason(error: unknown): string {
  return error instanceof Error && error.message !== '' ? error.message : String(error);
}
