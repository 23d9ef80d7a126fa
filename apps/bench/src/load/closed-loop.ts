import { performance } from 'node:perf_hooks';
import { quantile } from '../statistics';
import { type Address, Connection } from './connection';

/**
 * Does one operation, gives the bytes of content it moved; undefined says that there is nothing left to do. Throws when the
 * answer was wrong. `turn` counts the operations of the run from 0.
 */
export type Operation = (connection: Connection, turn: number) => Promise<number | undefined>;

/** What one run of a closed loop showed. Times of operations are milliseconds. */
export interface Measurement {
  operations: number;
  bytes: number;
  /** From the first request to the last answer. */
  seconds: number;
  p50: number;
  p99: number;
  errors: number;
  firstError?: string;
  /** Sockets opened beyond one per connection. */
  reopened: number;
  /** Processor seconds that this client used in the meantime. */
  clientSeconds: number;
}

/** How hard and how long to ask. */
export interface Pace {
  connections: number;
  seconds: number;
}

/** So many wrong answers end a run: it is void anyway, and failing fast is faster than anything. */
const errorLimit = 20;

/**
 * Keeps `connections` connections busy for `seconds`: each asks again as soon as it has its answer. What is under way when
 * the time is over is finished and counted, with the time it took.
 */
export async function closedLoop(address: Address, pace: Pace, operation: Operation): Promise<Measurement> {
  const connections = Array.from({ length: pace.connections }, () => new Connection(address));
  await Promise.all(connections.map((connection) => connection.open()));
  const times: number[] = [];
  const errors: string[] = [];
  let turns = 0;
  let bytes = 0;
  const used = process.cpuUsage();
  const start = performance.now();
  const deadline = start + pace.seconds * 1000;

  const work = async (connection: Connection): Promise<void> => {
    for (let now = start; now < deadline && errors.length < errorLimit;) {
      const begun = performance.now();
      try {
        const moved = await operation(connection, turns++);
        if (moved === undefined) return;
        bytes += moved;
        now = performance.now();
        times.push(now - begun);
      } catch (error) {
        errors.push(error instanceof Error ? error.message : String(error));
        now = performance.now();
      }
    }
  };
  await Promise.all(connections.map(work));

  const seconds = (performance.now() - start) / 1000;
  const { user, system } = process.cpuUsage(used);
  for (const connection of connections) connection.close();
  const sorted = Float64Array.from(times).sort();
  return {
    operations: times.length,
    bytes,
    seconds,
    p50: quantile(sorted, 0.5),
    p99: quantile(sorted, 0.99),
    errors: errors.length,
    ...(errors[0] === undefined ? {} : { firstError: errors[0] }),
    reopened: connections.reduce((sum, { opened }) => sum + opened - 1, 0),
    clientSeconds: (user + system) / 1e6,
  };
}
