import { createCipheriv, createHash, randomInt } from 'node:crypto';

/** The seed of a run: NCR_E2E_SEED, or one made for it. Tests print it, so that their choices can be made again. */
export function chooseSeed(): number {
  const { NCR_E2E_SEED: given } = process.env;
  if (!given) return randomInt(2 ** 31);
  const seed = Number(given);
  if (!Number.isSafeInteger(seed) || seed < 0) throw new Error('NCR_E2E_SEED is a whole number');
  return seed;
}

/** Choices that the same seed makes again, in the same order. */
export class Random {
  private readonly stream;

  constructor(private readonly seed: string) {
    const material = createHash('sha384').update(seed).digest();
    this.stream = createCipheriv('aes-256-ctr', material.subarray(0, 32), material.subarray(32, 48));
  }

  /** Choices of somebody else, who does not change ours by making them. */
  fork(name: string | number): Random {
    return new Random(`${this.seed}/${name}`);
  }

  bytes(length: number): Buffer {
    return this.stream.update(Buffer.alloc(length));
  }

  /** In [0, 1). */
  next(): number {
    return this.bytes(4).readUInt32BE(0) / 2 ** 32;
  }

  /** A whole number from `least` to `most`, both included. */
  between(least: number, most: number): number {
    return least + Math.floor(this.next() * (most - least + 1));
  }

  /** As {@link between}, small numbers as often as big ones: the order of magnitude is chosen evenly. */
  magnitude(least: number, most: number): number {
    return Math.min(most, Math.floor(least * (most / least + 1) ** this.next()));
  }

  pick<T>(from: readonly T[]): T {
    const chosen = from[this.between(0, from.length - 1)];
    if (chosen === undefined) throw new Error('nothing to choose from');
    return chosen;
  }

  shuffled<T>(list: readonly T[]): T[] {
    const keyed = list.map((entry) => ({ entry, key: this.next() }));
    return keyed.sort((a, b) => a.key - b.key).map(({ entry }) => entry);
  }
}
