import { BlobTooLarge, Digest, DigestAlgorithm, RangeInvalid, SizeInvalid, UploadPiece } from '@ncr/oci';
import { ObjectWriter, StorageDriver } from '@ncr/storage';
import { createHash, Hash } from 'node:crypto';
import { UploadRow } from './store/uploads';

interface OpenUpload {
  readonly key: string;
  readonly writer: number;
  readonly row: UploadRow;
  readonly object: ObjectWriter;
  readonly storage: StorageDriver;
  /** Of the bytes already there, where this process still has it. */
  readonly hash?: Hash | undefined;
}

/** An upload that this process holds, with its object open for writing. */
export class UploadSession {
  readonly key: string;
  readonly writer: number;
  readonly row: UploadRow;
  private readonly object: ObjectWriter;
  private readonly storage: StorageDriver;
  private hash: Hash | undefined;

  constructor(upload: OpenUpload) {
    this.key = upload.key;
    this.writer = upload.writer;
    this.row = upload.row;
    this.object = upload.object;
    this.storage = upload.storage;
    this.hash = upload.hash;
  }

  /** Bytes in the object so far. */
  get size(): number {
    return this.object.offset;
  }

  /**
   * Takes one piece. Throws `RangeInvalid` before the first byte when the piece does not begin where the object ends,
   * `SizeInvalid` when it is not as long as it said, `BlobTooLarge` beyond `limit` bytes.
   */
  async receive(piece: UploadPiece, limit: number): Promise<void> {
    const { range, content } = piece;
    if (range && range.start !== this.size) throw outOfOrder(this.size);
    const start = this.size;
    const wanted = range ? range.end - range.start + 1 : content.length;
    if (start + (wanted ?? 0) > limit) throw new BlobTooLarge(`a blob may have ${limit} bytes at most`);
    const hash = await this.runningHash();
    await content.sendTo((bytes) => {
      if (this.size + bytes.length > limit) throw new BlobTooLarge(`a blob may have ${limit} bytes at most`);
      hash.update(bytes);
      return this.object.write(bytes);
    });
    if (wanted !== undefined && this.size - start !== wanted) {
      throw new SizeInvalid(`announced ${wanted} bytes, sent ${this.size - start}`);
    }
  }

  /** The running hash and what it has seen, for whoever goes on. */
  async leave(): Promise<{ hash: Hash; digest: Digest }> {
    const hash = await this.runningHash();
    return { hash, digest: Digest.of(this.row.algorithm, hash.copy().digest('hex')) };
  }

  /** The digest of the whole object; reads it again only when the client announces another algorithm than was hashed. */
  async digest(algorithm: DigestAlgorithm): Promise<Digest> {
    if (algorithm !== this.row.algorithm) {
      await this.object.sync();
      return Digest.of(algorithm, (await this.rehash(algorithm, this.size)).digest('hex'));
    }
    const unchanged = this.size === this.row.writerState.offset ? this.row.digestSoFar : undefined;
    return unchanged ?? (await this.leave()).digest;
  }

  sync(): ReturnType<ObjectWriter['sync']> {
    return this.object.sync();
  }

  finish(): Promise<void> {
    return this.object.finish();
  }

  release(): Promise<void> {
    return this.object.release();
  }

  abort(): Promise<void> {
    return this.object.abort();
  }

  private async runningHash(): Promise<Hash> {
    this.hash ??= await this.rehash(this.row.algorithm, this.row.writerState.offset);
    return this.hash;
  }

  private async rehash(algorithm: DigestAlgorithm, length: number): Promise<Hash> {
    const hash = createHash(algorithm);
    const { objectKey } = this.row;
    if (length > 0)
      await this.storage.read(objectKey, { start: 0, end: length - 1 }, (bytes) => void hash.update(bytes));
    return hash;
  }
}

/** Carries the real offset, so that a client can resume. */
export function outOfOrder(offset: number): RangeInvalid {
  return new RangeInvalid('piece does not begin where the upload ends', { offset });
}
