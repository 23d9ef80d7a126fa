import { IncomingMessage, ServerResponse } from 'node:http';
import { BlobUploadInvalid, ByteSource, Write } from '@ncr/oci';
import { Pace, PaceWatch } from './pace';

/**
 * The body of a request. A piece is written while it is received; when the writer is full, the connection is not read
 * until it has room. `Expect: 100-continue` is answered when somebody starts to read, that is after authorization.
 */
export class RequestBody implements ByteSource {
  /** As announced, 0 without a body; absent for chunked transfer encoding. */
  readonly length?: number;
  private received = 0;
  private awaitsContinue: boolean;

  constructor(
    private readonly request: IncomingMessage,
    private readonly response: ServerResponse,
    private readonly pace: Pace,
  ) {
    const { headers } = request;
    if (headers['transfer-encoding'] === undefined) this.length = Number(headers['content-length'] ?? 0);
    this.awaitsContinue = headers.expect !== undefined;
  }

  /** Bytes that the client may still want to send; not finite where it did not say. */
  get unread(): number {
    return this.length === 0 || this.request.complete ? 0 : (this.length ?? Infinity) - this.received;
  }

  /** Whether the client still waits for `100 Continue`: then it is not known if a body follows at all. */
  get unasked(): boolean {
    return this.awaitsContinue && this.length !== 0;
  }

  /** Rejects with `BlobUploadInvalid` when the client breaks off or is slower than its pace, and as `write` does. */
  sendTo(write: Write): Promise<void> {
    if (this.length === 0) return Promise.resolve();
    if (this.request.destroyed) return Promise.reject(brokenOff());
    if (this.awaitsContinue) this.response.writeContinue();
    this.awaitsContinue = false;
    return new Promise((resolve, reject) => this.receive(write, resolve, reject));
  }

  private receive(write: Write, resolve: () => void, reject: (reason: unknown) => void): void {
    const { request } = this;
    let taking: void | Promise<void>;
    const fail = (reason: unknown) => {
      finish();
      request.pause();
      // The writer still holds the last piece: whoever cleans up after it must not do so under its hands.
      const end = () => reject(reason);
      Promise.resolve(taking).then(end, end);
    };
    const watch = new PaceWatch(this.pace, () => fail(new BlobUploadInvalid('the body came too slowly')));
    const hold = (held: boolean) => {
      watch.hold(held);
      if (held) request.pause();
      else request.resume();
    };
    const onData = (piece: Buffer) => {
      this.received += piece.length;
      watch.count(piece.length);
      try {
        taking = write(piece);
        if (taking === undefined) return;
        hold(true);
        taking.then(() => hold(false), fail);
      } catch (error) {
        fail(error);
      }
    };
    const onEnd = () => {
      finish();
      resolve();
    };
    const onClose = () => fail(brokenOff());
    const finish = () => {
      watch.stop();
      request.off('data', onData).off('end', onEnd).off('error', onClose).off('close', onClose);
    };
    request.on('data', onData).on('end', onEnd).on('error', onClose).on('close', onClose);
  }

  /**
   * Reads what is left and forgets it, so that the client comes to read our answer instead of a broken connection.
   * Resolves when the body has ended, the client has gone, or one of the limits is reached.
   */
  discard(bytes: number, milliseconds: number): Promise<void> {
    const { request } = this;
    if (request.complete || request.destroyed) {
      request.resume();
      return Promise.resolve();
    }
    return new Promise((resolve) => {
      let left = bytes;
      const stop = () => {
        clearTimeout(timer);
        request.off('data', onData).off('end', stop).off('close', stop);
        resolve();
      };
      const onData = (piece: Buffer) => {
        this.received += piece.length;
        left -= piece.length;
        if (left < 0) stop();
      };
      const timer = setTimeout(stop, milliseconds).unref();
      request.on('error', () => undefined);
      request.on('data', onData).on('end', stop).on('close', stop).resume();
    });
  }
}

function brokenOff(): BlobUploadInvalid {
  return new BlobUploadInvalid('the client broke off before the end of the body');
}
