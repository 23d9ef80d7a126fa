import {
  BlobUploadUnknown,
  Digest,
  DigestAlgorithm,
  NameUnknown,
  parseManifest,
  Push,
  PutManifest,
  RepositoryName,
  Tag,
  Unknown,
  Upload,
  UploadPiece,
} from '@ncr/oci';
import { formatChunkRange, parseUploadRange } from '../byte-range';
import { formatQuery } from '../query';
import { formatPath, Mount } from '../route';
import { streamOf } from './body';
import { Ask, Connection, Reply } from './connection';
import { announcedDigest, sum } from './received-manifest';
import { UploadLocations } from './upload-location';

/** Workflow "Push" towards another registry. */
export class RemotePush implements Push {
  private readonly locations = new UploadLocations();

  constructor(protected readonly connection: Connection) {}

  async startUpload(repository: RepositoryName, algorithm?: DigestAlgorithm): Promise<Upload> {
    // Registries take sha256 for granted; those that do not know the parameter ignore it.
    const query = formatQuery({ 'digest-algorithm': algorithm === 'sha256' ? undefined : algorithm });
    const path = formatPath({ kind: 'uploads', repository }) + query;
    const reply = await this.open(path, scopeOf(repository), [202]);
    return this.uploadAt(repository, path, reply, 0);
  }

  async mountBlob(repository: RepositoryName, digest: Digest, from?: RepositoryName): ReturnType<Push['mountBlob']> {
    const mount: Mount = from === undefined ? { digest } : { digest, from };
    const path = formatPath({ kind: 'uploads', repository, mount });
    const source = from === undefined ? '' : ` repository:${from.toString()}:pull`;
    const reply = await this.open(path, scopeOf(repository) + source, [201, 202]);
    if (reply.status === 201) return { digest };
    // The registry opened an upload instead, which nobody is going to use.
    const upload = this.uploadAt(repository, path, reply, 0);
    await this.cancelUpload(repository, upload.id).catch(() => undefined);
    return undefined;
  }

  async appendUpload(repository: RepositoryName, id: string, piece: UploadPiece): Promise<Upload> {
    const location = this.locations.open(repository, id);
    const sent = counted(piece);
    const reply = await this.sendPiece(
      { method: 'PATCH', path: location, expect: [202, 201, 204] },
      repository,
      sent.piece,
    );
    const range = parseUploadRange(String(reply.headers.range));
    // `0-0` is said for one byte, too.
    const offset = range === 0 && sent.bytes() > 0 ? 1 : range;
    if (offset === undefined) throw new Unknown('the registry does not say how much of the upload it has');
    return this.uploadAt(repository, location, reply, offset);
  }

  async finishUpload(
    repository: RepositoryName,
    id: string,
    digest: Digest,
    piece?: UploadPiece,
  ): Promise<{ digest: Digest }> {
    const location = this.locations.open(repository, id);
    const path = `${location}${location.includes('?') ? '&' : '?'}digest=${encodeURIComponent(digest.toString())}`;
    const reply = await this.sendPiece({ method: 'PUT', path, expect: [201, 204] }, repository, piece);
    if (announcedDigest(reply.headers)?.equals(digest) === false) {
      throw new Unknown('the registry stored the blob under another digest');
    }
    return { digest };
  }

  async uploadStatus(repository: RepositoryName, id: string): Promise<Upload> {
    const path = this.locations.open(repository, id);
    const reply = await this.connection.sendAndForget({
      method: 'GET',
      path,
      scope: scopeOf(repository),
      expect: [204],
      absent: BlobUploadUnknown,
    });
    const offset = parseUploadRange(String(reply.headers.range));
    if (offset === undefined) throw new Unknown('the registry does not say how much of the upload it has');
    return this.uploadAt(repository, path, reply, offset);
  }

