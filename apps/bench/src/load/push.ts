import { createHash, type Hash, randomBytes, randomFillSync } from 'node:crypto';
import type { Answer, Connection } from './connection';
import { type Caller, request } from './request';

/** Bytes in parts with their digest (`sha256:…`). */
export interface Blob {
  parts: readonly Buffer[];
  digest: string;
}

/** An answer that a correct registry would not have given. */
export class WrongAnswer extends Error {
  constructor(what: string, answer: Answer) {
    super(`${what}: status ${answer.head.status}, ${answer.bytes} bytes`);
  }
}

const uniqueBytes = 32;

/**
 * Blobs of one size, each unlike every other. All share one random beginning and end in bytes of their own, so that the next
 * digest costs a copy of the hash state and not another pass over the content. Nobody can store them as one.
 */
export class UniqueBlobs {
  private readonly beginning: Buffer;
  private readonly hash: Hash;

  constructor(readonly size: number) {
    this.beginning = randomFillSync(Buffer.allocUnsafeSlow(size - uniqueBytes));
    this.hash = createHash('sha256').update(this.beginning);
  }

  next(): Blob {
    const end = randomBytes(uniqueBytes);
    return { parts: [this.beginning, end], digest: `sha256:${this.hash.copy().update(end).digest('hex')}` };
  }
}

/** Pushes a blob by POST then PUT (distribution-spec, "Pushing a blob monolithically"); throws {@link WrongAnswer}. */
export async function pushBlob(connection: Connection, caller: Caller, repository: string, blob: Blob): Promise<void> {
  const begun = await connection.exchange(request(caller, 'POST', `/v2/${repository}/blobs/uploads/`, { parts: [] }));
  const location = begun.head.header('location');
  if (begun.head.status !== 202 || location === undefined) throw new WrongAnswer('POST of an upload', begun);
  const path = location.replace(/^https?:\/\/[^/]+/, '');
  const target = `${path}${path.includes('?') ? '&' : '?'}digest=${blob.digest}`;
  const content = { type: 'application/octet-stream', parts: blob.parts };
  const done = await connection.exchange(request(caller, 'PUT', target, content));
  if (done.head.status !== 201) throw new WrongAnswer('PUT of a blob', done);
}
