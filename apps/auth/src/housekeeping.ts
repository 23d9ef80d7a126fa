import { Injectable, Logger, OnModuleDestroy, OnModuleInit } from '@nestjs/common';
import { Pulse } from '@ncr/messaging';
import { DataSource } from 'typeorm';
import { idle, longest } from './session/sessions';
import { refreshIdle } from './token/refresh-tokens';

/**
 * What nothing refers to any more. Revocations stay as long as a token that they void could be of use: 12 hours of life
 * and a day of an upload that outlives its token. The newest stays for ever: the next number follows from it.
 */
const sweeps = [
  `DELETE FROM auth.session WHERE seen_at < now() - interval '${idle}' OR created_at < now() - interval '${longest.interval}'`,
  `DELETE FROM auth.refresh_token WHERE used_at < now() - interval '${refreshIdle}'`,
  `DELETE FROM auth.login_failure WHERE last_at < now() - interval '1 day'`,
  `DELETE FROM auth.revocation_log WHERE not_before < now() - interval '2 days'
     AND seq < (SELECT max(seq) FROM auth.revocation_log)`,
];

/** Deletes what is over, each hour; two processes that do so at once do no harm. */
@Injectable()
export class Housekeeping implements OnModuleInit, OnModuleDestroy {
  private readonly logger = new Logger(Housekeeping.name);
  private readonly pulse = new Pulse(
    () => this.sweep(),
    { period: 60 * 60 * 1000, gap: 1000 },
    (error) => this.logger.warn({ error }, 'sweeping failed; trying again in an hour'),
  );

  constructor(private readonly db: DataSource) {}

  onModuleInit(): void {
    this.pulse.start();
  }

  onModuleDestroy(): Promise<void> {
    return this.pulse.stop();
  }

  async sweep(): Promise<void> {
    for (const statement of sweeps) await this.db.query(statement);
  }
}
