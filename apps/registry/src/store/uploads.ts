import { Digest, DigestAlgorithm } from '@ncr/oci';
import { WriterState } from '@ncr/storage';
import { digestBytes, digestOf, Statement, Tx } from './sql';

export type UploadState = 'open' | 'finished' | 'cancelled' | 'expired';

/** An upload that got its first byte. Finished, cancelled and expired ones stay as tombstones while their id is valid. */
export interface UploadRow {
  readonly state: UploadState;
  readonly objectKey: string;
  readonly writerState: WriterState;
  readonly algorithm: DigestAlgorithm;
  /** Digest of the bytes so far, once a piece has ended. */
  readonly digestSoFar?: Digest;
  /** What it was finished as. */
  readonly digest?: Digest;
}

interface Row {
  readonly state: UploadState;
  readonly object_key: string;
  readonly received: number;
  readonly algorithm: DigestAlgorithm;
  readonly digest_so_far: Buffer | null;
  readonly multipart: WriterState['multipart'] | null;
  readonly tail: Buffer | null;
  readonly digest: Buffer | null;
}

const columns = 'state, object_key, received::float8 AS received, algorithm, digest_so_far, multipart, tail, digest';

const byId = new Statement<Row>(`SELECT ${columns} FROM registry.upload WHERE id = $1`);

/**
 * The loser of two first bytes inserts nothing. Nothing has been acknowledged yet, so the commit need not wait for the
 * disk: what a crash loses of it is an object without a row.
 */
const begin = new Statement<object>(`
  WITH hasty AS MATERIALIZED (SELECT set_config('synchronous_commit', 'off', true))
  INSERT INTO registry.upload (id, registry_id, image, principal, object_key, writer, algorithm, forget_after)
  SELECT $1, $2, $3, $4, $5, $6, $7, $8 FROM hasty
  ON CONFLICT (id) DO NOTHING RETURNING id`);

const countOpen = new Statement<{ open: number }>(`
  SELECT count(*)::int AS open FROM registry.upload
  WHERE principal = $1 AND state = 'open' AND touched_at > now() - interval '24 hours'`);

/** A writer is alive while the connection that holds its advisory lock is; a crashed one blocks nobody. */
const claim = new Statement<Row>(`
  UPDATE registry.upload u SET writer = $2 WHERE id = $1 AND state = 'open'
    AND (writer IS NULL OR NOT EXISTS (
      SELECT FROM pg_locks WHERE locktype = 'advisory' AND granted AND classid = ${writerLockClass()} AND objid::bigint = u.writer))
  RETURNING ${columns}`);

const release = new Statement<object>('UPDATE registry.upload SET writer = NULL WHERE id = $1 AND writer = $2');

const advance = new Statement<object>(`
  UPDATE registry.upload
  SET received = $3, digest_so_far = $4, multipart = $5, tail = $6, touched_at = now(), writer = NULL
  WHERE id = $1 AND writer = $2 AND state = 'open' RETURNING id`);

const finish = new Statement<object>(`
  UPDATE registry.upload SET state = 'finished', digest = $3, received = $4, tail = NULL, multipart = NULL, writer = NULL
  WHERE id = $1 AND writer = $2 AND state = 'open' RETURNING id`);

const end = new Statement<object>(`
  UPDATE registry.upload SET state = 'cancelled', tail = NULL, multipart = NULL, writer = NULL
  WHERE id = $1 AND writer = $2 AND state = 'open' RETURNING id`);

const buryUnused = new Statement<object>(`
  INSERT INTO registry.upload (id, registry_id, image, principal, object_key, algorithm, forget_after, state)
  VALUES ($1, $2, $3, $4, $5, $6, $7, 'cancelled') ON CONFLICT (id) DO NOTHING RETURNING id`);

const expire = new Statement<object>(`
  WITH gone AS (
    UPDATE registry.upload SET state = 'expired', tail = NULL, writer = NULL
    WHERE id IN (SELECT id FROM registry.upload WHERE principal = $1 AND state = 'open'
                 AND touched_at < now() - interval '24 hours' LIMIT 100 FOR UPDATE SKIP LOCKED)
    RETURNING object_key, multipart)
  INSERT INTO registry.doomed_object (object_key, reason, multipart, delete_after)
  SELECT object_key, 'expired', multipart, now() + interval '1 hour' FROM gone ON CONFLICT DO NOTHING`);

