import {
  Body,
  Controller,
  Delete,
  Get,
  Headers,
  HttpCode,
  Param,
  ParseUUIDPipe,
  Patch,
  Post,
  Query,
  Res,
} from '@nestjs/common';
import { GrantView, ManagedAccountView, PageView } from '@ncr/contracts';
import { Caller, CurrentCaller, etagOf, ListQuery, Requires } from '@ncr/platform';
import { ApiOkResponse, ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import {
  AccountPage,
  AccountQuery,
  ChangeAccountBody,
  CreateAccountBody,
  CreateGrantBody,
  GrantAnswer,
  GrantPage,
  ManagedAccountAnswer,
} from './account-bodies';
import { Account } from './account.entity';
import { Accounts } from './accounts';
import { GrantList } from './grants';
import { RoleGrant } from './role-grant.entity';

interface HttpReply {
  header(name: string, value: string): unknown;
}

/** Accounts and what they may do, for administrators of the service (ACC-1, ROL-1). */
@ApiTags('accounts')
@Controller('api/v1/accounts')
export class AccountController {
  constructor(
    private readonly accounts: Accounts,
    private readonly grants: GrantList,
  ) {}

  @Get()
  @Requires('account.view')
  @ApiOperation({ summary: 'All accounts, by name' })
  @ApiOkResponse({ type: AccountPage })
  async list(
    @Query() query: AccountQuery,
    @Res({ passthrough: true }) reply: HttpReply,
  ): Promise<PageView<ManagedAccountView>> {
    const { limit, q, sort } = query;
    const found = await this.accounts.list({ after: query.after(), limit: limit + 1, q, sort });
    const items = found.slice(0, limit).map(accountView);
    if (found.length <= limit) return { items };
    const next = ListQuery.cursorAfter(items.at(-1)!.name);
    const search = new URLSearchParams({ limit: String(limit), sort, ...(q && { q }), cursor: next });
    reply.header('link', `</api/v1/accounts?${search}>; rel="next"`);
    return { items, next };
  }

  @Post()
  @Requires('account.create')
  @ApiOperation({ summary: 'Create an account; it holds no role yet' })
  @ApiResponse({ status: 201, type: ManagedAccountAnswer })
  async create(
    @Body() body: CreateAccountBody,
    @Res({ passthrough: true }) reply: HttpReply,
  ): Promise<ManagedAccountView> {
    const account = await this.accounts.create(body);
    reply.header('location', `/api/v1/accounts/${account.id}`);
    return tagged(account, reply);
  }

  @Get(':id')
  @Requires('account.view')
  @ApiOperation({ summary: 'One account' })
  @ApiOkResponse({ type: ManagedAccountAnswer })
  async show(
    @Param('id', ParseUUIDPipe) id: string,
    @Res({ passthrough: true }) reply: HttpReply,
  ): Promise<ManagedAccountView> {
    return tagged(await this.accounts.get(id), reply);
  }

  @Patch(':id')
  @Requires('account.change')
  @ApiOperation({ summary: 'Change an account; a new password ends its sessions' })
  @ApiOkResponse({ type: ManagedAccountAnswer })
  async change(
    @Param('id', ParseUUIDPipe) id: string,
    @Body() body: ChangeAccountBody,
    @Headers('if-match') ifMatch: string | undefined,
    @Res({ passthrough: true }) reply: HttpReply,
  ): Promise<ManagedAccountView> {
    return tagged(await this.accounts.change(id, body, ifMatch), reply);
  }

  @Delete(':id')
  @Requires('account.delete')
  @HttpCode(204)
  @ApiOperation({ summary: 'Delete an account with its keys, sessions and roles' })
  async delete(@Param('id', ParseUUIDPipe) id: string): Promise<void> {
    await this.accounts.delete(id);
  }

  @Get(':id/grants')
  @Requires('account.view')
  @ApiOperation({ summary: 'Roles of an account' })
  @ApiOkResponse({ type: GrantPage })
  async listGrants(@Param('id', ParseUUIDPipe) id: string): Promise<PageView<GrantView>> {
    await this.accounts.get(id);
    return { items: (await this.grants.list(id)).map(grantView) };
  }

  @Post(':id/grants')
  @Requires('grant.create')
  @ApiOperation({ summary: 'Give a role, in place of one that the account has on the same target' })
  @ApiResponse({ status: 201, type: GrantAnswer })
  async grant(
    @CurrentCaller() caller: Caller,
    @Param('id', ParseUUIDPipe) id: string,
    @Body() { role, registryId }: CreateGrantBody,
  ): Promise<GrantView> {
    return grantView(await this.grants.put(caller, id, { role, registryId: registryId ?? null }));
  }

  @Delete(':id/grants/:grant')
  @Requires('grant.delete')
  @HttpCode(204)
  @ApiOperation({ summary: 'Take a role away' })
  async removeGrant(
    @CurrentCaller() caller: Caller,
    @Param('id', ParseUUIDPipe) id: string,
    @Param('grant', ParseUUIDPipe) grant: string,
  ): Promise<void> {
    await this.grants.remove(caller, id, grant);
  }
}

function tagged(account: Account, reply: HttpReply): ManagedAccountView {
  reply.header('etag', etagOf(account.version));
  return accountView(account);
}

function accountView({ id, name, displayName, locale, enabled, createdAt, version }: Account): ManagedAccountView {
  return { id, name, displayName, locale, enabled, createdAt: createdAt.toISOString(), version };
}

function grantView({ id, role, registryId }: RoleGrant): GrantView {
  return { id, role, registryId };
}
