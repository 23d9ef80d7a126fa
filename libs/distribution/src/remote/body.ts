import { PassThrough, Readable } from 'node:stream';
import { ByteSource, Unavailable } from '@ncr/oci';

/** Gives the pieces of an answer; leaving the loop closes it. A connection that breaks off is `Unavailable`. */
export async function* piecesOf(body: Readable): AsyncGenerator<Buffer, void> {
  try {
    yield* body as AsyncIterable<Buffer>;
  } catch (cause) {
    throw Object.assign(new Unavailable('the registry broke off its answer'), { cause });
  }
}

/** Reads an answer of at most `limit` bytes; throws what `tooLong` gives beyond. */
export async function readBody(body: Readable, limit: number, tooLong: () => Error): Promise<Buffer> {
  const pieces: Buffer[] = [];
  let size = 0;
  for await (const piece of piecesOf(body)) {
    size += piece.length;
    if (size > limit) throw tooLong();
    pieces.push(piece);
  }
  return Buffer.concat(pieces, size);
}

/** Reads and forgets a short body, so that its connection can be used again; a long one costs the connection. */
export async function discardBody(body: Readable): Promise<void> {
  await readBody(body, 64 * 1024, () => new Unavailable('too long')).catch(() => undefined);
}

/** Turns a source into a stream for the HTTP client, which reads it as fast as the registry takes it. */
export function streamOf(source: ByteSource): Readable {
  const stream = new PassThrough({ highWaterMark: 1024 * 1024 });
  source
    .sendTo(
      (piece) =>
        new Promise((resolve, reject) => {
          // The piece is the sender's memory, which the stream outlives.
          stream.write(Buffer.from(piece), (error) => (error ? reject(error) : resolve()));
        }),
    )
    .then(
      () => stream.end(),
      (error: unknown) => stream.destroy(error instanceof Error ? error : new Error(String(error))),
    );
  return stream;
}
