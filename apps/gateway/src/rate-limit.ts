import { LRUCache } from 'lru-cache';

/** Networks remembered at once; the one not seen for longest is forgotten first. */
const most = 50_000;

interface Bucket {
  tokens: number;
  filledAt: number;
}

/** A token bucket per key, in this process: `perMinute` at once, refilled evenly. */
export class RateLimit {
  private readonly buckets = new LRUCache<string, Bucket>({ max: most });

  constructor(
    private readonly perMinute: number,
    private readonly now: () => number = () => performance.now(),
  ) {}

  /** Takes one; gives the whole seconds to wait when there is none, else 0. */
  take(key: string): number {
    const now = this.now();
    const bucket = this.buckets.get(key) ?? { tokens: this.perMinute, filledAt: now };
    const perMillisecond = this.perMinute / 60_000;
    bucket.tokens = Math.min(this.perMinute, bucket.tokens + (now - bucket.filledAt) * perMillisecond);
    bucket.filledAt = now;
    this.buckets.set(key, bucket);
    if (bucket.tokens < 1) return Math.ceil((1 - bucket.tokens) / perMillisecond / 1000);
    bucket.tokens--;
    return 0;
  }
}
