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
    const bit = 1 << slot;
    const next = new Explanations();
    for (const { value, writes, reads } of extended(explanations, underWay)) {
      if (operation.certain && ((writes | reads) & bit) === 0) continue;
      next.add({ value, writes: writes & ~bit, reads: reads & ~bit });
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

/** All explanations that follow by letting operations under way take effect, in every order. */
function extended(
  explanations: Explanations,
  underWay: readonly (RegisterOperation | undefined)[],
): Iterable<Explanation> {
  const bits = (wanted: (operation: RegisterOperation) => boolean): number =>
    underWay.reduce((sum, operation, slot) => (operation && wanted(operation) ? sum | (1 << slot) : sum), 0);
  /** A read that sees the value of now takes effect now: that never spoils anything later. */
  const settled = ({ value, writes, reads }: Explanation): Explanation => {
    return { value, writes, reads: reads | bits((one) => one.kind === 'read' && one.value === value) };
  };
  const found = new Explanations();
  const fresh = [...explanations].map(settled).filter((one) => found.add(one));
  for (const { writes, reads } of fresh) {
    for (const [slot, operation] of underWay.entries()) {
      const bit = 1 << slot;
      if (operation?.kind !== 'write' || (writes & bit) !== 0) continue;
      const next = settled({ value: operation.value, writes: writes | bit, reads });
      if (found.add(next)) fresh.push(next);
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
