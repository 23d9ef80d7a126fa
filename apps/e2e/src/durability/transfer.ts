import { octets, withQuery } from '../repository';
import { Random } from '../random';
import { Surprise } from './ledger';

/** One request of a client, which gives its answer with the body read. Throws `Interrupted` and `Surprise`. */
export type Send = (
  method: string,
  path: string,
  request: { headers?: Record<string, string>; body?: Buffer },
  ...expected: number[]
) => Promise<{ status: number; headers: Headers; body: Buffer }>;

export interface Blob {
  readonly bytes: Buffer;
  readonly digest: string;
}

/** The upload sequences of the distribution-spec. */
export const shapes = ['single', 'put', 'patch', 'patches', 'patches and rest'] as const;
export type Shape = (typeof shapes)[number];

/** Shorter blobs have no pieces whose end the header `Range` tells without doubt. */
const dividable = 8;

/** One blob on its way, by one of the sequences. After an interruption `proceed` goes on where the registry says. */
export class Transfer {
  private location: string | undefined;
  /** Bytes that the registry said it has, and bytes that were sent. */
  private offset = 0;
  private sent = 0;
  private finishing = false;
  private readonly cuts: readonly number[];

  constructor(
    readonly blob: Blob,
    readonly shape: Shape,
    random: Random,
  ) {
    this.cuts = blob.bytes.length < dividable ? [] : cutsOf(shape, blob.bytes.length, random);
  }

  /** Resolves when the registry has acknowledged the blob. `last` is called before the request that finishes it. */
  async proceed(send: Send, last: () => void): Promise<void> {
    if (this.shape === 'single') {
      last();
      const path = withQuery('blobs/uploads/', 'digest', this.blob.digest);
      await send('POST', path, { headers: octets, body: this.blob.bytes }, 201);
      return;
    }
    if (this.location === undefined) await this.begin(send);
    else await this.find(send);
    for (const cut of this.cuts) if (cut > this.offset && !this.finishing) await this.append(send, cut);
    await this.finish(send, last);
  }

  private async begin(send: Send): Promise<void> {
    const { headers } = await send('POST', 'blobs/uploads/', {}, 202);
    this.location = headers.get('location') ?? '';
  }

  private async append(send: Send, to: number): Promise<void> {
    this.sent = Math.max(this.sent, to);
    const body = this.blob.bytes.subarray(this.offset, to);
    const headers = { ...octets, 'content-range': `${this.offset}-${to - 1}` };
    const answer = await send('PATCH', this.location!, { headers, body }, 202);
    const has = endOf(answer.headers);
    if (has !== to) throw new Surprise(`PATCH up to ${to} answered ${answer.headers.get('range')}`);
    this.offset = to;
  }

  private async finish(send: Send, last: () => void): Promise<void> {
    this.finishing = true;
    last();
    this.sent = this.blob.bytes.length;
    const path = withQuery(this.location!, 'digest', this.blob.digest);
    const body = this.blob.bytes.subarray(this.offset);
    await send('PUT', path, { headers: octets, ...(body.length > 0 && { body }) }, 201);
  }

  /** After an interruption: what was acknowledged must be there still. */
  private async find(send: Send): Promise<void> {
    const answer = await send('GET', this.location!, {}, 204, 404);
    if (answer.status === 204) {
      const at = endOf(answer.headers);
      if (at < this.offset || at > this.sent) {
        throw new Surprise(`${this.offset} bytes were acknowledged, ${this.sent} sent, and now there are ${at}`);
      }
      this.offset = at;
      this.finishing = false;
    } else if (this.finishing) {
      // Then the PUT has happened, and repeating it says so.
      this.offset = this.blob.bytes.length;
    } else {
      throw new Surprise(`an upload of which ${this.offset} bytes were acknowledged is unknown`);
    }
  }
}

/** Where the pieces end that PATCH sends. */
function cutsOf(shape: Shape, length: number, random: Random): number[] {
  if (shape === 'single' || shape === 'put') return [];
  if (shape === 'patch') return [length];
  const cuts = Array.from({ length: random.between(1, 4) }, () => random.between(2, length - 2));
  const ordered = [...new Set(cuts)].sort((a, b) => a - b);
  return shape === 'patches' ? [...ordered, length] : ordered;
}

/** The number of bytes that `Range: 0-<last>` tells. */
function endOf(headers: Headers): number {
  const last = Number(/^0-(\d+)$/.exec(headers.get('range') ?? '')?.[1]);
  return last === 0 ? 0 : last + 1;
}
