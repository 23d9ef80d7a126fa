import { IncomingHttpHeaders, request } from 'node:http';
import { setTimeout } from 'node:timers/promises';

/** A request as it goes on the wire: nothing is added but `Host`, `Connection` and what `framing` says. */
export interface WireRequest {
  readonly method: string;
  /** Origin form, sent letter for letter. */
  readonly target: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
  readonly framing: 'length' | 'chunked' | 'none';
  /** Called when half of the body has gone out; the rest follows when it is done. */
  readonly halfway?: () => Promise<void>;
  readonly breakOff?: boolean;
}

export interface WireAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

/** Sends one request on a connection of its own. Gives undefined when it broke the connection off itself. */
export async function exchange(origin: URL, sent: WireRequest): Promise<WireAnswer | undefined> {
  const headers: Record<string, string> = { ...sent.headers };
  if (sent.framing === 'length') headers['Content-Length'] = String(sent.body.length);
  if (sent.framing === 'chunked') headers['Transfer-Encoding'] = 'chunked';
  const { hostname, port } = origin;
  const client = request({ hostname, port, method: sent.method, path: sent.target, headers, agent: false });
  client.useChunkedEncodingByDefault = sent.framing === 'chunked';

  const answer = new Promise<WireAnswer>((resolve, reject) => {
    client.once('error', reject);
    client.once('response', (response) => {
      const pieces: Buffer[] = [];
      response.on('data', (piece: Buffer) => pieces.push(piece));
      response.once('error', reject);
      response.once('end', () => {
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(pieces) });
        client.destroy();
      });
    });
  });
  answer.catch(() => undefined);
  // A server may answer before it has read everything: what fails after that is of no interest.
  client.on('error', () => undefined);

  if (sent.headers['Expect'] !== undefined) await invited(client, answer);
  const half = Math.floor(sent.body.length / 2);
  if (half > 0) client.write(sent.body.subarray(0, half));
  if (sent.halfway !== undefined || sent.breakOff === true) await setTimeout(100);
  await sent.halfway?.();
  if (sent.breakOff === true) {
    client.destroy();
    return undefined;
  }
  if (half < sent.body.length) client.write(sent.body.subarray(half));
  client.end();
  return answer;
}

/** `Expect: 100-continue`: the body waits for the invitation, or for a refusal. */
async function invited(client: ReturnType<typeof request>, answer: Promise<WireAnswer>): Promise<void> {
  const invitation = new Promise<void>((resolve) => client.once('continue', resolve));
  client.flushHeaders();
  await Promise.race([invitation, answer]);
}
