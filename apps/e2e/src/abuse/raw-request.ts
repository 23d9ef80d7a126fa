import { once } from 'node:events';
import { connect } from 'node:net';

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
  socket.on('data', (piece: Buffer) => pieces.push(piece));
  const closed = once(socket, 'close');
  socket.on('error', () => undefined); // an answer may come before a broken connection
  socket.write(Buffer.concat([Buffer.from(`${method} ${target} HTTP/1.1\r\n${head.join('')}\r\n`), Buffer.from(body)]));
  await closed;
  return parse(Buffer.concat(pieces).toString('latin1'));
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
  return { status, headers: [...headers].filter(([name]) => !ofTheMoment.includes(name)).sort(), body };
}
