import { Digest, NameUnknown } from '@ncr/oci';
import { DataPool, inTransaction, retried } from '@ncr/platform';
import { StorageDriver } from '@ncr/storage';
import { BlobRow, commitNewBlob, findBlob, linkBlob, replaceBlobObject } from './store/blobs';
import { doomObject } from './store/doomed-objects';
import { shareRegistry } from './store/registries';
import { ensureRepository } from './store/repositories';
import { foreignKeyViolation, sqlState, Tx } from './store/sql';
import { finishUploadRow } from './store/uploads';
import { UploadOwner } from './upload-id';
import { UploadSession } from './upload-session';

interface FinishedUpload {
  readonly owner: UploadOwner;
  readonly session: UploadSession;
  readonly digest: Digest;
  /** Where it is known. */
  readonly repositoryId?: string | undefined;
}

/** What to do with an object whose digest the registry has already. */
type Duplicate = { readonly keep: string } | { readonly replace: string };

/**
 * Turns a durable object into a blob of the repository: blob row, link with its lease, the upload's tombstone, one
 * commit. Throws `NameUnknown` when the registry was deleted meanwhile.
 *
 * A digest that is there already keeps its object and the new one is doomed, unless the old object is suspect or not as
 * long as its row says: then the new one takes its place, which heals every repository that links the blob. The look at
 * the old object happens between two transactions; should anything have changed by then, it begins again.
 */
export async function commitBlob(pool: DataPool, storage: StorageDriver, upload: FinishedUpload): Promise<void> {
  let attempt: Attempt = { repositoryId: upload.repositoryId };
  for (let left = 5; left > 0; left--) {
    if (await tryCommit(pool, upload, attempt)) return;
    attempt = { duplicate: await judge(pool, storage, upload.digest) };
  }
  throw new Error('blob changed five times while it was being committed');
}

/** What is believed of the registry; if it is wrong, nothing is changed. */
interface Attempt {
  readonly repositoryId?: string | undefined;
  readonly duplicate?: Duplicate | undefined;
}

/** False when the registry is not as `attempt` says; nothing was changed then. */
async function tryCommit(pool: DataPool, upload: FinishedUpload, attempt: Attempt): Promise<boolean> {
  const { owner, session, digest } = upload;
  const { registryId, repository } = owner;
  const object = { object_key: session.row.objectKey, size: session.size };
  try {
    const repositoryId =
      attempt.repositoryId ?? (await retried(() => ensureRepository(pool, registryId, repository.image))).id;
    if (attempt.duplicate) {
      await commitDuplicate(pool, { ...upload, repositoryId }, attempt.duplicate, object);
      return true;
    }
    const blob = { ...object, digest, registryId, repositoryId, upload: session };
    const outcome = await retried(() => commitNewBlob(pool, blob));
    if (outcome === 'deleted') throw registryDeleted();
    return outcome === 'done';
  } catch (error) {
    if (error instanceof Changed || sqlState(error) === foreignKeyViolation) return false;
    throw error;
  }
}

async function commitDuplicate(
  pool: DataPool,
  upload: FinishedUpload & { repositoryId: string },
  duplicate: Duplicate,
  object: BlobRow,
): Promise<void> {
  const { owner, session, digest, repositoryId } = upload;
  await inTransaction(pool, async (tx) => {
    if (!(await shareRegistry(tx, owner.registryId))) throw registryDeleted();
    await settle(tx, digest, duplicate, object);
    await linkBlob(tx, repositoryId, digest);
    if (await finishUploadRow(tx, { id: session.key, writer: session.writer }, digest, session.size)) return;
    throw new Error('upload was taken over by another process');
  });
}

async function settle(tx: Tx, digest: Digest, duplicate: Duplicate, blob: BlobRow): Promise<void> {
  if ('keep' in duplicate) {
    if ((await findBlob(tx, digest))?.object_key !== duplicate.keep) throw new Changed();
    await doomObject(tx, blob.object_key, 'duplicate');
    return;
  }
  if (!(await replaceBlobObject(tx, digest, duplicate.replace, blob))) throw new Changed();
  await doomObject(tx, duplicate.replace, 'damaged');
}

async function judge(pool: DataPool, storage: StorageDriver, digest: Digest): Promise<Duplicate | undefined> {
  const known = await findBlob(pool, digest);
  if (!known) return undefined;
  const healthy = !known.suspect && (await storage.stat(known.object_key))?.size === known.size;
  return healthy ? { keep: known.object_key } : { replace: known.object_key };
}

const registryDeleted = (): Error => new NameUnknown('registry was deleted');

/** The transaction saw another state than the one it was made for. */
class Changed extends Error {}
