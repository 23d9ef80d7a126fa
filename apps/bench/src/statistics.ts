/** The quarter points of a set of measurements. */
export interface Quartiles {
  lower: number;
  median: number;
  upper: number;
}

/**
 * Takes numbers in ascending order and a share from 0 to 1, gives the value below which that share of them lies,
 * interpolated between neighbours (R's type 7, the usual one). NaN when there is none.
 */
export function quantile(sorted: ArrayLike<number>, share: number): number {
  const position = (sorted.length - 1) * share;
  const below = Math.floor(position);
  const low = sorted[below] ?? NaN;
  const high = sorted[Math.ceil(position)] ?? NaN;
  return low + (high - low) * (position - below);
}

/** Takes measurements in any order. */
export function quartiles(values: readonly number[]): Quartiles {
  const sorted = Float64Array.from(values).sort();
  return { lower: quantile(sorted, 0.25), median: quantile(sorted, 0.5), upper: quantile(sorted, 0.75) };
}

/**
 * Takes the rates of two contenders by round, gives the quartiles of the ratio of each round. A ratio of one round compares
 * what ran within seconds of each other; the ratio of two medians would not.
 */
export function ratios(ours: readonly number[], theirs: readonly number[]): Quartiles {
  if (ours.length !== theirs.length) throw new RangeError('both contenders need a rate for every round');
  return quartiles(ours.map((rate, round) => rate / (theirs[round] ?? NaN)));
}

/** How far the rounds of one contender lie apart: the largest value divided by the smallest. */
export function spread(values: readonly number[]): number {
  return Math.max(...values) / Math.min(...values);
}
