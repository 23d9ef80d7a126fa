import { Pulse } from '@ncr/messaging';
import { Logger } from 'pino';
import type { DataSource } from 'typeorm';
import { InternalClient } from './internal-client';
import { Revocations } from './revocations';
import { TokenVerifier } from './token-verifier';

/** Where keys and revocations come from; the auth service, except in tests of a service without it. */
export interface Authority {
  /** What `GET /internal/jwks` answers. */
  keys(): Promise<unknown>;
  /** What `GET /internal/revocations?after=<seq>` answers. */
  revocations(after: number): Promise<unknown>;
}

/** Asks the auth service over its internal listener. */
export const authService = (client: InternalClient): Authority => ({
  keys: () => client.call('auth', 'GET', '/internal/jwks'),
  revocations: (after) => client.call('auth', 'GET', `/internal/revocations?after=${after}`),
});

const keysEach = { period: 30_000, gap: 1000 };
/** While nothing could be fetched yet, in milliseconds. */
const impatience = 1000;
const pollEach = { period: 15_000, gap: 1000 };
const reloadEach = { period: 1000, gap: 1000 };

/** How long `auth` may be silent before the process says that it is not ready, in milliseconds. */
const silence = 60_000;

/** Keeps the verifier's keys and the list of revocations up to date. */
export class Credentials {
  private readonly pulses: Pulse[];

  constructor(
    readonly verifier: TokenVerifier,
    readonly revocations: Revocations,
    log: Logger,
  ) {
    const failed = (what: string) => (error: unknown) => log.warn({ error }, `${what} could not be read; trying again`);
    const whileMissing = async (work: () => Promise<void>, has: () => boolean) => {
      while (!this.stopped) {
        try {
          return await work();
        } catch (error) {
          if (has()) throw error;
          failed('what the auth service knows')(error);
          await new Promise((resolve) => setTimeout(resolve, impatience).unref());
        }
      }
    };
    this.pulses = [
      new Pulse(
        () =>
          whileMissing(
            () => verifier.refresh(),
            () => verifier.ready,
          ),
        keysEach,
        failed('keys'),
      ),
      new Pulse(
        () =>
          whileMissing(
            () => revocations.poll(),
            () => revocations.fresh,
          ),
        pollEach,
        failed('revocations'),
      ),
      new Pulse(() => revocations.reload(), reloadEach, failed('revocations')),
    ];
  }

  private stopped = false;

  /** Resolves after the first try of each; what failed is tried again each second. */
  async start(): Promise<void> {
    await Promise.allSettled([this.verifier.refresh(), this.revocations.poll()]);
    for (const pulse of this.pulses) pulse.start();
  }

  async stop(): Promise<void> {
    this.stopped = true;
    await Promise.all(this.pulses.map((pulse) => pulse.stop()));
  }

  /** Rejects while tokens cannot be judged. */
  async check(): Promise<void> {
    if (!this.verifier.ready) throw new Error('no keys to verify tokens with');
    if (this.revocations.age > silence) throw new Error('no news of revocations for a minute');
    return Promise.resolve();
  }
}

export interface CredentialsParts {
  readonly authority: Authority;
  readonly dataSource: DataSource;
  /** Services with a `revocationTable`. */
  readonly services: readonly string[];
  /** In milliseconds. */
  readonly grace: number;
  readonly log: Logger;
}

/** Builds the verifier and the list of revocations of a process; nothing is fetched before `start`. */
export function createCredentials({ authority, dataSource, services, grace, log }: CredentialsParts): Credentials {
  const failed = (error: unknown): void => log.warn({ error }, 'keys could not be read');
  const verifier = new TokenVerifier({ fetchKeys: () => authority.keys(), failed });
  const fetch = (after: number) => authority.revocations(after);
  return new Credentials(verifier, new Revocations({ dataSource, services, fetch, grace }), log);
}
