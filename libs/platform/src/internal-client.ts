import { ProblemDocument } from '@ncr/contracts';
import { Pool } from 'undici';
import { unavailable } from './problem';
import { ServiceTokens } from './service-token';

const timeout = 5000;
const largestAnswer = 16 * 2 ** 20;

/** Another service refused an internal call; carries what it answered. */
export class InternalCallRefused extends Error {
  constructor(
    readonly status: number,
    readonly problem: Partial<ProblemDocument>,
  ) {
    super(`internal call refused: ${status} ${problem.code ?? ''}`.trim());
    this.name = 'InternalCallRefused';
  }
}

/** Where the internal listener of a service is: a socket file, or a URL. */
export type InternalAddress = { readonly socket: string } | { readonly url: string };

/** Calls the internal routes of other services. */
export class InternalClient {
  private readonly pools = new Map<string, Pool>();

  constructor(
    private readonly tokens: ServiceTokens,
    private readonly addressOf: (service: string) => InternalAddress | undefined,
  ) {}

  /**
   * Sends `body` as JSON and gives the JSON answer (undefined when empty). `path` begins with `/internal/` and holds ids,
   * never names. Throws {@link InternalCallRefused} for a status of 400 or more, and a 503 problem when the service
   * cannot be reached or does not answer within 5 s.
   */
  async call<T>(service: string, method: 'GET' | 'POST' | 'PUT' | 'DELETE', path: string, body?: unknown): Promise<T> {
    const pool = this.pool(service);
    let status: number;
    let content: string;
    try {
      const answer = await pool.request({
        method,
        path,
        headers: {
          authorization: `Bearer ${this.tokens.sign(service)}`,
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        },
        body: body === undefined ? null : JSON.stringify(body),
        signal: AbortSignal.timeout(timeout),
      });
      status = answer.statusCode;
      content = await answer.body.text();
    } catch (error) {
      throw unavailable(`the ${service} service cannot be reached`, error);
    }
    const parsed: unknown = content === '' ? undefined : JSON.parse(content);
    if (status >= 400) throw new InternalCallRefused(status, parsed ?? {});
    return parsed as T;
  }

  async close(): Promise<void> {
    await Promise.all([...this.pools.values()].map((pool) => pool.destroy()));
  }

  private pool(service: string): Pool {
    const known = this.pools.get(service);
    if (known) return known;
    const address = this.addressOf(service);
    if (!address) throw unavailable(`NCR_INTERNAL_URLS does not say where the ${service} service is`);
    const options = { connections: 16, headersTimeout: timeout, bodyTimeout: timeout, maxResponseSize: largestAnswer };
    const pool =
      'socket' in address
        ? new Pool('http://internal', { ...options, socketPath: address.socket })
        : new Pool(address.url, { ...options, connect: { timeout } });
    this.pools.set(service, pool);
    return pool;
  }
}
