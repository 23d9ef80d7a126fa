import { createHash } from 'node:crypto';
import { ByteRange, Digest, RepositoryName, StoredBlob, Unavailable, Unknown, Write } from '@ncr/oci';
import { formatRange, parseContentRange } from '../byte-range';
import { formatPath } from '../route';
import { piecesOf } from './body';
import { Connection, Reply } from './connection';

/** A blob of another registry; each {@link read} is a request of its own. */
export class RemoteBlob implements StoredBlob {
  constructor(
    private readonly connection: Connection,
    private readonly repository: RepositoryName,
    readonly digest: Digest,
    readonly size: number,
  ) {}

  /** Whole content is held against its digest: then the last piece has been given before the rejection. */
  async read(range: ByteRange, write: Write): Promise<void> {
    const whole = range.start === 0 && range.end === this.size - 1;
    const reply = await this.connection.send({
      method: 'GET',
      path: formatPath({ kind: 'blob', repository: this.repository, digest: this.digest }),
      scope: `repository:${this.repository.toString()}:pull`,
      headers: whole ? {} : { range: formatRange(range) },
      expect: [200, 206],
    });
    const hash = whole ? createHash(this.digest.algorithm) : undefined;
    let position = firstByte(reply, range);
    for await (const piece of piecesOf(reply.body)) {
      const wanted = piece.subarray(Math.max(range.start - position, 0), Math.max(range.end + 1 - position, 0));
      position += piece.length;
      hash?.update(wanted);
      if (wanted.length > 0) await write(wanted);
      if (position > range.end + 1) break;
    }
    if (position <= range.end) throw new Unavailable('the registry ended its answer too early');
    if (hash !== undefined && hash.digest('hex') !== this.digest.hex) {
      throw new Unknown('the registry sent other bytes than the digest names');
    }
  }
}

/** A registry may answer with everything, or with exactly the range. */
function firstByte({ status, headers }: Reply, range: ByteRange): number {
  if (status === 200) return 0;
  const sent = parseContentRange(String(headers['content-range']));
  if (sent?.start !== range.start || sent.end !== range.end) {
    throw new Unavailable('the registry sent another range than was asked for');
  }
  return range.start;
}
