import { Write } from '@ncr/oci';
import { ObjectDamaged, ObjectMissing, StorageError, StorageFailed } from './errors';
import { writeFailure } from './failure';
import { Multipart, S3Bucket } from './s3-bucket';
import { persist } from './s3-persistence';
import { ObjectKey, ObjectWriter, WriterState } from './storage-driver';

const mebibyte = 1024 * 1024;
const partLimit = 10_000;
const inFlightLimit = 2;

/** Bytes of a part: 8 MiB, and 64 MiB behind part 5 000, so that 10 000 parts hold 351 GiB. All but the last are full. */
export function partSize(number: number): number {
  return (number <= 5000 ? 8 : 64) * mebibyte;
}

/**
 * Writes one object under its final key: by a single PUT when it is no longer than one part, else as a multipart upload.
 * One part is being filled and two at most are under way. The first error is final. What `sync` cannot make durable,
 * because a part is not full yet, it hands to its caller as `tail`.
 */
export class S3Writer implements ObjectWriter {
  private readonly parts: Multipart['parts'][number][] = [];
  private readonly inFlight = new Set<Promise<void>>();
  private uploadId: string | undefined;
  private buffer: Buffer = Buffer.alloc(0);
  private filled = 0;
  private position = 0;
  private number = 1;
  private open = true;
  /** What a failure may have left behind in the store. */
  private readonly asked = { upload: false, object: false };
  private finished = false;
  private failure: StorageError | undefined;

  /** `vacant` resolves when nothing lies under the key. */
  constructor(
    private readonly bucket: S3Bucket,
    private readonly key: ObjectKey,
    private readonly vacant: Promise<void>,
  ) {
    vacant.catch(() => {}); // heard when the first bytes are to go out
  }

  /** Goes on behind what `state` says. Throws `ObjectMissing` when the store has forgotten the upload. */
  static async resume(bucket: S3Bucket, key: ObjectKey, state: WriterState): Promise<S3Writer> {
    const { offset, multipart, tail } = state;
    if (!multipart && !tail) throw new ObjectMissing(`nothing was kept of ${key}`);
    const writer = new S3Writer(bucket, key, Promise.resolve());
    if (multipart) {
      if (!(await bucket.has(key, multipart.uploadId))) throw new ObjectMissing(`the upload of ${key} is gone`);
      writer.uploadId = multipart.uploadId;
      writer.parts.push(...multipart.parts);
      writer.number = multipart.parts.length + 1;
      writer.position = multipart.parts.reduce((sum, { size }) => sum + size, 0);
    }
    if (tail) writer.append(tail);
    if (writer.position !== offset) throw new ObjectDamaged(`${key} has ${writer.position} bytes, not ${offset}`);
    return writer;
  }

  get offset(): number {
    return this.position;
  }

  readonly write: Write = (piece) => {
    this.requireUsable();
    if (this.filled + piece.length > partSize(this.number)) return this.writeAcross(piece);
    this.append(piece);
    return undefined;
  };

  async sync(): Promise<WriterState> {
    this.requireUsable();
    try {
      if (this.filled === partSize(this.number)) await this.send();
      await this.drain();
    } catch (error) {
      throw this.fail(error);
    }
    return {
      offset: this.position,
      ...(this.uploadId !== undefined && { multipart: { uploadId: this.uploadId, parts: this.sorted() } }),
      tail: this.buffer.subarray(0, this.filled), // written once: what comes later lies behind it or in other memory
    };
  }

  async finish(): Promise<void> {
    this.requireUsable();
    try {
      await this.vacant;
      if (this.uploadId !== undefined && this.filled > 0) await this.send();
      await this.drain();
      await this.settle();
      this.finished = true;
    } catch (error) {
      throw this.fail(error);
    } finally {
      this.open = false;
    }
  }

  async release(): Promise<void> {
    this.open = false;
    await Promise.all(this.inFlight); // a part that lands later could replace the next writer's
  }

