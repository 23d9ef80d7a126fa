import { Injectable } from '@nestjs/common';
import { Problem } from '@ncr/platform';
import { hashPassword, matchesHash } from './password-hash';
import { normalPassword } from './password-rules';

/** A hash takes 19 MiB and a core for 40 ms: two at once, some waiting, the rest is told to come back (SR-1). */
const atOnce = 2;
const longestQueue = 50;

/** The only way to hash a password in this process. Throws `Problem` 429 when too many wait. */
@Injectable()
export class Passwords {
  private running = 0;
  private readonly queue: (() => void)[] = [];
  private dummy?: Promise<string>;

  hash(password: string): Promise<string> {
    return this.inTurn(() => hashPassword(normalPassword(password)));
  }

  /** Without a hash the answer is no, after the time that a comparison takes (AC-57). */
  async matches(password: string, hash: string | undefined): Promise<boolean> {
    const normal = normalPassword(password);
    this.dummy ??= hashPassword('nobody has this password');
    const known = hash ?? (await this.dummy);
    const matches = await this.inTurn(() => matchesHash(normal, known));
    return matches && hash !== undefined;
  }

  private async inTurn<T>(work: () => Promise<T>): Promise<T> {
    if (this.running < atOnce) this.running++;
    else await this.turn();
    try {
      return await work();
    } finally {
      const next = this.queue.shift();
      if (next) next();
      else this.running--;
    }
  }

  /** Resolves when a finished hash hands its place over, which is why `running` does not change. */
  private turn(): Promise<void> {
    if (this.queue.length >= longestQueue) {
      throw new Problem(429, 'too-many-logins', 'Too many people are signing in. Try again in a moment.', {
        headers: { 'retry-after': '2' },
      });
    }
    return new Promise((resolve) => this.queue.push(resolve));
  }
}
