import * as fc from 'fast-check';
import { firstAnomaly, RegisterOperation } from './register';

const write = (value: string | undefined, began: number, ended: number, certain = true): RegisterOperation => ({
  kind: 'write',
  value,
  began,
  ended,
  certain,
});
const read = (value: string | undefined, began: number, ended: number): RegisterOperation => ({
  kind: 'read',
  value,
  began,
  ended,
  certain: true,
});

test.each<[string, RegisterOperation[]]>([
  ['a read after a write sees it', [write('a', 0, 1), read('a', 2, 3)]],
  ['a read during a write sees the old or the new value', [write('a', 0, 9), read(undefined, 1, 2), read('a', 3, 4)]],
  ['two writes at once end in either order', [write('a', 0, 9), write('b', 0, 9), read('b', 10, 11)]],
  ['a write without an answer may have happened', [write('a', 0, 5, false), read('a', 6, 7)]],
  ['or not', [write('a', 0, 5, false), read(undefined, 6, 7)]],
  [
    'a value may come back by a second write of it',
    [write('a', 0, 1), write('b', 2, 3), write('a', 4, 5), read('a', 6, 7)],
  ],
  ['a deletion is a write of nothing', [write('a', 0, 1), write(undefined, 2, 3), read(undefined, 4, 5)]],
])('explained: %s', (_, history) => {
  expect(firstAnomaly(undefined, history)).toBeUndefined();
});

test.each<[string, RegisterOperation[], number]>([
  ['a stale read', [write('a', 0, 1), write('b', 2, 3), read('a', 4, 5)], 2],
  ['a value that nobody wrote', [write('a', 0, 1), read('x', 0, 5)], 1],
  [
    'back from the new value to the old one while the write goes on',
    [write('a', 0, 9), read('a', 1, 2), read(undefined, 3, 4)],
    2,
  ],
  ['an acknowledged write that was lost', [write('a', 0, 1), read(undefined, 2, 3)], 1],
  [
    'a write without an answer that happens too late',
    [write('a', 0, 5, false), read(undefined, 6, 7), read('a', 8, 9)],
    2,
  ],
  [
    'two readers who saw two writes in two orders',
    [write('a', 0, 1), write('b', 0, 1), read('a', 2, 3), read('b', 4, 5)],
    3,
  ],
])('not explained: %s', (_, history, which) => {
  expect(firstAnomaly(undefined, history)).toBe(history[which]);
});

/** Intervals with the instant inside them at which each operation truly happens. */
const intervals = fc.array(
  fc.record({
    isWrite: fc.boolean(),
    value: fc.constantFrom('a', 'b', 'c'),
    at: fc.integer({ min: 0, max: 1000 }),
    before: fc.integer({ min: 0, max: 60 }),
    after: fc.integer({ min: 0, max: 60 }),
    answered: fc.boolean(),
  }),
  { maxLength: 30 },
);

test('whatever a true register did is explained', () => {
  fc.assert(
    fc.property(intervals, (list) => {
      let value: string | undefined;
      const history = [...list]
        .sort((a, b) => a.at - b.at)
        .map(({ isWrite, at, before, after, answered, value: written }) => {
          if (isWrite) value = written;
          const [began, ended] = [at - before, at + after];
          return isWrite ? write(value, began, ended, answered) : read(value, began, ended);
        });
      expect(firstAnomaly(undefined, history)).toBeUndefined();
    }),
  );
});

test('the verdict is that of trying all orders', () => {
  const small = fc.array(
    fc.record({
      isWrite: fc.boolean(),
      value: fc.constantFrom('a', 'b', undefined),
      began: fc.integer({ min: 0, max: 20 }),
      length: fc.integer({ min: 1, max: 10 }),
      certain: fc.boolean(),
    }),
    { maxLength: 6 },
  );
  fc.assert(
    fc.property(small, (list) => {
      const history = list.map(({ isWrite, value, began, length, certain }) =>
        isWrite ? write(value, began, began + length, certain) : read(value, began, began + length),
      );
      expect(firstAnomaly(undefined, history) === undefined).toBe(someOrderFits(undefined, history));
    }),
    { numRuns: 2000 },
  );
});

function someOrderFits(value: string | undefined, rest: readonly RegisterOperation[]): boolean {
  if (rest.every(({ certain }) => !certain)) return true;
  return rest.some((next) => {
    const others = rest.filter((one) => one !== next);
    if (others.some(({ ended }) => ended < next.began)) {
      // Somebody who may have done nothing can be left out for good instead.
      return others.some(
        (one) =>
          !one.certain &&
          one.ended < next.began &&
          someOrderFits(value, others.filter((two) => two !== one).concat(next)),
      );
    }
    if (next.kind === 'write') return someOrderFits(next.value, others);
    return next.value === value && someOrderFits(value, others);
  });
}
