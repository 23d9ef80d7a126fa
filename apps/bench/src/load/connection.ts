import { createHash, type Hash } from 'node:crypto';
import { connect, type Socket } from 'node:net';
import { type ResponseHead, ResponseParser, type ResponseSink } from './response-parser';

/** Where a registry listens. */
export interface Address {
  host: string;
  port: number;
}

/** A request as the bytes that go out: the head, and the parts of the body. */
export interface Outgoing {
  method: string;
  parts: readonly Buffer[];
}

/** What happens to the body of an answer beside counting its bytes. */
export type BodyUse = 'count' | 'hash' | 'keep';

/** An answer whose body has been read. */
export interface Answer {
  head: ResponseHead;
  bytes: number;
  /** Lower-case hexadecimal sha256 of the body, when asked for. */
  sha256?: string;
  body?: Buffer;
}

interface Exchange {
  resolve: (answer: Answer) => void;
  reject: (error: Error) => void;
  head?: ResponseHead;
  bytes: number;
  hash?: Hash;
  kept?: Buffer[];
}

const readSize = 256 * 1024;
const idleLimit = 60_000;

/**
 * One keep-alive HTTP/1.1 connection, one request at a time, on a plain socket with a read buffer of 256 KiB: a client that
 * costs much less than the servers it measures. Opens itself when a request finds it closed.
 */
export class Connection implements ResponseSink {
  /** How often a socket was opened: once, unless the server closes. */
  opened = 0;
  private socket: Socket | undefined;
  private parser = new ResponseParser(this);
  private current: Exchange | undefined;
  private readonly buffer = Buffer.allocUnsafeSlow(readSize);

  constructor(private readonly address: Address) {}

  /** Rejects with the socket's error. */
  open(): Promise<Socket> {
    this.parser = new ResponseParser(this);
    return new Promise((resolve, reject) => {
      const onread = { buffer: this.buffer, callback: (count: number): boolean => this.received(socket, count) };
      const socket: Socket = connect({ ...this.address, noDelay: true, onread }, () => {
        this.socket = socket;
        this.opened++;
        resolve(socket);
      });
      socket.setTimeout(idleLimit, () => socket.destroy(new Error(`nothing moved for ${idleLimit / 1000} s`)));
      socket.once('error', (error) => {
        reject(error);
        this.lost(socket, error);
      });
      socket.once('close', () => this.lost(socket, new Error('the server closed the connection')));
    });
  }

  /** Rejects when the connection breaks or the answer is malformed; any status is an answer. */
  async exchange(request: Outgoing, use: BodyUse = 'count'): Promise<Answer> {
    const socket = this.socket ?? (await this.open());
    return new Promise((resolve, reject) => {
      this.current = { resolve, reject, bytes: 0 };
      if (use === 'hash') this.current.hash = createHash('sha256');
      if (use === 'keep') this.current.kept = [];
      this.parser.expect(request.method);
      if (request.parts.length > 1) socket.cork();
      for (const part of request.parts) socket.write(part);
      if (request.parts.length > 1) socket.uncork();
    });
  }

  close(): void {
    const socket = this.socket;
    this.socket = undefined;
    socket?.destroy();
  }

  head(head: ResponseHead): void {
    if (this.current) this.current.head = head;
  }

  body(bytes: Buffer): void {
    const current = this.current;
    if (!current) return;
    current.bytes += bytes.length;
    current.hash?.update(bytes);
    current.kept?.push(Buffer.from(bytes));
  }

  end(): void {
    const current = this.current;
    if (!current?.head) return;
    this.current = undefined;
    if (current.head.header('connection')?.toLowerCase() === 'close') this.close();
    const answer: Answer = { head: current.head, bytes: current.bytes };
    if (current.hash) answer.sha256 = current.hash.digest('hex');
    if (current.kept) answer.body = Buffer.concat(current.kept);
    current.resolve(answer);
  }

  private received(socket: Socket, count: number): boolean {
    if (socket !== this.socket) return false;
    try {
      this.parser.feed(this.buffer.subarray(0, count));
      return true;
    } catch (error) {
      socket.destroy(error instanceof Error ? error : new Error(String(error)));
      return false;
    }
  }

  /** A socket that ends fails the request under way on it; one that was given up before concerns nobody. */
  private lost(socket: Socket, error: Error): void {
    if (socket !== this.socket) return;
    this.socket = undefined;
    const current = this.current;
    this.current = undefined;
    current?.reject(error);
  }
}
