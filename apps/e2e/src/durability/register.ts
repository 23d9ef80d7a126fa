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

/** One order that explains everything so far: the value it ends with, and which operations under way it holds already. */
interface Explanation {
  readonly value: string | undefined;
  readonly done: ReadonlySet<RegisterOperation>;
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
  let explanations: Explanation[] = [{ value: initial, done: new Set() }];
  const underWay = new Set<RegisterOperation>();
  for (const { operation, isEnd } of eventsOf(operations)) {
    if (!isEnd) {
      underWay.add(operation);
      continue;
    }
    const extended = extend(explanations, underWay);
    const explained = operation.certain ? extended.filter(({ done }) => done.has(operation)) : extended;
    if (explained.length === 0) return operation;
    underWay.delete(operation);
    explanations = distinct(explained.map(({ value, done }) => ({ value, done: without(done, operation) })));
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
    .sort((a, b) => a.time - b.time || Number(a.isEnd) - Number(b.isEnd));
}

/** All explanations that follow by letting operations under way take effect, in every order. */
function extend(explanations: readonly Explanation[], underWay: ReadonlySet<RegisterOperation>): Explanation[] {
  const reads = [...underWay].filter(({ kind }) => kind === 'read');
  const writes = [...underWay].filter(({ kind }) => kind === 'write');
  /** A read that sees the value of now takes effect now: that never spoils anything later. */
  const settle = ({ value, done }: Explanation): Explanation => {
    const seen = reads.filter((read) => read.value === value);
    return { value, done: new Set([...done, ...seen]) };
  };
  const found = new Map(explanations.map(settle).map((one) => [keyOf(one), one]));
  for (const { done } of found.values()) {
    for (const write of writes) {
      if (done.has(write)) continue;
      const next = settle({ value: write.value, done: new Set([...done, write]) });
      found.set(keyOf(next), found.get(keyOf(next)) ?? next);
    }
  }
  return [...found.values()];
}

const numbers = new WeakMap<RegisterOperation, number>();
let count = 0;

function keyOf({ value, done }: Explanation): string {
  const ids = [...done].map((operation) => {
    const known = numbers.get(operation) ?? count++;
    numbers.set(operation, known);
    return known;
  });
  return `${value ?? ''} ${ids.sort((a, b) => a - b).join()}`;
}

function distinct(explanations: readonly Explanation[]): Explanation[] {
  return [...new Map(explanations.map((one) => [keyOf(one), one])).values()];
}

function without(done: ReadonlySet<RegisterOperation>, operation: RegisterOperation): Set<RegisterOperation> {
  const rest = new Set(done);
  rest.delete(operation);
  return rest;
}
