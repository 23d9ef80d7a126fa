import { LRUCache } from 'lru-cache';
import { Hash } from 'node:crypto';

/**
 * Hashes of uploads between two pieces. Node cannot export a hash, so it stays with the process that computed it; any
 * other process, and this one after it was forgotten, reads the object again.
 */
export class RunningHashes {
  private readonly hashes = new LRUCache<string, { hash: Hash; offset: number }>({ max: 1000 });

  has(key: string): boolean {
    return this.hashes.has(key);
  }

  keep(key: string, hash: Hash, offset: number): void {
    this.hashes.set(key, { hash, offset });
  }

  /** Undefined unless the hash has seen exactly `offset` bytes. */
  take(key: string, offset: number): Hash | undefined {
    const found = this.hashes.get(key);
    this.hashes.delete(key);
    return found?.offset === offset ? found.hash : undefined;
  }
}
