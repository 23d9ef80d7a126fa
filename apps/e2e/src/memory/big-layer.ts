import { createHash, randomBytes } from 'node:crypto';

export const mebibyte = 1024 * 1024;

/**
 * Layers too big to be kept: bytes are made when they are sent. All have the same, numbered mebibytes but a last one of
 * their own, so that each is another blob and most of the hashing is done once.
 */
export class BigLayer {
  private constructor(
    readonly digest: string,
    readonly mebibytes: number,
    private readonly body: Buffer,
    private readonly last: Buffer,
  ) {}

  static make(count: number, mebibytes: number): BigLayer[] {
    const body = randomBytes(mebibyte);
    const hash = createHash('sha256');
    for (let number = 0; number < mebibytes - 1; number++) hash.update(numbered(body, number));
    return Array.from({ length: count }, () => {
      const last = randomBytes(mebibyte);
      return new BigLayer(`sha256:${hash.copy().update(last).digest('hex')}`, mebibytes, body, last);
    });
  }

  /** In bytes. */
  get size(): number {
    return this.mebibytes * mebibyte;
  }

  /** Bytes from one mebibyte up to another. A piece is good until the next one is asked for. */
  *pieces(from = 0, to = this.mebibytes): Generator<Buffer> {
    const piece = Buffer.from(this.body);
    for (let number = from; number < to; number++) {
      yield number === this.mebibytes - 1 ? this.last : numbered(piece, number);
    }
  }
}

function numbered(piece: Buffer, number: number): Buffer {
  piece.writeUInt32BE(number);
  return piece;
}
