import {
  BlobTooLarge,
  BlobUploadUnknown,
  Digest,
  DigestAlgorithm,
  DigestInvalid,
  RangeInvalid,
  SizeInvalid,
  Unavailable,
  Upload,
  UploadPiece,
} from '@ncr/oci';
import { DataPool, inTransaction } from '@ncr/platform';
import { ObjectMissing, ObjectWriter, StorageDriver, StorageError, StorageFull } from '@ncr/storage';
import { randomUUID } from 'node:crypto';
import { commitBlob } from './blob-commit';
import { OpenUploads } from './open-uploads';
import { RegistrySettings } from './registry.config';
import { RunningHashes } from './running-hashes';
import { doomObject } from './store/doomed-objects';
import {
  advanceUpload,
  beginUpload,
  buryUnusedUpload,
  cancelUploadRow,
  claimUpload,
  findUpload,
  NewUpload,
  releaseUpload,
  UploadRow,
} from './store/uploads';
import { UploadClaims, UploadIds, uploadIdDays, UploadOwner } from './upload-id';
import { outOfOrder, UploadSession } from './upload-session';
import { WriterLock } from './writer-lock';

interface UploadParts {
  readonly pool: DataPool;
  readonly storage: StorageDriver;
  readonly ids: UploadIds;
  /** Ids of repositories, where they are remembered. */
  readonly knownRepository: (owner: UploadOwner) => string | undefined;
  readonly lock: WriterLock;
  readonly settings: RegistrySettings;
}

/**
 * Upload sessions (distribution-spec "Pushing blobs"). A session costs nothing until its first byte; from then on it is
 * a row and an object of its own key, written by one process at a time. No path ever opens a finished object again.
 */
export class BlobUploads {
  private readonly hashes = new RunningHashes();
  private readonly openUploads: OpenUploads;
  private readonly pool: DataPool;
  private readonly storage: StorageDriver;
  private readonly ids: UploadIds;
  private readonly knownRepository: UploadParts['knownRepository'];
  private readonly lock: WriterLock;
  private readonly settings: RegistrySettings;

  constructor(parts: UploadParts) {
    this.pool = parts.pool;
    this.storage = parts.storage;
    this.ids = parts.ids;
    this.knownRepository = parts.knownRepository;
    this.lock = parts.lock;
    this.settings = parts.settings;
    this.openUploads = new OpenUploads(parts.pool, parts.settings.NCR_MAX_OPEN_UPLOADS);
  }

  async start(owner: UploadOwner, algorithm: DigestAlgorithm): Promise<Upload> {
    await this.openUploads.admit(owner.principal);
    return { id: this.ids.issue(owner, algorithm), offset: 0 };
  }

  async status(owner: UploadOwner, id: string): Promise<Upload> {
    const row = await findUpload(this.pool, this.ids.open(id, owner).key);
    if (row && row.state !== 'open') throw unknownUpload();
    return { id, offset: row?.writerState.offset ?? 0 };
  }

  async append(owner: UploadOwner, id: string, piece: UploadPiece): Promise<Upload> {
    const session = await this.open(owner, this.ids.open(id, owner));
    if (!(session instanceof UploadSession)) throw unknownUpload();
    try {
      await session.receive(piece, this.settings.NCR_MAX_BLOB_SIZE);
    } catch (error) {
      if (fits(error)) await this.advance(session);
      else await this.giveUp(session, error);
      throw error;
    }
    return { id, offset: await this.advance(session) };
  }

  /** When it resolves, the object, the blob's row and its link are durable: the fdatasync and then the commit are behind it. */
  async finish(owner: UploadOwner, id: string, digest: Digest, piece?: UploadPiece): Promise<void> {
    const session = await this.open(owner, this.ids.open(id, owner), digest.algorithm);
    if (!(session instanceof UploadSession)) {
      if (session.state === 'finished' && session.digest?.equals(digest)) return;
      throw unknownUpload();
    }
    try {
      if (piece) await session.receive(piece, this.settings.NCR_MAX_BLOB_SIZE);
      const actual = await session.digest(digest.algorithm);
      if (!actual.equals(digest)) throw new DigestInvalid('content has another digest', { announced: digest, actual });
      await session.finish();
    } catch (error) {
      await this.giveUp(session, error);
    }
    try {
      await commitBlob(this.pool, this.storage, { owner, session, digest, repositoryId: this.knownRepository(owner) });
      this.openUploads.ended(owner.principal);
    } catch (error) {
      await releaseUpload(this.pool, session.key, session.writer);
      throw error;
    }
  }

  async cancel(owner: UploadOwner, id: string): Promise<void> {
    const claims = this.ids.open(id, owner);
    if (await buryUnusedUpload(this.pool, newUpload(owner, claims, claims.algorithm))) return;
    const writer = await this.lock.number();
    const row = await claimUpload(this.pool, claims.key, writer);
    if (!row) throw await this.refusal(claims.key);
    this.hashes.take(claims.key, -1);
    await inTransaction(this.pool, async (tx) => {
      if (!(await cancelUploadRow(tx, { id: claims.key, writer }))) return;
      await doomObject(tx, row.objectKey, 'cancelled', row.writerState.multipart);
    });
  }

