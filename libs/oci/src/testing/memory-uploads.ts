import { createHash, randomUUID } from 'node:crypto';
import { ByteSource } from '../bytes';
import { Digest } from '../digest';
import { BlobTooLarge, BlobUploadUnknown, DigestInvalid, RangeInvalid, SizeInvalid } from '../errors';
import { Upload, UploadPiece } from '../registry';
import { RepositoryName } from '../repository-name';

interface Session {
  readonly repository: RepositoryName;
  pieces: Uint8Array[];
  offset: number;
  writing: boolean;
  finished?: Digest;
}

/** The upload sessions of a `MemoryRegistry`: the offset is the server's, and one writer at a time. */
export class MemoryUploads {
  private readonly sessions = new Map<string, Session>();

  constructor(private readonly blobLimit: number) {}

  start(repository: RepositoryName): Upload {
    const id = randomUUID();
    this.sessions.set(id, { repository, pieces: [], offset: 0, writing: false });
    return { id, offset: 0 };
  }

  status(repository: RepositoryName, id: string): Upload {
    return { id, offset: this.open(repository, id).offset };
  }

  cancel(repository: RepositoryName, id: string): void {
    this.open(repository, id);
    this.sessions.delete(id);
  }

  async append(repository: RepositoryName, id: string, piece: UploadPiece): Promise<Upload> {
    const session = this.open(repository, id);
    refuseMisplaced(session, piece);
    session.writing = true;
    try {
      await this.receive(session, piece);
    } finally {
      session.writing = false;
    }
    return { id, offset: this.open(repository, id).offset };
  }

  /** Gives the bytes, or undefined where this session has already given them under the same digest. */
  async finish(
    repository: RepositoryName,
    id: string,
    digest: Digest,
    piece?: UploadPiece,
  ): Promise<Uint8Array | undefined> {
    const known = this.sessions.get(id);
    if (known?.repository.equals(repository) && known.finished?.equals(digest)) return undefined;
    if (piece === undefined) refuseMisplaced(this.open(repository, id), { content: nothing });
    else await this.append(repository, id, piece);
    const session = this.open(repository, id);
    const bytes = Buffer.concat(session.pieces);
    const actual = createHash(digest.algorithm).update(bytes).digest('hex');
    if (actual !== digest.hex) {
      this.sessions.delete(id);
      throw new DigestInvalid('content does not have the digest', {
        expected: digest,
        actual: `${digest.algorithm}:${actual}`,
      });
    }
    session.finished = digest;
    session.pieces = [];
    return bytes;
  }

  private open(repository: RepositoryName, id: string): Session {
    const session = this.sessions.get(id);
    if (session === undefined || session.finished !== undefined || !session.repository.equals(repository)) {
      throw new BlobUploadUnknown('no such upload', { id });
    }
    return session;
  }

  /** What arrived before the sender broke off stays; a piece that is not what its range says is dropped whole. */
  private async receive(session: Session, piece: UploadPiece): Promise<void> {
    const { offset } = session;
    const count = session.pieces.length;
    const limit = piece.range === undefined ? Infinity : piece.range.end - piece.range.start + 1;
    const mismatch = (): SizeInvalid => {
      session.pieces.length = count;
      session.offset = offset;
      return new SizeInvalid('content does not have the length of its range', { length: limit });
    };
    await piece.content.sendTo((bytes) => {
      if (session.offset - offset + bytes.length > limit) throw mismatch();
      if (session.offset + bytes.length > this.blobLimit)
        throw new BlobTooLarge('blob too large', { limit: this.blobLimit });
      session.pieces.push(Uint8Array.from(bytes));
      session.offset += bytes.length;
    });
    if (limit !== Infinity && session.offset - offset !== limit) throw mismatch();
  }
}

const nothing: ByteSource = { length: 0, sendTo: async () => {} };

function refuseMisplaced(session: Session, piece: UploadPiece): void {
  const { offset } = session;
  if (session.writing) throw misplaced('another request is writing to this upload', offset);
  if (piece.range === undefined) return;
  const { start, end } = piece.range;
  if (start !== offset || end < start) throw misplaced(`the upload goes on at byte ${offset}`, offset);
  if (piece.content.length !== undefined && piece.content.length !== end - start + 1) {
    throw new SizeInvalid('Content-Length and Content-Range differ', { length: piece.content.length });
  }
}

/** Says in `detail` and in the header how much is there, so that the client can go on. */
function misplaced(message: string, offset: number): RangeInvalid {
  return new RangeInvalid(message, { offset }, { Range: `0-${Math.max(offset - 1, 0)}` });
}
