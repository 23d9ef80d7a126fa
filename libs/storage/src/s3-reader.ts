import { ByteRange, Write } from '@ncr/oci';
import { IncomingMessage } from 'node:http';
import { ObjectDamaged, ObjectMissing, StorageFailed } from './errors';
import { readFailure } from './failure';
import { S3Bucket } from './s3-bucket';
import { pause, tries } from './s3-persistence';
import { ObjectKey } from './storage-driver';

/** Reads one range once. A connection that breaks is taken up where it broke: the bytes of a key never change. */
export class S3Reader {
  private at: number;

  constructor(
    private readonly bucket: S3Bucket,
    private readonly key: ObjectKey,
    private readonly range: ByteRange,
    private readonly write: Write,
  ) {
    this.at = range.start;
  }

  async run(): Promise<void> {
    if (this.range.end < this.range.start) return this.requireThere(); // S3 has no empty range
    for (let fruitless = 0; this.at <= this.range.end;) {
      const from = this.at;
      const broken = await this.pass(await this.open());
      if (!broken) return;
      fruitless = this.at > from ? 0 : fruitless + 1;
      if (fruitless === tries) throw readFailure(broken, this.key);
      await pause(fruitless + 1);
    }
  }

  private async requireThere(): Promise<void> {
    const size = await this.bucket.sizeOf(this.key).catch((error: unknown) => {
      throw readFailure(error, this.key);
    });
    if (size === undefined) throw new ObjectMissing(`there is no object ${this.key}`);
  }

  private async open(): Promise<IncomingMessage> {
    try {
      return await this.bucket.get(this.key, { start: this.at, end: this.range.end });
    } catch (error) {
      const failure = readFailure(error, this.key);
      if (!(failure instanceof ObjectMissing) || this.at === this.range.start) throw failure;
      throw new ObjectDamaged(`${this.key} vanished at byte ${this.at}`, { cause: error });
    }
  }

  /** Gives the error with which the store broke off, if it did; throws the reader's own. */
  private async pass(body: IncomingMessage): Promise<unknown> {
    const pieces = (body as AsyncIterable<Uint8Array>)[Symbol.asyncIterator]();
    try {
      for (;;) {
        const next = await pieces.next().catch((error: unknown) => ({ done: true as const, value: error }));
        if (next.done)
          return this.at > this.range.end ? undefined : (next.value ?? new Error('the answer ended early'));
        if (this.at + next.value.length > this.range.end + 1) {
          throw new StorageFailed(`the store sends more of ${this.key} than was asked for`);
        }
        await this.write(next.value);
        this.at += next.value.length;
      }
    } finally {
      body.destroy(); // unread rest would keep the connection; one that was read to its end goes on living
    }
  }
}
