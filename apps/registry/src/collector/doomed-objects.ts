import { DataPool, inTransaction } from '@ncr/platform';
import { StorageDriver, WriterState } from '@ncr/storage';
import { Statement } from '../store/sql';

interface DoomedRow {
  readonly object_key: string;
  readonly multipart: WriterState['multipart'] | null;
}

/** Objects deleted per round; each is one call to the store. */
const batch = 50;

const due = new Statement<DoomedRow>(`
  SELECT object_key, multipart FROM registry.doomed_object WHERE delete_after < now() ORDER BY delete_after LIMIT $1`);

const forget = new Statement<object>(`
  DELETE FROM registry.doomed_object WHERE object_key = $1
    AND NOT EXISTS (SELECT FROM registry.blob WHERE object_key = $1)`);

const stillNamed = new Statement<object>('SELECT FROM registry.blob WHERE object_key = $1');

/**
 * Deletes the objects that a committed transaction let go of, by their exact keys, when no reader can be left. A key is
 * random and used once, so nothing can come to life under it; two processes that delete it at once do no harm.
 */
export async function deleteDoomedObjects(pool: DataPool, storage: StorageDriver): Promise<number> {
  const rows = await due.run(pool, batch);
  for (const { object_key: key, multipart } of rows) {
    if (await stillNamed.one(pool, key)) continue;
    await storage.delete(key, multipart ? { offset: 0, multipart } : undefined);
    await inTransaction(pool, (tx) => forget.run(tx, key));
  }
  return rows.length;
}
