import { TooManyRequests } from '@ncr/oci';
import { LRUCache } from 'lru-cache';
import { countOpenUploads, expireUploads } from './store/uploads';
import { Tx } from './store/sql';

/** Milliseconds between two counts of one principal's open uploads. */
const recount = 60_000;

/**
 * Keeps a principal's unfinished uploads below the limit (AC-49). Counting each time would cost more than the rest of a
 * small push, so a process counts what it begins and ends itself, and asks the table once a minute and before it refuses.
 */
export class OpenUploads {
  private readonly counts = new LRUCache<string, { open: number }>({ max: 10_000, ttl: recount });

  constructor(
    private readonly tx: Tx,
    private readonly limit: number,
  ) {}

  /** Throws `TooManyRequests`. What lies abandoned for a day is given up first. */
  async admit(principal: string): Promise<void> {
    let count = this.counts.get(principal);
    if (!count || count.open >= this.limit) count = await this.recount(principal);
    if (count.open < this.limit) return;
    throw new TooManyRequests('too many uploads are open: finish or cancel some', { limit: this.limit });
  }

  begun(principal: string): void {
    const count = this.counts.get(principal);
    if (count) count.open++;
  }

  ended(principal: string): void {
    const count = this.counts.get(principal);
    if (count) count.open--;
  }

  private async recount(principal: string): Promise<{ open: number }> {
    await expireUploads(this.tx, principal);
    const count = { open: await countOpenUploads(this.tx, principal) };
    this.counts.set(principal, count);
    return count;
  }
}
