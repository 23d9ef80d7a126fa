import { Revocation, revocationShape } from '@ncr/contracts';
import { Queryable, quoteSchema } from '@ncr/messaging';
import type { DataSource } from 'typeorm';
import { z } from 'zod';
import { Claims } from './claims';

/**
 * SQL for the first migration of a service that takes tokens: what is revoked, and how far `auth` was asked.
 * `changed_seq` grows in commit order, because {@link applyRevocation} is one at a time.
 */
export function revocationTable(service: string): string {
  const schema = quoteSchema(service);
  return `
    CREATE TABLE ${schema}.revocation (
      kind text NOT NULL COLLATE "C",
      id uuid NOT NULL,
      not_before timestamptz NOT NULL,
      changed_seq bigint GENERATED ALWAYS AS IDENTITY,
      PRIMARY KEY (kind, id)
    );
    CREATE INDEX revocation_changed ON ${schema}.revocation (changed_seq);
    CREATE TABLE ${schema}.revocation_poll (
      single boolean PRIMARY KEY DEFAULT true CHECK (single),
      seq bigint NOT NULL,
      polled_at timestamptz NOT NULL
    );
    INSERT INTO ${schema}.revocation_poll (seq, polled_at) VALUES (0, '-infinity');
  `;
}

/** Notes revocations in a service's own table, in `tx`. Safe to repeat, and in any order. */
export async function applyRevocations(
  tx: Queryable,
  service: string,
  revocations: readonly Revocation[],
): Promise<void> {
  if (revocations.length === 0) return;
  const schema = quoteSchema(service);
  // Readers ask for what lies behind the highest changed_seq they know: an entry must never commit below that.
  await tx.query(`SELECT pg_advisory_xact_lock(hashtextextended($1, 0))`, [`ncr.revocation.${service}`]);
  for (const { kind, id, notBefore } of revocations) {
    await tx.query(
      `INSERT INTO ${schema}.revocation AS r (kind, id, not_before) VALUES ($1, $2, $3)
       ON CONFLICT (kind, id) DO UPDATE SET not_before = EXCLUDED.not_before, changed_seq = DEFAULT
       WHERE r.not_before < EXCLUDED.not_before`,
      [kind, id, notBefore],
    );
  }
}

/** Tokens live 12 hours at most, uploads accept theirs for 24 hours more; in seconds, with room. */
const longestUse = 2 * 86_400;

const answerShape = z.object({ revocations: z.array(revocationShape) });

export interface RevocationsOptions {
  readonly dataSource: DataSource;
  /** Services whose tables are kept up to date and read. */
  readonly services: readonly string[];
  /** Asks `auth` for what `GET /internal/revocations?after=<seq>` answers. */
  readonly fetch: (after: number) => Promise<unknown>;
  /** `NCR_REVOCATION_GRACE`, in milliseconds. */
  readonly grace: number;
  readonly now?: () => number;
}

/**
 * Which tokens are void although they are not over. Lives in memory, is filled from the table (each second), which is
 * filled by the event handler and by asking `auth` (each 15 s), whether events arrive or not.
 */
export class Revocations {
  /** `<kind>:<id>` → seconds since 1970, with the fraction. */
  private readonly notBefore = new Map<string, number>();
  private readonly read = new Map<string, string>();
  private newsAt = Number.NEGATIVE_INFINITY;
  private readonly now: () => number;

  constructor(private readonly options: RevocationsOptions) {
    this.now = options.now ?? Date.now;
  }

  /** Grows whenever something new is revoked: what {@link allows} said before may be remembered until then. */
  version = 0;

  /** Whether a token with these claims is still good for these registries, given by id. */
  allows(claims: Pick<Claims, 'sub' | 'key' | 'iat'>, registries: readonly string[]): boolean {
    const isVoid = (kind: Revocation['kind'], id: string) => claims.iat < (this.notBefore.get(`${kind}:${id}`) ?? 0);
    if (claims.sub !== '' && isVoid('principal', claims.sub)) return false;
    if (claims.key !== undefined && isVoid('key', claims.key)) return false;
    return !registries.some((id) => isVoid('registry', id));
  }

  /** Milliseconds since `auth` last told us that there is nothing new that we do not know. */
  get age(): number {
    return this.now() - this.newsAt;
  }

  /** False when that was too long ago: requests with tokens then get 503. */
  get fresh(): boolean {
    return this.options.services.length === 0 || this.age <= this.options.grace;
  }

  /** Asks `auth` for what is new and writes it down. */
  async poll(): Promise<void> {
    const asked = this.now();
    for (const service of this.options.services) {
      const schema = quoteSchema(service);
      const [row] = await this.options.dataSource.query<{ seq: string }[]>(`SELECT seq FROM ${schema}.revocation_poll`);
      let after = Number(row?.seq ?? 0);
      for (let more = true; more;) {
        const { revocations } = answerShape.parse(await this.options.fetch(after));
        after = Math.max(after, ...revocations.map(({ seq }) => seq));
        more = revocations.length > 0;
        await this.options.dataSource.transaction(async (tx) => {
          await applyRevocations(tx, service, revocations);
          await tx.query(`UPDATE ${schema}.revocation_poll SET seq = greatest(seq, $1), polled_at = now()`, [after]);
        });
      }
    }
    await this.reload();
    await this.forget();
    this.newsAt = asked;
  }

  /** Drops what is older than any token, or upload that outlives one, can be. */
  private async forget(): Promise<void> {
    for (const service of this.options.services) {
      await this.options.dataSource.query(
        `DELETE FROM ${quoteSchema(service)}.revocation WHERE not_before < now() - $1 * interval '1 second'`,
        [longestUse],
      );
    }
    const oldest = this.now() / 1000 - longestUse;
    for (const [name, notBefore] of this.notBefore) if (notBefore < oldest) this.notBefore.delete(name);
  }

  /** Reads what changed in the tables since the last time. */
  async reload(): Promise<void> {
    for (const service of this.options.services) {
      const rows = await this.options.dataSource.query<{ name: string; not_before: number; changed_seq: string }[]>(
        `SELECT kind || ':' || id AS name, extract(epoch FROM not_before)::float8 AS not_before, changed_seq FROM ${quoteSchema(service)}.revocation
         WHERE changed_seq > $1 ORDER BY changed_seq`,
        [this.read.get(service) ?? '0'],
      );
      for (const row of rows) {
        this.notBefore.set(row.name, Math.max(this.notBefore.get(row.name) ?? 0, row.not_before));
        this.read.set(service, row.changed_seq);
      }
      if (rows.length > 0) this.version++;
    }
  }
}
