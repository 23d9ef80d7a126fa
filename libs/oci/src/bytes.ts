/**
 * Takes the next piece. The piece is the reader's memory: it may be reused as soon as this returns, or, when a promise
 * is returned, as soon as that resolves; a writer that is full returns a promise and so holds the reader back.
 */
export type Write = (piece: Uint8Array) => void | Promise<void>;

/** Bytes that arrive in pieces and can be read once. Throwing from `write` ends the reading. */
export interface ByteSource {
  /** Number of bytes, where the sender announced it. */
  readonly length?: number;
  /** Resolves after the last piece was taken; rejects when the sender breaks off before the announced end. */
  sendTo(write: Write): Promise<void>;
}

/** First and last byte, both included, as in HTTP. */
export interface ByteRange {
  readonly start: number;
  readonly end: number;
}

/** Bytes already in memory. */
export function bytesOf(content: Uint8Array): ByteSource {
  return {
    length: content.length,
    async sendTo(write) {
      if (content.length > 0) await write(content);
    },
  };
}
