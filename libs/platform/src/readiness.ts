import { Controller, Get, Logger } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import { Public } from './access';
import { Problem } from './problem';

/** Rejects while something that requests need is missing. */
export type ReadinessCheck = () => Promise<void>;

const patience = 5000;

/** Whether the process can answer requests. */
export class Readiness {
  private readonly logger = new Logger(Readiness.name);
  private draining = false;

  constructor(private readonly checks: ReadonlyMap<string, ReadinessCheck>) {}

  /** From now on not ready: whoever balances load sends new requests elsewhere. */
  drain(): void {
    this.draining = true;
  }

  /** Names of the checks that failed, or did not answer within 5 s. */
  async failures(): Promise<string[]> {
    if (this.draining) return ['stopping'];
    const results = await Promise.all(
      [...this.checks].map(async ([name, check]) => ((await this.passes(name, check)) ? [] : [name])),
    );
    return results.flat();
  }

  private async passes(name: string, check: ReadinessCheck): Promise<boolean> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new Error('no answer within 5 s')), patience);
    });
    try {
      await Promise.race([check(), late]);
      return true;
    } catch (error) {
      this.logger.warn({ check: name, error });
      return false;
    } finally {
      clearTimeout(timer);
    }
  }
}

/** Health for load balancers: a status, and no detail that tells strangers about the installation (AC-13). */
@ApiExcludeController()
@Controller()
export class HealthController {
  constructor(private readonly readiness: Readiness) {}

  /** The process runs. */
  @Public()
  @Get('healthz')
  alive(): { status: string } {
    return { status: 'ok' };
  }

  /** The process can answer. */
  @Public()
  @Get('readyz')
  async ready(): Promise<{ status: string }> {
    if ((await this.readiness.failures()).length > 0) throw new Problem(503, 'not-ready', 'not ready yet');
    return { status: 'ok' };
  }
}
