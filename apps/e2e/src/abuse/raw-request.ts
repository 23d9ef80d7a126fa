import { connect, Socket } from 'node:net';

const pieceSize = 64 * 1024;

export interface RawAnswer {
  readonly status: number;
  /** Lower-case names. */
  readonly headers: ReadonlyMap<string, string>;
  readonly body: string;
}

export interface RawRequest {
  readonly method?: string;
  /** Goes out as it stands: nothing is normalised, escaped or checked. */
  readonly target: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Buffer | string;
}

/** One request on a connection of its own, as a client writes it that is no browser and no library. */
export async function rawRequest(url: string, request: RawRequest): Promise<RawAnswer> {
  const { host, hostname, port } = new URL(url);
  const { method = 'GET', target, body = '' } = request;
  const headers: Record<string, string> = { host, connection: 'close', ...request.headers };
  if (body.length > 0) headers['content-length'] ??= String(Buffer.byteLength(body));
  const head = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  const socket = connect(Number(port), hostname);
  const pieces: Buffer[] = [];
  socket.on('data', (piece: Buffer) => {
    pieces.push(piece);
    if (isWhole(pieces)) socket.destroy();
  });
  socket.on('error', () => undefined); // an answer may come before a broken connection
  const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()));
  socket.write(`${method} ${target} HTTP/1.1\r\n${head.join('')}\r\n`, 'utf8');
  await send(socket, Buffer.from(body), closed);
  await closed;
  return parse(Buffer.concat(pieces).toString('latin1'));
}

/** Piece by piece, so that an answer which comes meanwhile is heard. */
async function send(socket: Socket, body: Buffer, closed: Promise<void>): Promise<void> {
  for (let at = 0; at < body.length && !socket.destroyed; at += pieceSize) {
    if (socket.write(body.subarray(at, at + pieceSize))) continue;
    await Promise.race([closed, new Promise<void>((resolve) => socket.once('drain', () => resolve()))]);
  }
}

/** Whether the announced length is there: the server may let the connection stand. */
function isWhole(pieces: readonly Buffer[]): boolean {
  const text = Buffer.concat(pieces).toString('latin1');
  const end = text.indexOf('\r\n\r\n');
  const length = /\r\ncontent-length: (\d+)\r\n/i.exec(text.slice(0, end + 2))?.[1];
  return end >= 0 && length !== undefined && text.length - end - 4 >= Number(length);
}

function parse(text: string): RawAnswer {
  const end = text.indexOf('\r\n\r\n');
  const [statusLine = '', ...lines] = text.slice(0, Math.max(end, 0)).split('\r\n');
  const headers = new Map(
    lines.map((line) => {
      const colon = line.indexOf(':');
      return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
    }),
  );
  return { status: Number(/^HTTP\/1\.1 (\d{3})/.exec(statusLine)?.[1] ?? 0), headers, body: text.slice(end + 4) };
}

/** Headers that differ from answer to answer without saying anything about what was asked for. */
const ofTheMoment = ['date', 'x-request-id'];

/** What an observer can tell about an answer. */
export function visible({ status, headers, body }: RawAnswer): object {
  const lines = [...headers].map(([name, value]) => `${name}: ${value}`);
  return {
    status,
    headers: lines.filter((line) => !ofTheMoment.some((name) => line.startsWith(`${name}:`))).sort(),
    body,
  };
}
