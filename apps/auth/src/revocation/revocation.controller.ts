import { Controller, Get, Query } from '@nestjs/common';
import { Revocation } from '@ncr/contracts';
import { Internal } from '@ncr/platform';
import { Type } from 'class-transformer';
import { IsInt, Max, Min } from 'class-validator';
import { DataSource } from 'typeorm';
import { revocationsAfter } from './revoke';

class After {
  @Type(() => Number)
  @IsInt()
  @Min(0)
  @Max(Number.MAX_SAFE_INTEGER)
  after!: number;
}

/** What every service asks each 15 seconds, so that a revocation reaches it even when no event does. */
@Controller('internal/revocations')
export class RevocationController {
  constructor(private readonly db: DataSource) {}

  @Get()
  @Internal()
  async list(@Query() { after }: After): Promise<{ revocations: Revocation[] }> {
    return { revocations: await revocationsAfter(this.db.manager, after) };
  }
}
