import { Body, Controller, Delete, Get, HttpCode, Param, Post } from '@nestjs/common';
import { AccessKeyView, CreatedAccessKeyView, maximumAccessKeys, PageView } from '@ncr/contracts';
import { Caller, CurrentCaller, Requires } from '@ncr/platform';
import { ApiOkResponse, ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import { AccessKeyPage, CreateAccessKeyBody, CreatedAccessKeyAnswer } from './access-key-bodies';
import { AccessKeys } from './access-keys';

/** The caller's own access keys (KEY-1). */
@ApiTags('access keys')
@Controller('api/v1/access-keys')
export class AccessKeyController {
  constructor(private readonly accessKeys: AccessKeys) {}

  @Get()
  @Requires('access-key.view')
  @ApiOperation({ summary: 'Own access keys, oldest first' })
  @ApiOkResponse({ type: AccessKeyPage })
  async list(@CurrentCaller() caller: Caller): Promise<PageView<AccessKeyView>> {
    return { items: await this.accessKeys.list(caller.id) };
  }

  @Post()
  @Requires('access-key.create')
  @ApiOperation({
    summary: `Make an access key, at most ${maximumAccessKeys}; the secret is shown here and never again`,
  })
  @ApiResponse({ status: 201, type: CreatedAccessKeyAnswer })
  @ApiResponse({ status: 409, description: '`too-many-access-keys`' })
  create(@CurrentCaller() caller: Caller, @Body() { description }: CreateAccessKeyBody): Promise<CreatedAccessKeyView> {
    return this.accessKeys.create(caller.id, description ?? '');
  }

  @Delete(':id')
  @Requires('access-key.delete')
  @ApiOperation({ summary: 'Delete an access key; what was got with it ends within a minute' })
  @HttpCode(204)
  delete(@CurrentCaller() caller: Caller, @Param('id') id: string): Promise<void> {
    return this.accessKeys.delete(caller.id, id);
  }
}
