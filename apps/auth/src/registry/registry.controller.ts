import { Body, Controller, HttpCode, Param, ParseUUIDPipe, Put } from '@nestjs/common';
import { registryChanged, registryCreated, registryDeleted, RegistryFacts } from '@ncr/contracts';
import { type Delivery, Handles } from '@ncr/messaging';
import { Internal, Problem } from '@ncr/platform';
import { IsBoolean, IsInt, IsOptional, IsString, IsUUID, MaxLength, Min } from 'class-validator';
import { DataSource } from 'typeorm';
import { learnRegistry } from './registries';

class Facts implements RegistryFacts {
  @IsUUID()
  id!: string;

  @IsString()
  @MaxLength(64)
  name!: string;

  @IsBoolean()
  anonymousPull!: boolean;

  @IsInt()
  @Min(1)
  version!: number;

  @IsOptional()
  @IsBoolean()
  deleted?: boolean;
}

/** News of registries: the call makes a change effective before its author gets an answer, the event repairs. */
@Controller()
export class RegistryController {
  constructor(private readonly db: DataSource) {}

  @Put('internal/registries/:id')
  @Internal()
  @HttpCode(204)
  async put(@Param('id', ParseUUIDPipe) id: string, @Body() facts: Facts): Promise<void> {
    if (facts.id !== id)
      throw new Problem(400, 'validation-failed', 'the id in the body is another one than in the path');
    await this.db.transaction((tx) => learnRegistry(tx, facts));
  }

  @Handles([registryCreated, registryChanged, registryDeleted], 'auth.registries')
  handle({ tx, payload }: Delivery<RegistryFacts>): Promise<void> {
    return learnRegistry(tx, payload);
  }
}
