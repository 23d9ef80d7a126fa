import { RegistryError } from '@ncr/oci';
import { LRUCache } from 'lru-cache';

/**
 * Remembers rows that may change. Correct only where this process is the only writer; with more, `lifetime` is 0 and
 * every read goes to PostgreSQL. An entry is kept only if nothing was dropped while it was being read, so a reader that
 * began before a commit can never put the old row back after it. Absence is not remembered.
 *
 *     writer    |---- COMMIT ----------------- learns of it, drops ---|
 *     reader 1      |-- SELECT: new --|
 *     reader 2  |-- SELECT: old ------------|                            must not be remembered
 *     reader 3                                  |-- from memory --|      must not see the old row: reader 1 saw the new one
 *
 * So while rows are being changed they are neither remembered nor given from memory; see `changing`.
 */
export class MutableCache<V extends object> {
  private readonly entries: LRUCache<string, V>;
  private readonly changes = new Set<{ readonly prefix: string }>();
  private generation = 0;

  constructor(
    private readonly lifetimeMs: number,
    entries: number,
  ) {
    this.entries = new LRUCache({ max: entries, ttl: Math.max(lifetimeMs, 1) });
  }

  /** The remembered row, without asking anybody. */
  peek(key: string): V | undefined {
    return this.lifetimeMs > 0 && !this.isChanging(key) ? this.entries.get(key) : undefined;
  }

  async get(key: string, read: () => Promise<V | undefined>): Promise<V | undefined> {
    const known = this.peek(key);
    if (known) return known;
    const before = this.generation;
    const value = await read();
    const isSettled = before === this.generation && !this.isChanging(key);
    if (value && this.lifetimeMs > 0 && isSettled) this.entries.set(key, value);
    return value;
  }

  /**
   * Runs a change of rows whose keys begin with `prefix`, and then drops those that `changed` names. A refusal changed
   * nothing; after any other failure nobody knows, and everything is dropped.
   */
  async changing<T>(prefix: string, work: () => Promise<T>, changed: (result: T) => readonly string[]): Promise<T> {
    const change = { prefix };
    this.changes.add(change);
    this.generation++;
    try {
      const result = await work();
      for (const key of changed(result)) this.drop(key);
      return result;
    } catch (error) {
      if (!(error instanceof RegistryError)) this.clear();
      throw error;
    } finally {
      this.generation++;
      this.changes.delete(change);
    }
  }

  /** For rows whose readers may see a change one after the other; to be called after COMMIT and before the answer. */
  drop(key: string): void {
    this.generation++;
    this.entries.delete(key);
  }

  clear(): void {
    this.generation++;
    this.entries.clear();
  }

  private isChanging(key: string): boolean {
    for (const { prefix } of this.changes) if (key.startsWith(prefix)) return true;
    return false;
  }
}
