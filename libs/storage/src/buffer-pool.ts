const kibibyte = 1024;
const sizes = [64 * kibibyte, 256 * kibibyte, 1024 * kibibyte] as const;
const [small, medium, large] = sizes;

/** All buffers of the pool together, lent or waiting. */
const budget = 64 * large;

/**
 * Read buffers that are used again: allocating a mebibyte costs about as much as reading it. A lender never waits, since
 * clients that stop reading would then stop everybody: when much is lent the buffers get smaller, and beyond the budget
 * they are small and not kept.
 */
export class BufferPool {
  private readonly waiting: Record<number, Buffer[]> = { [small]: [], [medium]: [], [large]: [] };
  private readonly lent = new Set<Buffer>();
  /** Bytes of the pool's own buffers, lent or waiting. */
  private bytes = 0;
  private lentBytes = 0;

  /** Gives a buffer for reading `length` bytes; it may be shorter or longer. */
  take(length: number): Buffer {
    const size = this.sizeFor(length);
    const waiting = this.waiting[size]?.pop();
    if (waiting) return this.lend(waiting);
    if (this.bytes + size > budget) this.dropWaiting(size);
    const fresh = Buffer.allocUnsafeSlow(size);
    if (this.bytes + size > budget) return fresh;
    this.bytes += size;
    return this.lend(fresh);
  }

  /** Takes a buffer back that nobody reads any more. */
  giveBack(buffer: Buffer): void {
    if (!this.lent.delete(buffer)) return;
    this.lentBytes -= buffer.length;
    this.waiting[buffer.length]?.push(buffer);
  }

  /** Forgets a buffer that somebody may still read: a socket that was destroyed while it was sending. */
  abandon(buffer: Buffer): void {
    if (!this.lent.delete(buffer)) return;
    this.lentBytes -= buffer.length;
    this.bytes -= buffer.length;
  }

  private sizeFor(length: number): number {
    if (length <= small || this.lentBytes + medium > budget) return small;
    return length <= medium || this.lentBytes + large > budget / 2 ? medium : large;
  }

  private lend(buffer: Buffer): Buffer {
    this.lent.add(buffer);
    this.lentBytes += buffer.length;
    return buffer;
  }

  /** Makes room for a size in demand out of sizes that are not. */
  private dropWaiting(needed: number): void {
    for (const size of sizes) {
      while (this.bytes + needed > budget && this.waiting[size]?.pop()) this.bytes -= size;
    }
  }
}
