import {
  BlobUnknown,
  Descriptor,
  Digest,
  Listed,
  ManifestTooLarge,
  ManifestUnknown,
  Page,
  Reference,
  Registry,
  RegistryError,
  RepositoryName,
  StoredBlob,
  StoredManifest,
  Tag,
  Unknown,
} from '@ncr/oci';
import { parseNextLink } from '../link';
import { formatQuery } from '../query';
import { formatPath, Target } from '../route';
import { discardBody, readBody } from './body';
import { Ask, Connection, Reply } from './connection';
import { AuthenticationOptions } from './credentials';
import { descriptorsOf, JsonPage, NextPages, parsePage, readPage, textsOf } from './lists';
import { acceptedManifests, describedManifest, receivedManifest } from './received-manifest';
import { RemoteBlob } from './remote-blob';
import { RemotePush } from './remote-push';

export interface RemoteOptions extends AuthenticationOptions {
  /** The largest manifest that is read, in bytes; 4 MiB. */
  readonly manifestLimit?: number;
}

/**
 * Another registry, as its client: the distribution-spec over HTTP with token or Basic authentication. What it reads is
 * held against digests. Throws the errors that the registry answers with; `Unavailable` when it cannot be reached or
 * breaks off, `Unknown` when it answers against the specification.
 */
export class RemoteRegistry extends RemotePush implements Registry {
  private readonly nextPages = new NextPages();
  private readonly manifestLimit: number;

  constructor(options: RemoteOptions) {
    super(new Connection(options));
    this.manifestLimit = options.manifestLimit ?? 4 * 1024 * 1024;
  }

  async getManifest(repository: RepositoryName, reference: Reference): Promise<StoredManifest> {
    const reply = await this.connection.send(manifestRequest('GET', repository, reference));
    const limit = this.manifestLimit;
    const tooLarge = () => new ManifestTooLarge(`the manifest has more than ${limit} bytes`, { limit });
    return receivedManifest(reference, reply.headers, await readBody(reply.body, limit, tooLarge));
  }

  /** Reads the whole manifest where the answer to HEAD lacks digest, type or length. */
  async headManifest(repository: RepositoryName, reference: Reference): ReturnType<Registry['headManifest']> {
    const { headers } = await this.connection.sendAndForget(manifestRequest('HEAD', repository, reference));
    const described = describedManifest(reference, headers);
    if (described !== undefined) return described;
    const { digest, mediaType, bytes } = await this.getManifest(repository, reference);
    return { digest, mediaType, size: bytes.length };
  }

  async getBlob(repository: RepositoryName, digest: Digest): Promise<StoredBlob> {
    const { size } = await this.headBlob(repository, digest);
    return new RemoteBlob(this.connection, repository, digest, size);
  }

  async headBlob(repository: RepositoryName, digest: Digest): Promise<{ digest: Digest; size: number }> {
    const path = formatPath({ kind: 'blob', repository, digest });
    const { headers } = await this.connection.sendAndForget({
      ...readOf(repository),
      method: 'HEAD',
      path,
      expect: [200],
      absent: BlobUnknown,
    });
    const size = Number(headers['content-length'] ?? NaN);
    if (!Number.isSafeInteger(size)) throw new Unknown('the registry does not say how long the blob is');
    return { digest, size };
  }

  async listTags(repository: RepositoryName, page: Page): Promise<Listed<string>> {
    return this.listNames({ kind: 'tags', repository }, 'tags', page);
  }

  async listRepositories(page: Page): Promise<Listed<string>> {
    return this.listNames({ kind: 'catalog' }, 'repositories', page);
  }

