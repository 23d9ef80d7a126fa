import * as fc from 'fast-check';
import { quantile, quartiles, ratios, spread } from './statistics';

test('quartiles of five rounds are the second, third and fourth in order', () => {
  expect(quartiles([50, 10, 40, 20, 30])).toEqual({ lower: 20, median: 30, upper: 40 });
});

test('quartiles between two measurements are interpolated', () => {
  expect(quartiles([1, 2, 3, 4])).toEqual({ lower: 1.75, median: 2.5, upper: 3.25 });
  expect(quartiles([7])).toEqual({ lower: 7, median: 7, upper: 7 });
});

test('a quantile of nothing is not a number', () => {
  expect(quantile([], 0.5)).toBeNaN();
});

test('the 99th percentile of a hundred and one values is the last but one', () => {
  const values = Array.from({ length: 101 }, (_, index) => index);
  expect(quantile(values, 0.99)).toBeCloseTo(99);
});

test('quartiles keep their order and lie within the measurements', () => {
  fc.assert(
    fc.property(fc.array(fc.double({ min: 0, max: 1e9, noNaN: true }), { minLength: 1 }), (values) => {
      const { lower, median, upper } = quartiles(values);
      expect(lower).toBeLessThanOrEqual(median);
      expect(median).toBeLessThanOrEqual(upper);
      expect(lower).toBeGreaterThanOrEqual(Math.min(...values));
      expect(upper).toBeLessThanOrEqual(Math.max(...values));
    }),
  );
});

test('a ratio is taken round by round, so a machine that slows down for both changes nothing', () => {
  expect(ratios([200, 20, 400], [100, 10, 200])).toEqual({ lower: 2, median: 2, upper: 2 });
});

test('a ratio of unequal numbers of rounds is refused', () => {
  expect(() => ratios([1, 2], [1])).toThrow(RangeError);
});

test('spread is the largest round divided by the smallest', () => {
  expect(spread([10, 15, 12])).toBe(1.5);
});