  async abort(): Promise<void> {
    await this.release();
    this.buffer = Buffer.alloc(0);
    if (this.finished) return;
    const ignore = (): void => {}; // left to the storage scan
    if (this.uploadId !== undefined) await this.bucket.abort(this.key, this.uploadId).catch(ignore);
    else if (this.asked.upload) await this.bucket.abortAll(this.key).catch(ignore);
    if (this.asked.object) await this.bucket.remove(this.key).catch(ignore);
  }

  private append(piece: Uint8Array): void {
    const needed = this.filled + piece.length;
    if (needed > this.buffer.length) {
      // Grown by steps: most objects are small, and a part holds no more than was sent.
      const grown = Buffer.allocUnsafeSlow(
        Math.min(partSize(this.number), Math.max(needed, 65_536, this.buffer.length * 4)),
      );
      grown.set(this.buffer.subarray(0, this.filled));
      this.buffer = grown;
    }
    this.buffer.set(piece, this.filled);
    this.filled = needed;
    this.position += piece.length;
  }

  private async writeAcross(piece: Uint8Array): Promise<void> {
    try {
      for (let at = 0; at < piece.length;) {
        if (this.filled === partSize(this.number)) await this.send();
        const part = piece.subarray(at, at + partSize(this.number) - this.filled);
        this.append(part);
        at += part.length;
      }
    } catch (error) {
      throw this.fail(error);
    }
  }

  /** Sends what was gathered on its way as the next part; waits while too many are. */
  private async send(): Promise<void> {
    while (this.inFlight.size >= inFlightLimit) await Promise.race(this.inFlight);
    if (this.failure) throw this.failure;
    if (this.number > partLimit) throw new StorageFailed(`${this.key} has more than ${partLimit} parts`);
    this.uploadId ??= await this.begin();
    const number = this.number++;
    const body = this.buffer.subarray(0, this.filled);
    this.buffer = Buffer.alloc(0); // the memory is the client's now, for as long as it tries
    this.filled = 0;
    const sending = this.bucket
      .putPart(this.key, this.uploadId, number, body)
      .then((etag) => void this.parts.push({ number, etag, size: body.length }))
      .catch((error: unknown) => void this.fail(error))
      .finally(() => this.inFlight.delete(sending));
    this.inFlight.add(sending);
  }

  private async begin(): Promise<string> {
    await this.vacant;
    this.asked.upload = true;
    return this.bucket.begin(this.key);
  }

  private async drain(): Promise<void> {
    await Promise.all(this.inFlight);
    if (this.failure) throw this.failure;
  }

  /**
   * Asks for the object, then looks whether it is there: neither an error says that it is not (the answer may have been
   * lost, and a second completion finds no upload), nor a 200 that it is.
   */
  private async settle(): Promise<void> {
    this.asked.object = true;
    const refused = await this.ask().then(
      () => undefined,
      (error: unknown) => ({ error }),
    );
    const absent = new StorageFailed(`${this.key} is not in the store, which had acknowledged it`);
    const size = await persist(
      async () => {
        const size = await this.bucket.sizeOf(this.key);
        if (size === undefined && !refused) throw absent;
        return size;
      },
      (error) => error === absent,
    );
    if (size === this.position) return;
    throw refused?.error ?? new StorageFailed(`${this.key} has ${size} bytes, not the ${this.position} written`);
  }

  private ask(): Promise<void> {
    if (this.uploadId === undefined) return this.bucket.put(this.key, this.buffer.subarray(0, this.filled));
    return this.bucket.complete(this.key, { uploadId: this.uploadId, parts: this.sorted() });
  }

  private sorted(): Multipart['parts'] {
    return this.parts.toSorted((a, b) => a.number - b.number);
  }

  private fail(error: unknown): StorageError {
    this.failure ??= writeFailure(error, `write ${this.key}`);
    return this.failure;
  }

  private requireUsable(): void {
    if (this.failure) throw this.failure;
    if (!this.open) throw new StorageFailed(`${this.key} is closed`);
  }
}