  /** Filters itself where the registry did not; reads the fallback tag of a registry without the referrers API. */
  async listReferrers(
    repository: RepositoryName,
    subject: Digest,
    filter: { readonly artifactType?: string; readonly after?: Digest },
  ): Promise<Listed<Descriptor>> {
    const { artifactType, after } = filter;
    const list = formatPath({ kind: 'referrers', repository, subject }) + formatQuery({ artifactType });
    let path = after === undefined ? list : this.nextPages.after(list, after.toString());
    while (path !== undefined) {
      const reply = await this.connection.send({ ...readOf(repository), path, expect: [200, 404] });
      if (reply.status === 404) await discardBody(reply.body);
      const content = reply.status === 200 ? await readPage(reply.body) : await this.fallback(repository, subject);
      const found = descriptorsOf(content['manifests']);
      const entries = found.filter((entry) => artifactType === undefined || entry.artifactType === artifactType);
      path = this.nextPage(path, reply);
      const last = entries.at(-1);
      if (last !== undefined && path !== undefined) this.nextPages.keep(list, last.digest.toString(), path);
      if (last !== undefined) return { entries, more: path !== undefined };
    }
    return { entries: [], more: false };
  }

  async deleteManifest(repository: RepositoryName, digest: Digest): Promise<void> {
    await this.remove({ kind: 'manifest', repository, reference: digest }, ManifestUnknown);
  }

  async deleteTag(repository: RepositoryName, tag: Tag): Promise<void> {
    await this.remove({ kind: 'manifest', repository, reference: tag }, ManifestUnknown);
  }

  async deleteBlob(repository: RepositoryName, digest: Digest): Promise<void> {
    await this.remove({ kind: 'blob', repository, digest }, BlobUnknown);
  }

  private async remove(target: Extract<Target, { kind: 'manifest' | 'blob' }>, absent: Ask['absent']): Promise<void> {
    const scope = `repository:${target.repository.toString()}:delete`;
    const path = formatPath(target);
    await this.connection.sendAndForget({ method: 'DELETE', path, scope, expect: [202, 200, 204], absent });
  }

  private async listNames(
    target: Extract<Target, { kind: 'tags' | 'catalog' }>,
    field: string,
    { n, last }: Page,
  ): Promise<Listed<string>> {
    const list = formatPath(target);
    const path = this.nextPages.after(list, last) ?? list + formatQuery({ n, last });
    const read =
      target.kind === 'tags' ? readOf(target.repository) : { method: 'GET' as const, scope: 'registry:catalog:*' };
    const reply = await this.connection.send({ ...read, path, expect: [200] });
    const entries = textsOf((await readPage(reply.body))[field]);
    const end = entries.at(-1);
    const next = this.nextPage(path, reply);
    if (end !== undefined && next !== undefined) this.nextPages.keep(list, end, next);
    return { entries, more: end !== undefined && next !== undefined };
  }

  /** Path and query of the next page. A link to another origin is an error: our token goes with the request. */
  private nextPage(path: string, { headers }: Reply): string | undefined {
    const link = parseNextLink([headers['link'] ?? ''].flat().join(', '));
    return link === undefined ? undefined : this.connection.sameOrigin(link, path);
  }

  /** distribution-spec "Referrers Tag Schema": where a registry has no referrers API, clients keep an index under a tag. */
  private async fallback(repository: RepositoryName, subject: Digest): Promise<JsonPage> {
    const tag = Tag.parse(`${subject.algorithm}-${subject.hex.slice(0, 64)}`);
    try {
      return parsePage((await this.getManifest(repository, tag)).bytes);
    } catch (error) {
      if (error instanceof RegistryError && error.status === 404) return {};
      throw error;
    }
  }
}

function readOf(repository: RepositoryName): Pick<Ask, 'method' | 'scope'> {
  return { method: 'GET', scope: `repository:${repository.toString()}:pull` };
}

function manifestRequest(method: 'GET' | 'HEAD', repository: RepositoryName, reference: Reference): Ask {
  const path = formatPath({ kind: 'manifest', repository, reference });
  const headers = { accept: acceptedManifests };
  return { ...readOf(repository), method, path, headers, expect: [200], absent: ManifestUnknown };
}
