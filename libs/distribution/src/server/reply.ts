import { IncomingMessage, ServerResponse } from 'node:http';
import { setImmediate } from 'node:timers/promises';
import { ByteRange, StoredBlob, Unknown } from '@ncr/oci';
import { Answer, Piece } from './answer';
import { Pace, patience, ticksPerWindow } from './pace';
import { RequestBody } from './request-body';

/** A client that we refuse while it is still sending may go on for so long; then the connection is cut. */
const discardBytes = 16 * 1024 * 1024;
const discardMilliseconds = 5000;

/** Larger bodies are written piece by piece, so that a slow reader is noticed. */
const pieceSize = 1024 * 1024;

/** One request and the way its answer takes. */
export interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly body: RequestBody;
  readonly pace: Pace;
}

/**
 * Writes an answer. Rejects when it cannot be completed: the caller must then destroy the connection, because an answer
 * that ends too early must never look complete (INV-4).
 */
export async function reply(exchange: Exchange, answer: Answer): Promise<void> {
  const { response, body, request } = exchange;
  // What came in one packet with the head is parsed only after the handler has returned once.
  if (body.unread > 0) await setImmediate();
  if (body.unread > 0) return replyToSender(exchange, answer);
  response.writeHead(answer.status, answer.headers as string[]);
  const content = request.method === 'HEAD' ? undefined : answer.body;
  if (content === undefined || (content instanceof Uint8Array && content.length <= pieceSize)) {
    if (answer.text !== undefined && content !== undefined) response.end(answer.text, 'latin1');
    else response.end(content);
  } else {
    await writeBody(exchange, content);
    response.end();
  }
  if (response.writableLength > 0) endStalled(exchange);
  if (body.length !== 0) request.resume();
}

/**
 * The client is still sending. It must get the whole answer before the connection goes away, or it sees a broken pipe
 * and tries again blindly; so we read on for a while. A short rest is read to its end and the connection stays.
 */
async function replyToSender(exchange: Exchange, answer: Answer): Promise<void> {
  const { response, body, request } = exchange;
  const closing = body.unasked || body.unread > discardBytes;
  response.writeHead(answer.status, [...answer.headers, ...(closing ? ['Connection', 'close'] : [])]);
  response.flushHeaders();
  if (request.method !== 'HEAD' && answer.body !== undefined) await writeBody(exchange, answer.body);
  if (!closing) response.end();
  await body.discard(discardBytes, discardMilliseconds);
  if (closing) response.end();
  if (!request.complete) request.destroy();
}

async function writeBody(exchange: Exchange, content: NonNullable<Answer['body']>): Promise<void> {
  endStalled(exchange);
  const pieces: readonly Piece[] = content instanceof Uint8Array ? [content] : content;
  for (const piece of pieces) {
    if (piece instanceof Uint8Array) await writeBytes(exchange, piece);
    else await writeRange(exchange, piece.blob, piece.range);
  }
}

async function writeBytes(exchange: Exchange, bytes: Uint8Array): Promise<void> {
  for (let i = 0; i < bytes.length; i += pieceSize) await write(exchange, bytes.subarray(i, i + pieceSize));
}

async function writeRange(exchange: Exchange, blob: StoredBlob, range: ByteRange): Promise<void> {
  let left = range.end - range.start + 1;
  await blob.read(range, (piece) => {
    left -= piece.length;
    if (left < 0) throw new Unknown('the blob has more bytes than were asked for');
    return write(exchange, piece);
  });
  if (left > 0) throw new Unknown('the blob ended too early');
}

/** Resolves when the kernel has taken the piece: until then its memory must not be reused. */
function write({ response, pace }: Exchange, piece: Uint8Array): Promise<void> {
  return new Promise((resolve, reject) => {
    const settle = (error?: Error | null) => {
      clearTimeout(timer);
      response.off('close', onClose);
      // Whatever the kernel says: the one cause of a failed write is that nobody reads any more.
      if (error) reject(new ClientGone());
      else resolve();
    };
    const onClose = () => settle(new Error('closed'));
    const timer = setTimeout(() => response.destroy(), patience(pace, piece.length)).unref();
    response.on('close', onClose);
    if (response.destroyed) onClose();
    else response.write(piece, settle);
  });
}

/**
 * Cuts the connection of a reader that takes nothing at all for a whole window. Node's time-out comes when nothing moved
 * since Node looked last, and not at all when something did: hence the many short ones.
 */
function endStalled({ response, pace }: Exchange): void {
  const tick = pace.window / ticksPerWindow;
  let [ticks, last] = [0, 0];
  response.setTimeout(tick, () => {
    const now = performance.now();
    ticks = now - last < 1.5 * tick ? ticks + 1 : 1;
    last = now;
    if (ticks < ticksPerWindow) response.socket?.setTimeout(tick);
    else response.destroy();
  });
}

/** The reader went away: nothing to tell it, and nothing to log. */
export class ClientGone extends Error {
  constructor() {
    super('the client closed the connection');
    this.name = 'ClientGone';
  }
}
