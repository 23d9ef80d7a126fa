/** The status line and header fields of one answer. */
export class ResponseHead {
  private lower?: string;

  constructor(
    readonly status: number,
    private readonly text: string,
  ) {}

  /** Takes a field name in lower case, gives the value of its first occurrence. */
  header(name: string): string | undefined {
    this.lower ??= this.text.toLowerCase();
    const at = this.lower.indexOf(`\r\n${name}:`);
    if (at === -1) return undefined;
    const begin = at + name.length + 3;
    const end = this.text.indexOf('\r\n', begin);
    return this.text.slice(begin, end === -1 ? undefined : end).trim();
  }
}

/** What the parser tells while it reads. Body bytes are valid only during the call. */
export interface ResponseSink {
  head(head: ResponseHead): void;
  body(bytes: Buffer): void;
  end(): void;
}

/** The far side sent something that is not an answer to what was asked (RFC 9112). */
export class ResponseMalformed extends Error {}

const headLimit = 64 * 1024;
const lineLimit = 4 * 1024;
const statusLine = /^HTTP\/1\.1 ([1-5]\d\d)(?: |\r|$)/;

type State = 'idle' | 'head' | 'length' | 'chunk-size' | 'chunk' | 'chunk-end' | 'trailer';

/**
 * Reads HTTP/1.1 answers out of the pieces that a socket gives, however they are cut. Answers with neither Content-Length nor
 * chunked coding are refused: they end the connection, and the load client keeps connections alive.
 */
export class ResponseParser {
  private state: State = 'idle';
  private withoutBody = false;
  private remaining = 0;
  private held: Buffer | undefined;

  constructor(private readonly sink: ResponseSink) {}

  /** Call before each request is written; an answer to HEAD carries no body whatever its header says. */
  expect(method: string): void {
    if (this.state !== 'idle') throw new ResponseMalformed('the last answer has not ended');
    this.state = 'head';
    this.withoutBody = method === 'HEAD';
  }

  /** Takes the next bytes of the connection; throws {@link ResponseMalformed}. */
  feed(bytes: Buffer): void {
    let rest: Buffer | undefined = bytes;
    while (rest !== undefined && rest.length > 0) rest = this.step(rest);
  }

  private step(bytes: Buffer): Buffer | undefined {
    if (this.state === 'idle') throw new ResponseMalformed('bytes after the end of the answer');
    if (this.state === 'head') return this.readHead(bytes);
    if (this.state === 'length' || this.state === 'chunk') return this.readBody(bytes);
    return this.readLine(bytes);
  }

  private readHead(bytes: Buffer): Buffer | undefined {
    const all = this.held === undefined ? bytes : Buffer.concat([this.held, bytes]);
    const end = all.indexOf('\r\n\r\n');
    if (end === -1) return this.hold(all, headLimit);
    if (end > headLimit) throw new ResponseMalformed('the head is too long');
    this.held = undefined;
    this.begin(all.toString('latin1', 0, end));
    return all.subarray(end + 4);
  }

  private begin(text: string): void {
    const status = Number(statusLine.exec(text)?.[1] ?? NaN);
    if (Number.isNaN(status)) throw new ResponseMalformed(`not a status line: ${text.slice(0, 80)}`);
    if (status < 200) return; // an interim answer (100 Continue, 103 Early Hints): the real one follows
    const head = new ResponseHead(status, text);
    const length = head.header('content-length');
    const coding = head.header('transfer-encoding');
    this.sink.head(head);
    if (this.withoutBody || status === 204 || status === 304) return this.finish();
    if (coding !== undefined && length !== undefined)
      throw new ResponseMalformed('both a length and a transfer coding');
    if (coding?.toLowerCase() === 'chunked') {
      this.state = 'chunk-size';
    } else if (length !== undefined && /^\d{1,15}$/.test(length)) {
      this.remaining = Number(length);
      this.state = 'length';
      if (this.remaining === 0) this.finish();
    } else {
      throw new ResponseMalformed(`neither a length nor chunked: ${length ?? coding ?? 'nothing announced'}`);
    }
  }

  private readBody(bytes: Buffer): Buffer | undefined {
    const part = bytes.length > this.remaining ? bytes.subarray(0, this.remaining) : bytes;
    this.remaining -= part.length;
    this.sink.body(part);
    if (this.remaining === 0) {
      if (this.state === 'length') this.finish();
      else this.state = 'chunk-end';
    }
    return bytes.subarray(part.length);
  }

  private readLine(bytes: Buffer): Buffer | undefined {
    const all = this.held === undefined ? bytes : Buffer.concat([this.held, bytes]);
    const end = all.indexOf('\r\n');
    if (end === -1) return this.hold(all, lineLimit);
    this.held = undefined;
    this.takeLine(all.toString('latin1', 0, end));
    return all.subarray(end + 2);
  }

  private takeLine(line: string): void {
    if (this.state === 'chunk-size') {
      const digits = /^([\da-fA-F]{1,8})(?:[ \t]*;.*)?$/.exec(line)?.[1];
      if (digits === undefined) throw new ResponseMalformed(`not a chunk size: ${line.slice(0, 80)}`);
      this.remaining = parseInt(digits, 16);
      this.state = this.remaining === 0 ? 'trailer' : 'chunk';
    } else if (this.state === 'chunk-end') {
      if (line !== '') throw new ResponseMalformed('a chunk is longer than its size');
      this.state = 'chunk-size';
    } else if (line === '') {
      this.finish();
    }
  }

  /** Bytes of an unfinished line are copied: the read buffer they lie in is used again. */
  private hold(bytes: Buffer, limit: number): undefined {
    if (bytes.length > limit) throw new ResponseMalformed('a line or head is too long');
    this.held = Buffer.from(bytes);
  }

  private finish(): void {
    this.state = 'idle';
    this.sink.end();
  }
}