  async cancelUpload(repository: RepositoryName, id: string): Promise<void> {
    await this.connection.sendAndForget({
      method: 'DELETE',
      path: this.locations.open(repository, id),
      scope: scopeOf(repository),
      expect: [204, 202, 200],
      absent: BlobUploadUnknown,
    });
  }

  /** Where the registry does not know `?tag=`, tags are set one after the other and so not all at once. */
  async putManifest(
    repository: RepositoryName,
    manifest: { readonly mediaType?: string; readonly bytes: Uint8Array },
    target: { readonly digest?: Digest; readonly tags: readonly Tag[] },
  ): Promise<PutManifest> {
    const digest = target.digest ?? sum('sha256', manifest.bytes);
    const mediaType = manifest.mediaType ?? parseManifest(manifest.bytes, undefined).mediaType;
    const put = (reference: Tag | Digest, tags: readonly Tag[] = []) =>
      this.connection.sendAndForget({
        method: 'PUT',
        path: formatPath({ kind: 'manifest', repository, reference }) + tagQuery(tags),
        scope: scopeOf(repository),
        headers: { 'content-type': mediaType },
        body: manifest.bytes,
        expect: [201],
        absent: NameUnknown,
      });
    const [only, ...others] = target.tags;
    const byTag = only !== undefined && others.length === 0 && target.digest === undefined;
    const reply = byTag ? await put(only) : await put(digest, target.tags);
    const set = String(reply.headers['oci-tag'] ?? '').split(/\s*,\s*/);
    const left = byTag ? [] : target.tags.filter((tag) => !set.includes(tag.name));
    for (const tag of left) await put(tag);
    const subject = reply.headers['oci-subject'];
    return typeof subject === 'string' ? { digest, subject: Digest.parse(subject) } : { digest };
  }

  private open(path: string, scope: string, expect: readonly number[]): ReturnType<Connection['sendAndForget']> {
    return this.connection.sendAndForget({ method: 'POST', path, scope, expect, headers: { 'content-length': '0' } });
  }

  private async sendPiece(
    request: Pick<Ask, 'method' | 'path' | 'expect'>,
    repository: RepositoryName,
    piece: UploadPiece | undefined,
  ): ReturnType<Connection['sendAndForget']> {
    const headers: Record<string, string> = { 'content-type': 'application/octet-stream' };
    const length = piece === undefined ? 0 : piece.content.length;
    if (length !== undefined) headers['content-length'] = String(length);
    if (piece?.range !== undefined) headers['content-range'] = formatChunkRange(piece.range);
    const body = piece === undefined || length === 0 ? undefined : streamOf(piece.content);
    const scope = scopeOf(repository);
    return this.connection.sendAndForget({ ...request, scope, headers, body, absent: BlobUploadUnknown });
  }

  private uploadAt(repository: RepositoryName, path: string, reply: Omit<Reply, 'body'>, offset: number): Upload {
    const location = reply.headers.location === undefined ? path : reply.headers.location;
    const id = this.locations.seal(repository, this.connection.sameOrigin(location, path));
    const minimumPiece = Number(reply.headers['oci-chunk-min-length'] ?? NaN);
    return Number.isSafeInteger(minimumPiece) && minimumPiece > 0 ? { id, offset, minimumPiece } : { id, offset };
  }
}

function scopeOf(repository: RepositoryName): string {
  return `repository:${repository.toString()}:pull,push`;
}

function tagQuery(tags: readonly Tag[]): string {
  return tags.length === 0 ? '' : `?${tags.map(({ name }) => `tag=${name}`).join('&')}`;
}

/** The piece, and how many of its bytes have been read. */
function counted(piece: UploadPiece): { piece: UploadPiece; bytes: () => number } {
  let bytes = 0;
  const { content } = piece;
  const sendTo: typeof content.sendTo = (write) =>
    content.sendTo((part) => {
      bytes += part.length;
      return write(part);
    });
  return {
    piece: { ...piece, content: { ...(content.length !== undefined && { length: content.length }), sendTo } },
    bytes: () => bytes,
  };
}
