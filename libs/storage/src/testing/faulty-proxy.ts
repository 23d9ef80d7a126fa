import { createServer, IncomingMessage, request, Server, ServerResponse } from 'node:http';

/** What one request suffers. */
export type Fault =
  /** The proxy answers itself; the store hears nothing. */
  | { readonly answer: number; readonly code?: string; readonly body?: string }
  /** The store hears nothing, and neither does the client. */
  | { readonly before: 'reset' | 'stall' }
  /** The store does what it was asked, its answer does not arrive. */
  | { readonly after: 'reset' | 'stall' }
  /** The answer breaks off after so many bytes of its body. */
  | { readonly midway: 'reset' | 'stall'; readonly at: number }
  /** A byte of the request's body is another one when it arrives. */
  | { readonly flip: true }
  /** The answer that the same request had before, as of a cache. */
  | { readonly stale: true };

export type S3Operation =
  'begin' | 'part' | 'complete' | 'abort' | 'parts' | 'uploads' | 'list' | 'put' | 'get' | 'head' | 'delete';

interface Answer {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  readonly body: Buffer;
}

/** Stands between a client and a real S3 server and does to each request what `script` says. */
export class FaultyProxy {
  /** Every request so far. */
  readonly requests: S3Operation[] = [];
  /** Is told the operation and the how-manieth of its kind this one is, from 1, since `script` was set. */
  private faults: (operation: S3Operation, nth: number) => Fault | undefined = () => undefined;
  private readonly first = new Map<string, Answer>();

  private constructor(
    private readonly target: URL,
    private readonly server: Server,
  ) {
    server.on('request', (incoming: IncomingMessage, outgoing: ServerResponse) => {
      this.serve(incoming, outgoing).catch(() => outgoing.destroy());
    });
  }

  static async start(target: string): Promise<FaultyProxy> {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return new FaultyProxy(new URL(target), server);
  }

  get endpoint(): string {
    const address = this.server.address();
    return `http://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}`;
  }

  script(faults: (operation: S3Operation, nth: number) => Fault | undefined): void {
    this.requests.length = 0;
    this.faults = faults;
  }

  count(operation: S3Operation): number {
    return this.requests.filter((each) => each === operation).length;
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private async serve(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    const operation = operationOf(incoming.method ?? '', incoming.url ?? '');
    this.requests.push(operation);
    const fault = this.faults(operation, this.count(operation));
    const body = await collect(incoming);
    if (fault && 'before' in fault) return breakOff(outgoing, fault.before);
    if (fault && 'answer' in fault) return answerItself(outgoing, fault);
    if (fault && 'flip' in fault) body[0] = (body[0] ?? 0) ^ 1;
    const name = `${incoming.method} ${incoming.url} ${incoming.headers.range}`;
    const old = this.first.get(name);
    const answer = fault && 'stale' in fault && old ? old : await this.forward(incoming, body);
    if (['get', 'head'].includes(operation) && !old) this.first.set(name, answer);
    if (fault && 'after' in fault) return breakOff(outgoing, fault.after);
    outgoing.writeHead(answer.status, answer.headers);
    if (!fault || !('midway' in fault)) return void outgoing.end(answer.body);
    outgoing.write(answer.body.subarray(0, fault.at), () => breakOff(outgoing, fault.midway));
  }

  private forward(incoming: IncomingMessage, body: Buffer): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const { method = '', url = '', headers } = incoming; // as they came: host and length are signed
      const { hostname, port } = this.target;
      const outgoing = request({ hostname, port, method, path: url, headers }, (answer) => {
        const { statusCode: status = 502, headers } = answer;
        collect(answer).then((body) => resolve({ status, headers, body }), reject);
      });
      outgoing.once('error', reject).end(body);
    });
  }
}

function operationOf(method: string, url: string): S3Operation {
  const query = new URLSearchParams(url.split('?')[1]);
  if (query.has('uploads')) return method === 'POST' ? 'begin' : 'uploads';
  if (query.has('partNumber')) return 'part';
  if (query.has('uploadId')) return ({ POST: 'complete', DELETE: 'abort' } as const)[method] ?? 'parts';
  if (query.has('list-type')) return 'list';
  return ({ PUT: 'put', HEAD: 'head', DELETE: 'delete' } as const)[method] ?? 'get';
}

async function collect(message: IncomingMessage): Promise<Buffer> {
  const pieces: Buffer[] = [];
  for await (const piece of message) pieces.push(piece as Buffer);
  return Buffer.concat(pieces);
}

/** A stalled answer is only ended by the client, or by `stop`. */
function breakOff(outgoing: ServerResponse, how: 'reset' | 'stall'): void {
  if (how === 'reset') outgoing.socket?.resetAndDestroy();
}

function answerItself(outgoing: ServerResponse, { answer, code, body }: Extract<Fault, { answer: number }>): void {
  const text = body ?? (code ? `<?xml version="1.0"?><Error><Code>${code}</Code><Message>no</Message></Error>` : '');
  outgoing.writeHead(answer, { 'content-type': 'application/xml', etag: '"00"' }).end(text);
}
