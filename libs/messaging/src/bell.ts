/** What can run SQL inside a transaction: a `pg` client, TypeORM's `EntityManager` or `QueryRunner`. */
export interface Queryable {
  query(sql: string, parameters?: unknown[]): Promise<unknown>;
  /** TypeORM's manager names the connection that its transaction runs on. */
  readonly queryRunner?: object;
}

const listeners = new Set<() => void>();
const published = new WeakSet<object>();

const connectionOf = (tx: Queryable): object => tx.queryRunner ?? tx;

/** Calls the listener each time a transaction of this process that published something has committed. Gives the undo. */
export function onPublished(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** `publish` calls this: the transaction has something to announce once it is committed. */
export function markPublished(tx: Queryable): void {
  published.add(connectionOf(tx));
}

/**
 * To be called after COMMIT with what the transaction ran on: wakes the relay of this process when the transaction
 * published something. Forgetting it costs up to a second, never a message.
 */
export function committed(tx: Queryable): void {
  if (!published.delete(connectionOf(tx))) return;
  for (const listener of listeners) listener();
}
