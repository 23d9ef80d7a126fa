import { setTimeout as sleep } from 'node:timers/promises';
import { jsonContent, mediaTypes, sha256 } from '../content';
import { Repository, withQuery } from '../repository';
import { Random } from '../random';
import { Interrupted, Ledger, Pushed, Surprise } from './ledger';
import { Send, Shape, shapes, Transfer } from './transfer';

/** Bytes of the biggest blob that is pushed. */
const biggest = 1024 * 1024;
/** Milliseconds after which an answer does not come any more. */
const answersWithin = 30_000;
const tags = ['latest', 'stable', 'v1'] as const;

/** An upload that a client began. */
interface Unfinished {
  readonly repository: Repository;
  readonly transfer: Transfer;
  pushed?: Pushed;
}

/** A client that pushes, moves tags, mounts and pulls, one request after the other, until the suite dies under it. */
export class LoadClient {
  private unfinished: Unfinished | undefined;

  /** `mounting` is the header that may pull from and push to all the repositories. */
  constructor(
    private readonly number: number,
    private readonly place: { readonly repositories: readonly Repository[]; readonly mounting: string },
    private readonly ledger: Ledger,
    private readonly random: Random,
  ) {}

  /** First goes on with the upload that the last end of the suite interrupted. Never rejects: see `ledger.surprises`. */
  async run(): Promise<void> {
    try {
      await this.resume();
      while (!this.ledger.dying) await this.step();
    } catch (error) {
      if (!(error instanceof Interrupted)) {
        this.unfinished = undefined;
        this.ledger.surprise(this.number, String(error instanceof Surprise ? error.message : error));
      }
    }
  }

  /** Goes on with the upload that was interrupted, if one was. Rejects with `Interrupted` and `Surprise`, as all below. */
  async resume(): Promise<void> {
    if (this.unfinished) await this.proceed(this.unfinished);
  }

  private async step(): Promise<void> {
    const repository = this.random.pick(this.place.repositories);
    const dice = this.random.between(1, 100);
    if (dice <= 30) await this.pushBlob(repository);
    else if (dice <= 55) await this.pushImage(repository);
    else if (dice <= 65) await this.moveTag(repository);
    else if (dice <= 85) await this.readTag(repository);
    else if (dice <= 92) await this.mount(repository);
    else await this.pull(repository);
  }

  async pushBlob(repository: Repository, bytes?: Buffer, shape?: Shape): Promise<Pushed> {
    const content = bytes ?? this.random.bytes(this.random.magnitude(1, biggest));
    const blob = { bytes: content, digest: sha256(content) };
    return this.proceed({ repository, transfer: new Transfer(blob, shape ?? this.random.pick(shapes), this.random) });
  }

  private async proceed(upload: Unfinished): Promise<Pushed> {
    const { repository, transfer } = upload;
    const { digest, bytes } = transfer.blob;
    this.unfinished = transfer.shape === 'single' ? undefined : upload;
    await transfer.proceed(this.sender(repository), () => {
      upload.pushed ??= this.ledger.pushingBlob({
        repository: repository.name,
        digest,
        size: bytes.length,
        blobs: [],
      });
    });
    this.unfinished = undefined;
    upload.pushed!.acknowledged = true;
    return upload.pushed!;
  }

  async pushImage(repository: Repository): Promise<void> {
    const there = this.ledger.acknowledgedIn(repository.name).slice(-50);
    const layers = there.length === 0 ? [] : [this.random.pick(there), this.random.pick(there)];
    const config = Buffer.from(JSON.stringify({ made: this.random.bytes(8).toString('hex') }));
    const { digest } = await this.pushBlob(repository, config, this.random.pick(['single', 'put'] as const));
    const manifest = jsonContent(mediaTypes.manifest, {
      schemaVersion: 2,
      mediaType: mediaTypes.manifest,
      config: { mediaType: mediaTypes.config, digest, size: config.length },
      layers: layers.map((layer) => ({ mediaType: mediaTypes.layer, digest: layer.digest, size: layer.size })),
    });
    const pushed = this.ledger.pushingManifest({
      repository: repository.name,
      digest: manifest.descriptor.digest,
      size: manifest.bytes.length,
      blobs: [digest, ...layers.map((layer) => layer.digest)],
      bytes: manifest.bytes,
    });
    await this.putManifest(repository, pushed);
    pushed.acknowledged = true;
  }

  private async moveTag(repository: Repository): Promise<void> {
    const known = this.ledger.manifests.filter((one) => one.acknowledged && one.repository === repository.name);
    if (known.length > 0) await this.putManifest(repository, this.random.pick(known.slice(-30)));
  }

