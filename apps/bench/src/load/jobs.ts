import type { Address } from './connection';
import { closedLoop, type Measurement, type Pace } from './closed-loop';
import { type Blob, pushBlob, UniqueBlobs, WrongAnswer } from './push';
import { type Caller, request } from './request';

/** Whom to ask, and as whom. */
export interface Target {
  address: Address;
  caller: Caller;
}

/** What the answer to a read must be. */
export interface Expected {
  status: number;
  /** Bytes of content: the body of a GET, the announced length of a HEAD. */
  bytes: number;
  /** Lower-case hexadecimal sha256 of the body; absent for HEAD. */
  sha256?: string;
}

/** The same request again and again. */
export interface ReadJob extends Target, Pace {
  kind: 'read';
  method: 'GET' | 'HEAD';
  path: string;
  accept?: string;
  expected: Expected;
  /** The body of every so many-th answer is hashed. */
  hashEvery: number;
}

/** Blobs with new content, by POST and PUT. */
export interface PushJob extends Target, Pace {
  kind: 'push';
  repository: string;
  size: number;
  /** The run ends early after so many pushes: what is pushed lies on the disk. */
  limit: number;
}

/** Asks for everything that the last push job pushed. */
export interface SettleJob extends Target {
  kind: 'settle';
  repository: string;
  size: number;
  /** Delete what was pushed, after it was found. */
  remove: boolean;
}

export type Job = ReadJob | PushJob | SettleJob;

/** Every so many-th pushed blob is pulled and hashed afterwards. */
const pullEvery = 50;

/** Does the jobs of one load generator. It remembers what it pushed until that is settled. */
export class Jobs {
  private readonly contents = new Map<number, UniqueBlobs>();
  private pushed: string[] = [];

  run(job: Job): Promise<Measurement> {
    if (job.kind === 'read') return this.read(job);
    return job.kind === 'push' ? this.push(job) : this.settle(job);
  }

  private read({ address, caller, expected, ...job }: ReadJob): Promise<Measurement> {
    const asked = request(caller, job.method, job.path, job.accept === undefined ? {} : { accept: job.accept });
    return closedLoop(address, job, async (connection, turn) => {
      const hashed = expected.sha256 !== undefined && (turn + 1) % job.hashEvery === 0;
      const answer = await connection.exchange(asked, hashed ? 'hash' : 'count');
      const bytes = job.method === 'HEAD' ? Number(answer.head.header('content-length')) : answer.bytes;
      if (answer.head.status !== expected.status || bytes !== expected.bytes) {
        throw new WrongAnswer(`${job.method} ${job.path}`, answer);
      }
      if (hashed && answer.sha256 !== expected.sha256) throw new WrongAnswer(`wrong content of ${job.path}`, answer);
      return answer.bytes;
    });
  }

  private push({ address, caller, repository, size, limit, ...pace }: PushJob): Promise<Measurement> {
    const prepared = this.prepare(size, limit);
    this.pushed = [];
    return closedLoop(address, pace, async (connection) => {
      const blob = prepared.pop();
      if (!blob) return undefined;
      await pushBlob(connection, caller, repository, blob);
      this.pushed.push(blob.digest);
      return size;
    });
  }

  private prepare(size: number, count: number): Blob[] {
    const blobs = this.contents.get(size) ?? new UniqueBlobs(size);
    this.contents.set(size, blobs);
    return Array.from({ length: count }, () => blobs.next());
  }

  /** HEAD of every pushed blob, GET of some, DELETE of all when asked: one operation per blob. */
  private settle({ address, caller, repository, size, remove }: SettleJob): Promise<Measurement> {
    const left = this.pushed;
    this.pushed = [];
    const pace = { connections: 8, seconds: Infinity };
    return closedLoop(address, pace, async (connection, turn) => {
      const digest = left.pop();
      if (digest === undefined) return undefined;
      const path = `/v2/${repository}/blobs/${digest}`;
      const found = await connection.exchange(request(caller, 'HEAD', path));
      if (found.head.status !== 200 || found.head.header('content-length') !== String(size)) {
        throw new WrongAnswer(`HEAD of the pushed ${digest}`, found);
      }
      if (turn % pullEvery === 0) {
        const pulled = await connection.exchange(request(caller, 'GET', path), 'hash');
        if (`sha256:${pulled.sha256}` !== digest)
          throw new WrongAnswer(`wrong content of the pushed ${digest}`, pulled);
      }
      if (remove) {
        const removed = await connection.exchange(request(caller, 'DELETE', path));
        if (removed.head.status !== 202) throw new WrongAnswer(`DELETE of the pushed ${digest}`, removed);
      }
      return 0;
    });
  }
}
