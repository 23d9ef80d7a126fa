import { Body, Controller, Delete, Get, HttpCode, Param, Post } from '@nestjs/common';
import { AccessKeyView, CreateAccessKey, CreatedAccessKeyView } from '@ncr/contracts';
import { Caller, CurrentCaller, Requires } from '@ncr/platform';
import { IsOptional, IsString, MaxLength } from 'class-validator';
import { AccessKeys } from './access-keys';

class CreateAccessKeyBody implements CreateAccessKey {
  @IsOptional()
  @IsString()
  @MaxLength(200)
  description?: string;
}

/** The caller's own access keys (KEY-1). */
@Controller('api/v1/access-keys')
export class AccessKeyController {
  constructor(private readonly accessKeys: AccessKeys) {}

  @Get()
  @Requires('access-key.view')
  async list(@CurrentCaller() caller: Caller): Promise<{ items: AccessKeyView[] }> {
    return { items: await this.accessKeys.list(caller.id) };
  }

  @Post()
  @Requires('access-key.create')
  create(@CurrentCaller() caller: Caller, @Body() { description }: CreateAccessKeyBody): Promise<CreatedAccessKeyView> {
    return this.accessKeys.create(caller.id, description ?? '');
  }

  @Delete(':id')
  @Requires('access-key.delete')
  @HttpCode(204)
  delete(@CurrentCaller() caller: Caller, @Param('id') id: string): Promise<void> {
    return this.accessKeys.delete(caller.id, id);
  }
}
