import { LRUCache } from 'lru-cache';

/**
 * Remembers rows that may change. Correct only where this process is the only writer; with more, `lifetime` is 0 and
 * every read goes to PostgreSQL. An entry is kept only if nothing was dropped while it was being read, so a reader that
 * began before a commit can never put the old row back after it. Absence is not remembered.
 */
export class MutableCache<V extends object> {
  private readonly entries: LRUCache<string, V>;
  private generation = 0;

  constructor(
    private readonly lifetimeMs: number,
    entries: number,
  ) {
    this.entries = new LRUCache({ max: entries, ttl: Math.max(lifetimeMs, 1) });
  }

  /** The remembered row, without asking anybody. */
  peek(key: string): V | undefined {
    return this.lifetimeMs > 0 ? this.entries.get(key) : undefined;
  }

  async get(key: string, read: () => Promise<V | undefined>): Promise<V | undefined> {
    const known = this.peek(key);
    if (known) return known;
    const before = this.generation;
    const value = await read();
    if (value && this.lifetimeMs > 0 && before === this.generation) this.entries.set(key, value);
    return value;
  }

  /** To be called after COMMIT and before the answer. */
  drop(key: string): void {
    this.generation++;
    this.entries.delete(key);
  }

  clear(): void {
    this.generation++;
    this.entries.clear();
  }
}
