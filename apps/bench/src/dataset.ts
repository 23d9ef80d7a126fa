import { createHash } from 'node:crypto';
import { type Case, sizes } from './cases';
import { type Answer, Connection } from './load/connection';
import type { Expected, Target } from './load/jobs';
import { type Blob, pushBlob, UniqueBlobs, WrongAnswer } from './load/push';
import { request } from './load/request';
import { repositories } from './repositories';

const manifestType = 'application/vnd.oci.image.manifest.v1+json';
const manifestSize = 1536;
const seeders = 8;

/** A read as it goes to one contender. */
export interface Read {
  path: string;
  accept?: string;
  expected: Expected;
}

/** The content that all contenders hold, and the way to put it there. */
export class Dataset {
  private readonly blobs = new Map<number, Blob>();
  private readonly config = blob(imageConfig());
  private readonly manifest: Buffer;
  private readonly tags: string[];

  /** Takes the number of tags in the large repository, and the cases: nothing is made that none of them reads. */
  constructor(
    tags: number,
    private readonly cases: readonly Case[],
  ) {
    const read = cases.flatMap((one) => (one.kind === 'read' ? [one.asked] : []));
    const wanted = new Set<number>([sizes['10 KiB'], sizes['1 MiB']]);
    for (const asked of read) if (asked.of === 'blob') wanted.add(asked.size);
    for (const size of wanted) this.blobs.set(size, new UniqueBlobs(size).next());
    this.tags = read.some(({ of }) => of === 'tags')
      ? Array.from({ length: tags }, (_, index) => `v1.0.${String(index).padStart(7, '0')}`)
      : [];
    this.manifest = this.makeManifest();
  }

  /** Pushes everything through the API of one contender. Gives what each read case must answer, by the case's name. */
  async seed(target: Target): Promise<Map<string, Read>> {
    const connections = Array.from({ length: seeders }, () => new Connection(target.address));
    const [first] = connections as [Connection];
    const small = [this.config, ...this.blobs.values()];
    for (const content of small) await pushBlob(first, target.caller, repositories.small, content);
    await this.putManifest(first, target, `${repositories.small}/manifests/latest`);
    if (this.tags.length > 0) {
      for (const content of [this.config, ...this.layers()]) {
        await pushBlob(first, target.caller, repositories.tagged, content);
      }
      const left = [...this.tags];
      const work = async (connection: Connection): Promise<void> => {
        for (let tag = left.pop(); tag !== undefined; tag = left.pop()) {
          await this.putManifest(connection, target, `${repositories.tagged}/manifests/${tag}`);
        }
      };
      await Promise.all(connections.map(work));
    }
    const reads = new Map<string, Read>();
    for (const one of this.cases) {
      if (one.kind === 'read') reads.set(one.name, await this.expect(first, target, one));
    }
    for (const connection of connections) connection.close();
    return reads;
  }

  private async expect(
    connection: Connection,
    target: Target,
    { asked, method }: Case & { kind: 'read' },
  ): Promise<Read> {
    const base = `/v2/${repositories.small}`;
    if (asked.of === 'version') {
      const { body = Buffer.alloc(0) } = await ok(connection, target, '/v2/');
      return { path: '/v2/', expected: { status: 200, ...content(body) } };
    }
    if (asked.of === 'manifest') {
      const { bytes, sha256 } = content(this.manifest);
      const path = `${base}/manifests/${asked.by === 'tag' ? 'latest' : `sha256:${sha256}`}`;
      return { path, accept: manifestType, expected: { status: 200, bytes, ...(method === 'GET' ? { sha256 } : {}) } };
    }
    if (asked.of === 'tags') return this.expectTags(connection, target, asked.page);
    const digest = this.blobs.get(asked.size)?.digest ?? '';
    const expected = { status: 200, bytes: asked.size, sha256: digest.replace('sha256:', '') };
    return { path: `${base}/blobs/${digest}`, expected };
  }

  /** The bytes of a list are the registry's own; its first answer is checked tag by tag and stands for all that follow. */
  private async expectTags(connection: Connection, target: Target, page?: number): Promise<Read> {
    const path = `/v2/${repositories.tagged}/tags/list${page === undefined ? '' : `?n=${page}`}`;
    const { body = Buffer.alloc(0) } = await ok(connection, target, path);
    const { tags } = JSON.parse(body.toString()) as { tags: string[] };
    const wanted = this.tags.slice(0, page);
    if (JSON.stringify(tags) !== JSON.stringify(wanted)) {
      throw new Error(`GET ${path} gave ${tags.length} tags that are not the ${wanted.length} expected in order`);
    }
    return { path, expected: { status: 200, ...content(body) } };
  }

  private async putManifest(connection: Connection, target: Target, reference: string): Promise<void> {
    const asked = request(target.caller, 'PUT', `/v2/${reference}`, { type: manifestType, parts: [this.manifest] });
    const answer = await connection.exchange(asked);
    if (answer.head.status !== 201) throw new WrongAnswer(`PUT of ${reference}`, answer);
  }

  private layers(): Blob[] {
    return [sizes['10 KiB'], sizes['1 MiB']].flatMap((size) => this.blobs.get(size) ?? []);
  }

  /** An image manifest of the size that manifests of images with some layers have. */
  private makeManifest(): Buffer {
    const text = (note: string): string =>
      JSON.stringify({
        schemaVersion: 2,
        mediaType: manifestType,
        config: descriptor('application/vnd.oci.image.config.v1+json', this.config),
        layers: this.layers().map((layer) => descriptor('application/vnd.oci.image.layer.v1.tar', layer)),
        annotations: { 'org.opencontainers.image.description': note },
      });
    return Buffer.from(text('x'.repeat(manifestSize - text('').length)));
  }
}

/** GET with status 200 and its body, or {@link WrongAnswer}. */
async function ok(connection: Connection, { caller }: Target, path: string): Promise<Answer> {
  const answer = await connection.exchange(request(caller, 'GET', path), 'keep');
  if (answer.head.status !== 200) throw new WrongAnswer(`GET ${path}`, answer);
  return answer;
}

function content(bytes: Buffer): { bytes: number; sha256: string } {
  return { bytes: bytes.length, sha256: createHash('sha256').update(bytes).digest('hex') };
}

function descriptor(mediaType: string, { parts, digest }: Blob): object {
  return { mediaType, digest, size: parts.reduce((sum, { length }) => sum + length, 0) };
}

function blob(bytes: Buffer): Blob {
  return { parts: [bytes], digest: `sha256:${content(bytes).sha256}` };
}

/** The smallest configuration that is one (image-spec, `config.md`). */
function imageConfig(): Buffer {
  return Buffer.from(JSON.stringify({ architecture: 'amd64', os: 'linux', rootfs: { type: 'layers', diff_ids: [] } }));
}