  /** The upload held by this process, or the tombstone that says why it cannot be. */
  private async open(
    owner: UploadOwner,
    claims: UploadClaims,
    announced: DigestAlgorithm = claims.algorithm,
  ): Promise<UploadSession | UploadRow> {
    const writer = await this.lock.number();
    const begin = (): Promise<UploadSession | undefined> => this.begin(owner, claims, announced, writer);
    const resume = (): Promise<UploadSession | undefined> => this.resume(claims, writer);
    const known = this.hashes.has(claims.key);
    const session = known ? ((await resume()) ?? (await begin())) : ((await begin()) ?? (await resume()));
    if (session) return session;
    const row = await findUpload(this.pool, claims.key);
    if (!row) throw unknownUpload();
    if (row.state === 'open') throw outOfOrder(row.writerState.offset);
    return row;
  }

  private async begin(
    owner: UploadOwner,
    claims: UploadClaims,
    algorithm: DigestAlgorithm,
    writer: number,
  ): Promise<UploadSession | undefined> {
    const upload = newUpload(owner, claims, algorithm);
    if (!(await beginUpload(this.pool, upload, writer))) return undefined;
    this.openUploads.begun(owner.principal);
    const row: UploadRow = { state: 'open', objectKey: upload.objectKey, writerState: { offset: 0 }, algorithm };
    const object = await this.openObject(claims.key, writer, () => this.storage.create(row.objectKey));
    return new UploadSession({ key: claims.key, writer, row, object, storage: this.storage });
  }

  private async resume(claims: UploadClaims, writer: number): Promise<UploadSession | undefined> {
    const row = await claimUpload(this.pool, claims.key, writer);
    if (!row) return undefined;
    const object = await this.openObject(claims.key, writer, () => this.reopen(row));
    const hash = this.hashes.take(claims.key, row.writerState.offset);
    return new UploadSession({ key: claims.key, writer, row, object, storage: this.storage, hash });
  }

  /** A crash between the commit of the row and the first byte leaves no object, and nothing that was acknowledged. */
  private async reopen({ objectKey, writerState }: UploadRow): Promise<ObjectWriter> {
    try {
      return await this.storage.resume(objectKey, writerState);
    } catch (error) {
      if (!(error instanceof ObjectMissing) || writerState.offset > 0) throw error;
      return this.storage.create(objectKey);
    }
  }

  private async openObject(key: string, writer: number, open: () => Promise<ObjectWriter>): Promise<ObjectWriter> {
    try {
      return await open();
    } catch (error) {
      await cancelUploadRow(this.pool, { id: key, writer });
      throw refusalOf(error);
    }
  }

  /** Records what arrived, durably, and lets go of the upload; gives the new offset. */
  private async advance(session: UploadSession): Promise<number> {
    const { key, writer } = session;
    const state = await session.sync().catch((error: unknown) => this.giveUp(session, error));
    const { hash, digest } = await session.leave();
    await session.release();
    if (!(await advanceUpload(this.pool, { id: key, writer }, state, digest))) throw unknownUpload();
    this.hashes.keep(key, hash, state.offset);
    return state.offset;
  }

  /** A piece that does not fit costs nothing that was there before; a broken object or a wrong digest costs the upload. */
  private async giveUp(session: UploadSession, error: unknown): Promise<never> {
    const { key, writer } = session;
    if (fits(error) || error instanceof RangeInvalid || error instanceof SizeInvalid) {
      await session.release();
      await releaseUpload(this.pool, key, writer);
    } else {
      await session.abort();
      await cancelUploadRow(this.pool, { id: key, writer });
    }
    throw refusalOf(error);
  }

  private async refusal(key: string): Promise<Error> {
    const row = await findUpload(this.pool, key);
    return row?.state === 'open' ? outOfOrder(row.writerState.offset) : unknownUpload();
  }
}

function newUpload(owner: UploadOwner, claims: UploadClaims, algorithm: DigestAlgorithm): NewUpload {
  const object = randomUUID();
  return {
    id: claims.key,
    registryId: owner.registryId,
    image: owner.repository.image,
    principal: owner.principal,
    objectKey: `objects/${object.slice(-2)}/${object}`,
    algorithm,
    forgetAfter: new Date(claims.started.getTime() + uploadIdDays * 86_400_000),
  };
}

function unknownUpload(): BlobUploadUnknown {
  return new BlobUploadUnknown('upload is unknown, finished, or given up');
}

/** Whether what came is good as far as it came: the client went away, it was not we who refused. */
function fits(error: unknown): boolean {
  return ![RangeInvalid, SizeInvalid, BlobTooLarge, DigestInvalid, StorageError].some((kind) => error instanceof kind);
}

function refusalOf(error: unknown): unknown {
  if (!(error instanceof StorageError)) return error;
  const message = error instanceof StorageFull ? 'storage is full' : 'storage failed, nothing was stored';
  return new Unavailable(message, undefined, { 'Retry-After': '30' });
}
