/** What a client did to a register (a tag), or saw in it. Times are of one clock. */
export interface RegisterOperation {
  readonly kind: 'write' | 'read';
  /** Written or seen; undefined stands for "there is none". */
  readonly value: string | undefined;
  readonly began: number;
  /** When the answer was there; for a write without an answer the moment after which it cannot happen any more. */
  readonly ended: number;
  /** False for a write whose answer never came: it may have happened or not. */
  readonly certain: boolean;
}

/** How many operations may be under way at once: one bit each. */
const most = 30;

/** One order that explains everything so far: the value it ends with, and which operations under way it holds already. */
interface Explanation {
  readonly value: string | undefined;
  readonly writes: number;
  readonly reads: number;
}

/**
 * Whether one order of the operations explains what every client saw, each taking effect at one instant between its
 * beginning and its end (linearizability; the search of Wing and Gong, made just in time as by Lowe). Gives the operation
 * whose answer no order explains, or undefined when there is none.
 */
export function firstAnomaly(
  initial: string | undefined,
  operations: readonly RegisterOperation[],
): RegisterOperation | undefined {
  const underWay: (RegisterOperation | undefined)[] = Array.from({ length: most });
  let explanations = new Explanations();
  explanations.add({ value: initial, writes: 0, reads: 0 });
  for (const { operation, isEnd } of eventsOf(operations)) {
    if (!isEnd) {
      const free = underWay.indexOf(undefined);
      if (free < 0) throw new Error(`more than ${most} operations at once`);
      underWay[free] = operation;
      continue;
    }
    const slot = underWay.indexOf(operation);
    const next = new Explanations();
    for (const { value, writes, reads } of including(slot, explanations, underWay)) {
      next.add({ value, writes: writes & ~(1 << slot), reads: reads & ~(1 << slot) });
    }
    if (next.isEmpty) return operation;
    underWay[slot] = undefined;
    explanations = next;
  }
  return undefined;
}

/** In the order of time; of two at the same moment the beginning comes first, so that the two count as concurrent. */
function eventsOf(operations: readonly RegisterOperation[]): { operation: RegisterOperation; isEnd: boolean }[] {
  return operations
    .flatMap((operation) => [
      { operation, isEnd: false, time: operation.began },
      { operation, isEnd: true, time: operation.ended },
    ])
    .sort((a, b) => (a.time === b.time ? Number(a.isEnd) - Number(b.isEnd) : a.time - b.time));
}

/**
 * The explanations that hold the operation which ends now, made by letting others under way take effect before it, in
 * every order, and no more of them than needed. Without its answer it may also have had no effect.
 */
function including(
  slot: number,
  explanations: Explanations,
  underWay: readonly (RegisterOperation | undefined)[],
): Explanations {
  const readers = new Map<string | undefined, number>();
  for (const [i, operation] of underWay.entries()) {
    if (operation?.kind === 'read') readers.set(operation.value, (readers.get(operation.value) ?? 0) | (1 << i));
  }
  /** A read that sees the value of now takes effect now: that never spoils anything later. */
  const settled = ({ value, writes, reads }: Explanation): Explanation => {
    return { value, writes, reads: reads | (readers.get(value) ?? 0) };
  };
  const found = new Explanations();
  const tried = new Explanations();
  const open = [...explanations].map(settled).filter((one) => tried.add(one));
  for (const one of open) {
    const isIncluded = ((one.writes | one.reads) & (1 << slot)) !== 0;
    if (isIncluded || underWay[slot]?.certain === false) found.add(one);
    if (isIncluded) continue;
    for (const [i, operation] of underWay.entries()) {
      if (operation?.kind !== 'write' || (one.writes & (1 << i)) !== 0) continue;
      const next = settled({ value: operation.value, writes: one.writes | (1 << i), reads: one.reads });
      if (tried.add(next)) open.push(next);
    }
  }
  return found;
}

/** Of explanations that differ in their reads alone those suffice that hold most of them. */
class Explanations {
  private readonly byWrites = new Map<string, Explanation[]>();

  get isEmpty(): boolean {
    return this.byWrites.size === 0;
  }

  /** False when it says no more than what is there. */
  add(explanation: Explanation): boolean {
    const key = `${explanation.writes} ${explanation.value ?? ''}`;
    const rivals = this.byWrites.get(key) ?? [];
    if (rivals.some(({ reads }) => (reads & explanation.reads) === explanation.reads)) return false;
    const left = rivals.filter(({ reads }) => (reads & explanation.reads) !== reads);
    this.byWrites.set(key, [...left, explanation]);
    return true;
  }

  *[Symbol.iterator](): Generator<Explanation> {
    for (const rivals of this.byWrites.values()) yield* rivals;
  }
}