const forget = new Statement<object>(`
  DELETE FROM registry.upload WHERE id IN
    (SELECT id FROM registry.upload WHERE forget_after < now() AND state <> 'open' LIMIT 100)`);

/** First key of the advisory lock that says "this writer lives"; the second is the writer's number. */
export function writerLockClass(): number {
  return 0x6e6372;
}

/** What the first byte of an upload records. */
export interface NewUpload {
  readonly id: string;
  readonly registryId: string;
  readonly image: string;
  readonly principal: string;
  readonly objectKey: string;
  readonly algorithm: DigestAlgorithm;
  readonly forgetAfter: Date;
}

function parse(row: Row): UploadRow {
  return {
    state: row.state,
    objectKey: row.object_key,
    algorithm: row.algorithm,
    writerState: {
      offset: row.received,
      ...(row.multipart && { multipart: row.multipart }),
      ...(row.tail && { tail: row.tail }),
    },
    ...(row.digest_so_far && { digestSoFar: digestOf(row.digest_so_far) }),
    ...(row.digest && { digest: digestOf(row.digest) }),
  };
}

export async function findUpload(tx: Tx, id: string): Promise<UploadRow | undefined> {
  const row = await byId.one(tx, id);
  return row && parse(row);
}

/** Uploads of the principal that got a byte within the last day and are not finished. */
export async function countOpenUploads(tx: Tx, principal: string): Promise<number> {
  const [{ open }] = await countOpen.run(tx, principal);
  return open;
}

/** False when the upload has begun already. */
export async function beginUpload(tx: Tx, upload: NewUpload, writer: number): Promise<boolean> {
  const { id, registryId, image, principal, objectKey, algorithm, forgetAfter } = upload;
  const row = await begin.one(tx, id, registryId, image, principal, objectKey, writer, algorithm, forgetAfter);
  return row !== undefined;
}

/** Undefined when the upload is not open or somebody living writes to it. */
export async function claimUpload(tx: Tx, id: string, writer: number): Promise<UploadRow | undefined> {
  const row = await claim.one(tx, id, writer);
  return row && parse(row);
}

export async function releaseUpload(tx: Tx, id: string, writer: number): Promise<void> {
  await release.run(tx, id, writer);
}

/** Records a durable piece and lets go of the upload; false when it was taken away in between. */
export async function advanceUpload(
  tx: Tx,
  upload: { id: string; writer: number },
  state: WriterState,
  digestSoFar: Digest,
): Promise<boolean> {
  const { offset, multipart, tail } = state;
  const parts = multipart ? JSON.stringify(multipart) : null;
  const row = await advance.one(tx, upload.id, upload.writer, offset, digestBytes(digestSoFar), parts, tail ?? null);
  return row !== undefined;
}

/** Leaves the tombstone of a finished upload; false when it was taken away in between. */
export async function finishUploadRow(
  tx: Tx,
  upload: { id: string; writer: number },
  digest: Digest,
  size: number,
): Promise<boolean> {
  return (await finish.one(tx, upload.id, upload.writer, digestBytes(digest), size)) !== undefined;
}

/** Leaves the tombstone of a cancelled upload; false when it was taken away in between. */
export async function cancelUploadRow(tx: Tx, upload: { id: string; writer: number }): Promise<boolean> {
  return (await end.one(tx, upload.id, upload.writer)) !== undefined;
}

/** Cancels an upload that never got a byte; false when it got one in between. */
export async function buryUnusedUpload(tx: Tx, upload: NewUpload): Promise<boolean> {
  const { id, registryId, image, principal, objectKey, algorithm, forgetAfter } = upload;
  const row = await buryUnused.one(tx, id, registryId, image, principal, objectKey, algorithm, forgetAfter);
  return row !== undefined;
}

/** Gives up the principal's uploads without a byte for a day, and drops tombstones whose id is no longer valid. */
export async function expireUploads(tx: Tx, principal: string): Promise<void> {
  await expire.run(tx, principal);
  await forget.run(tx);
}
