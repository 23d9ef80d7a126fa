import { Statement, Tx } from './sql';

/** Why an object has to go; stands in the collector's audit. */
export type DoomReason = 'duplicate' | 'damaged' | 'cancelled' | 'expired';

const doom = new Statement<object>(`
  INSERT INTO registry.doomed_object (object_key, reason, multipart, delete_after)
  VALUES ($1, $2, $3, now() + make_interval(secs => $4)) ON CONFLICT (object_key) DO NOTHING`);

/** Seconds that a reader of the object, or of a presigned URL to it, may still need. */
const grace = 3600;

/** Hands the object to the collector, in the transaction that lets go of it. A damaged one is kept for a week, to look at. */
export async function doomObject(tx: Tx, key: string, reason: DoomReason, multipart?: unknown): Promise<void> {
  const seconds = reason === 'damaged' ? 7 * 24 * 3600 : grace;
  await doom.run(tx, key, reason, multipart === undefined ? null : JSON.stringify(multipart), seconds);
}
