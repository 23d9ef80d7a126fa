import { setTimeout as sleep } from 'node:timers/promises';
import { codeOf } from './failure';
import { StoreRefused } from './s3-transport';

/** How often the same thing is asked of the store. */
export const tries = 3;

const passing = new Set(
  (
    'ECONNRESET ECONNREFUSED ECONNABORTED EPIPE ETIMEDOUT EHOSTUNREACH ENETUNREACH EAI_AGAIN ' +
    'SlowDown InternalError ServiceUnavailable RequestTimeout OperationAborted ' +
    'BadDigest XAmzContentSHA256Mismatch IncompleteBody'
  ) // the bytes were hurt on their way
    .split(' '),
);
const lastingStatuses = new Set([501, 505, 507]);

/** Whether the same request may fare better a moment later. */
export function isPassing(error: unknown): boolean {
  return error instanceof StoreRefused ? !lastingStatuses.has(error.status) : passing.has(codeOf(error) ?? '');
}

/**
 * Does what may be done more than once, three times at most, as long as `again` says of the error that it makes sense;
 * gives up with the last error. `work` is told which try it is, from 1.
 */
export async function persist<T>(work: (attempt: number) => Promise<T>, again = isPassing): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await work(attempt);
    } catch (error) {
      if (attempt === tries || !again(error)) throw error;
    }
    await pause(attempt);
  }
}

/** Longer each time, and never in step with the others who were refused. */
export function pause(attempt: number): Promise<void> {
  return sleep(100 * 4 ** (attempt - 1) * (0.5 + Math.random()));
}
