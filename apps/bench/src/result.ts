import type { Case } from './cases';
import type { Machine } from './machine';
import type { Memory } from './process-tree';
import { type Quartiles, quartiles, ratios, spread } from './statistics';

/** One case of one contender in one round. */
export interface Sample {
  /** In the unit of the case. */
  rate: number;
  /** Of the whole server side, in microseconds. */
  cpuPerOperation: number;
  /** Milliseconds. */
  p50: number;
  p99: number;
  operations: number;
  errors: number;
  firstError?: string;
  /** Share of one core that the load generator used: near 1, it is the generator that is measured. */
  clientBusy: number;
}

/** What a contender showed in one case: medians over the rounds. */
export interface Showing {
  rate: Quartiles;
  cpuPerOperation: number;
  p50: number;
  p99: number;
  clientBusy: number;
  /** Largest rate of a round divided by the smallest. */
  spread: number;
  errors: number;
  firstError?: string;
  rounds: Sample[];
}

/** A case with what all contenders showed, by name. */
export interface CaseResult extends Pick<Case, 'name' | 'unit' | 'target'> {
  contenders: Record<string, Showing>;
  /** Rate of the first contender divided by that of each other, round by round. */
  ratios: Record<string, Quartiles>;
}

/** A contender's own facts. */
export interface Standing {
  name: string;
  description: string;
  durability: string;
  /** Process names with their number, after seeding. */
  processes: Record<string, number>;
  memory: { start: Memory; seeded: Memory; highest: Memory };
}

/** Everything that one run showed. */
export interface Result {
  date: string;
  machine: Machine;
  rounds: number;
  seconds: number;
  contenders: Standing[];
  cases: CaseResult[];
}

/** Takes the samples of the counted rounds, in order, and those of the warm-up, of which only errors count. */
export function showing(rounds: Sample[], warmUp: Sample[]): Showing {
  const median = (value: (sample: Sample) => number): number => quartiles(rounds.map(value)).median;
  const all = [...warmUp, ...rounds];
  const firstError = all.find((sample) => sample.firstError !== undefined)?.firstError;
  return {
    rate: quartiles(rounds.map(({ rate }) => rate)),
    cpuPerOperation: median((sample) => sample.cpuPerOperation),
    p50: median((sample) => sample.p50),
    p99: median((sample) => sample.p99),
    clientBusy: median((sample) => sample.clientBusy),
    spread: spread(rounds.map(({ rate }) => rate)),
    errors: all.reduce((sum, { errors }) => sum + errors, 0),
    ...(firstError === undefined ? {} : { firstError }),
    rounds,
  };
}

/** Puts a case together; the first contender is the one that the others are compared with. A ratio needs two without errors. */
export function caseResult({ name, unit, target }: Case, contenders: Record<string, Showing>): CaseResult {
  const [own, ...peers] = Object.entries(contenders);
  const compared = peers.flatMap(([peer, theirs]) => {
    if (!own || own[1].errors > 0 || theirs.errors > 0) return [];
    return [[peer, ratios(ratesOf(own[1]), ratesOf(theirs))] as const];
  });
  return { name, unit, ...(target === undefined ? {} : { target }), contenders, ratios: Object.fromEntries(compared) };
}

function ratesOf({ rounds }: Showing): number[] {
  return rounds.map(({ rate }) => rate);
}
