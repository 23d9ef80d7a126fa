import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { ClientRequest, IncomingHttpHeaders, IncomingMessage, OutgoingHttpHeaders, request } from 'node:http';
import { text } from 'node:stream/consumers';
import { octets, withQuery } from '../repository';
import { BigLayer, mebibyte } from './big-layer';

/** How the bytes of a blob travel (distribution-spec, "Pushing blobs"). */
export type Shape = 'PUT' | 'PATCH without length' | 'PATCHes with ranges';

/** Mebibytes that one of the `PATCHes with ranges` has. */
const step = 256;

interface Body {
  readonly headers: OutgoingHttpHeaders;
  /** A piece is not looked at any more when the next one is asked for. */
  readonly pieces: Iterable<Buffer>;
}

/** Pushes and pulls layers of any size in little memory: the connection is the only buffer. */
export class LayerClient {
  /** `token` covers pushing to and pulling from the repository. */
  constructor(
    private readonly url: string,
    private readonly repository: string,
    private readonly token: string,
  ) {}

  async push(layer: BigLayer, shape: Shape): Promise<void> {
    let location = locationOf(await this.send(202, 'POST', `/v2/${this.repository}/blobs/uploads/`));
    const whole = { headers: octets, pieces: layer.pieces() };
    if (shape === 'PATCH without length') location = locationOf(await this.send(202, 'PATCH', location, whole));
    if (shape === 'PATCHes with ranges') location = await this.patch(layer, location);
    const rest = { headers: { ...octets, 'content-length': layer.size }, pieces: layer.pieces() };
    await this.send(201, 'PUT', withQuery(location, 'digest', layer.digest), shape === 'PUT' ? rest : undefined);
  }

  /** Rejects when other bytes come than were pushed. */
  async pull({ digest }: BigLayer): Promise<void> {
    const response = await answered(200, this.open('GET', `/v2/${this.repository}/blobs/${digest}`).end());
    const hash = createHash('sha256');
    for await (const piece of response as AsyncIterable<Buffer>) hash.update(piece);
    const came = `sha256:${hash.digest('hex')}`;
    if (came !== digest) throw new Error(`${digest} came as ${came}`);
  }

  private async patch(layer: BigLayer, begun: string): Promise<string> {
    let location = begun;
    for (let from = 0; from < layer.mebibytes; from += step) {
      const to = Math.min(from + step, layer.mebibytes);
      const headers = {
        ...octets,
        'content-length': (to - from) * mebibyte,
        'content-range': `${from * mebibyte}-${to * mebibyte - 1}`,
      };
      const answer = await this.send(202, 'PATCH', location, { headers, pieces: layer.pieces(from, to) });
      location = locationOf(answer);
    }
    return location;
  }

  private async send(status: number, method: string, path: string, body?: Body): Promise<IncomingHttpHeaders> {
    const sending = this.open(method, path, body?.headers);
    const answer = answered(status, sending);
    for (const piece of body?.pieces ?? []) await Promise.race([taken(sending, piece), answer]);
    sending.end();
    const response = await answer;
    response.resume();
    await once(response, 'end');
    return response.headers;
  }

  private open(method: string, path: string, headers: OutgoingHttpHeaders = {}): ClientRequest {
    const authorization = `Bearer ${this.token}`;
    return request(new URL(path, this.url), { method, headers: { authorization, ...headers }, agent: false });
  }
}

/** Resolves when the kernel has the piece, so that its memory may get other content. */
function taken(request: ClientRequest, piece: Buffer): Promise<void> {
  return new Promise((resolve, reject) => request.write(piece, (error) => (error ? reject(error) : resolve())));
}

/** Rejects when the status is another one, or the connection breaks. */
async function answered(status: number, request: ClientRequest): Promise<IncomingMessage> {
  const [response] = (await once(request, 'response')) as [IncomingMessage];
  if (response.statusCode === status) return response;
  throw new Error(`${request.method} ${request.path} answered ${response.statusCode}: ${await text(response)}`);
}

function locationOf({ location = '' }: IncomingHttpHeaders): string {
  return location;
}
