import { Queryable } from '@ncr/messaging';
import { Digest, digestAlgorithms } from '@ncr/oci';
import { createHash } from 'node:crypto';
import { QueryResult } from 'pg';

/** A transaction or the pool: whatever runs a statement. */
export interface Tx extends Queryable {
  query(sql: string, parameters?: unknown[]): Promise<unknown>;
  query<Row extends object>(statement: { name: string; text: string; values: unknown[] }): Promise<QueryResult<Row>>;
}

/** One SQL statement, prepared once per connection under a name of its own; gives the rows. */
export class Statement<Row extends object> {
  private readonly name: string;

  constructor(private readonly text: string) {
    this.name = createHash('md5').update(text).digest('base64url');
  }

  async run(tx: Tx, ...values: unknown[]): Promise<Row[]> {
    return (await tx.query<Row>({ name: this.name, text: this.text, values })).rows;
  }

  async one(tx: Tx, ...values: unknown[]): Promise<Row | undefined> {
    return (await this.run(tx, ...values))[0];
  }
}

/** The stored form of a digest; see `Digest.toBytes`. */
export function digestBytes(digest: Digest): Buffer {
  const bytes = Buffer.allocUnsafe(1 + digestAlgorithms[digest.algorithm].bytes);
  bytes[0] = digestAlgorithms[digest.algorithm].code;
  bytes.write(digest.hex, 1, 'hex');
  return bytes;
}

/** Stored forms in the order in which every transaction locks them. */
export function sortedDigestBytes(digests: Iterable<Digest>): Buffer[] {
  const unique = new Map([...digests].map((digest) => [digest.toString(), digest]));
  return [...unique.values()].map(digestBytes).sort((a, b) => Buffer.compare(a, b));
}

export function digestOf(bytes: Buffer): Digest {
  return Digest.of(bytes.length === 33 ? 'sha256' : 'sha512', bytes.toString('hex', 1));
}

/** SQLSTATE of an error that PostgreSQL reported, or undefined. */
export function sqlState(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}

export const foreignKeyViolation = '23503';
export const uniqueViolation = '23505';
