import type { EntityManager } from 'typeorm';

/** Wrong passwords in a row that cost no waiting. */
const free = 5;
const longestDelay = 900;

/** Seconds to wait after that many wrong passwords in a row: 1, 2, 4, … from the fifth on, at most 15 minutes. */
export function delayAfter(failures: number): number {
  return failures < free ? 0 : Math.min(2 ** (failures - free), longestDelay);
}

/** Who tries to sign in from where. */
export interface Attempt {
  readonly nameMac: Buffer;
  readonly network: string;
}

/**
 * Seconds until this name may be tried from this network again; 0 lets one attempt pass. Once attempts have to wait,
 * only one passes per delay, however many come at once: letting it pass restarts the delay. Other networks are not
 * concerned, so that nobody locks somebody else out (SR-10).
 */
export async function secondsToWait(tx: EntityManager, { nameMac, network }: Attempt): Promise<number> {
  const rows = (await tx.query(
    `SELECT failures, last_at::text AS "lastAt", extract(epoch FROM clock_timestamp() - last_at)::float8 AS age
     FROM auth.login_failure WHERE name_mac = $1 AND network = $2`,
    [nameMac, network],
  )) as { failures: number; lastAt: string; age: number }[];
  const row = rows[0];
  const delay = row ? delayAfter(row.failures) : 0;
  if (!row || delay === 0) return 0;
  if (row.age < delay) return Math.ceil(delay - row.age);
  const passed = (await tx.query(
    `WITH passed AS (
       UPDATE auth.login_failure SET last_at = clock_timestamp()
       WHERE name_mac = $1 AND network = $2 AND last_at = $3::timestamptz RETURNING 1)
     SELECT 1 FROM passed`,
    [nameMac, network, row.lastAt],
  )) as unknown[];
  return passed.length === 1 ? 0 : delay;
}

export async function recordFailure(tx: EntityManager, { nameMac, network }: Attempt): Promise<void> {
  await tx.query(
    `INSERT INTO auth.login_failure AS f (name_mac, network, failures, last_at) VALUES ($1, $2, 1, clock_timestamp())
     ON CONFLICT (name_mac, network) DO UPDATE
     SET failures = CASE WHEN f.last_at < now() - interval '1 day' THEN 1 ELSE f.failures + 1 END,
         last_at = clock_timestamp()`,
    [nameMac, network],
  );
}

export async function recordSuccess(tx: EntityManager, { nameMac, network }: Attempt): Promise<void> {
  await tx.query('DELETE FROM auth.login_failure WHERE name_mac = $1 AND network = $2', [nameMac, network]);
}