  /** By tag, or by digest with one or several `?tag=`, or by digest alone. */
  private async putManifest(repository: Repository, manifest: { digest: string; bytes: Buffer }): Promise<void> {
    const chosen = this.random.shuffled(tags).slice(0, this.random.between(0, 2));
    const [only] = chosen;
    const byTag = chosen.length === 1 && only !== undefined && this.random.next() < 0.7;
    const path = byTag ? only : chosen.reduce((path, tag) => withQuery(path, 'tag', tag), manifest.digest);
    const writes = chosen.map((tag) => this.ledger.begin(`${repository.name}:${tag}`, 'write', manifest.digest));
    const request = { headers: { 'content-type': mediaTypes.manifest }, body: manifest.bytes };
    await this.sender(repository)('PUT', `manifests/${path}`, request, 201);
    for (const write of writes) this.ledger.answered(write);
  }

  private async readTag(repository: Repository): Promise<void> {
    const tag = this.random.pick(tags);
    const read = this.ledger.begin(`${repository.name}:${tag}`, 'read');
    const method = this.random.pick(['GET', 'GET', 'HEAD']);
    const { status, headers, body } = await this.sender(repository)(method, `manifests/${tag}`, {}, 200, 404);
    const digest = status === 200 ? (headers.get('docker-content-digest') ?? 'without digest') : undefined;
    this.ledger.answered(read, digest);
    if (method === 'GET' && digest !== undefined && sha256(body) !== digest) {
      throw new Surprise(`INV-4: ${repository.name}:${tag} came with the digest ${digest} and other bytes`);
    }
  }

  /** The token of the target does not cover the source: a client asks for one that covers both. */
  async mount(repository: Repository): Promise<void> {
    const source = this.random.pick(this.place.repositories.filter((one) => one !== repository));
    const there = this.ledger.acknowledgedIn(source.name).slice(-50);
    if (there.length === 0) return;
    const { digest, size } = this.random.pick(there);
    const path = withQuery(withQuery('blobs/uploads/', 'mount', digest), 'from', source.name);
    const pushed = this.ledger.pushingBlob({ repository: repository.name, digest, size, blobs: [] });
    await this.sender(repository)('POST', path, { headers: { authorization: this.place.mounting } }, 201);
    pushed.acknowledged = true;
  }

  private async pull(repository: Repository): Promise<void> {
    const there = this.ledger.acknowledgedIn(repository.name);
    if (there.length === 0) return;
    const { digest } = this.random.pick(there);
    const { body } = await this.sender(repository)('GET', `blobs/${digest}`, {}, 200);
    if (sha256(body) !== digest) throw new Surprise(`INV-4: ${digest} came with other bytes`);
  }

  private sender(repository: Repository): Send {
    return async (method, path, request, ...expected) => {
      const what = `${method} ${repository.name} ${path.slice(0, 120)}`;
      this.ledger.note(this.number, `${what}, ${request.body?.length ?? 0} bytes`);
      let answer: Awaited<ReturnType<Send>>;
      try {
        answer = await inTime(read(repository.send(method, path, request)));
      } catch (error) {
        if (this.ledger.dying) throw new Interrupted(what);
        throw new Surprise(`${what} failed: ${causeOf(error)}`);
      }
      this.ledger.note(this.number, `${what}: ${answer.status}`);
      if (expected.includes(answer.status)) return answer;
      // Its database was killed a moment before itself.
      if (answer.status >= 500 && this.ledger.dying) throw new Interrupted(what);
      throw new Surprise(`${what} answered ${answer.status}, not ${expected.join()}: ${answer.body.toString()}`);
    };
  }
}

async function read(sent: Promise<Response>): ReturnType<Send> {
  const response = await sent;
  const { status, headers } = response;
  return { status, headers, body: Buffer.from(await response.arrayBuffer()) };
}

async function inTime<T>(work: Promise<T>): Promise<T> {
  const patience = new AbortController();
  const late = sleep(answersWithin, undefined, { signal: patience.signal }).then(() => {
    throw new Error(`no answer after ${answersWithin / 1000} s`);
  });
  late.catch(() => undefined);
  try {
    return await Promise.race([work, late]);
  } finally {
    patience.abort();
  }
}

function causeOf(error: unknown): string {
  const { cause } = error as { cause?: unknown };
  return `${String(error)}${cause instanceof Error ? ` (${cause.message})` : ''}`;
}
