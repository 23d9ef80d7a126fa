import { PageView, RegistryView } from '@ncr/contracts';
import { Caller, CurrentCaller, etagOf, ListQuery, Problem, PublicHosts, Requires } from '@ncr/platform';
import { Body, Controller, Delete, Get, Headers, HttpStatus, Param, Patch, Post, Query, Res } from '@nestjs/common';
import { ApiBearerAuth, ApiOkResponse, ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import { FastifyReply } from 'fastify';
import { Changed, Registries } from '../registries';
import { RegistryEntity } from '../store/registry.entity';
import { ChangeRegistryBody, CreateRegistryBody, RegistryAnswer } from './registry-bodies';
import { RegistryPage } from './registry-page';

@ApiTags('registries')
@ApiBearerAuth()
@Controller('api/v1/registries')
export class RegistriesController {
  constructor(
    private readonly registries: Registries,
    private readonly hosts: PublicHosts,
  ) {}

  @Get()
  @Requires('registry.view')
  @ApiOperation({ summary: 'The registries that the caller may see, by name' })
  @ApiOkResponse({ type: RegistryPage })
  async list(
    @CurrentCaller() caller: Caller,
    @Query() query: ListQuery,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<PageView<RegistryView>> {
    const { limit, q } = query;
    const visible = caller.role() === undefined ? caller.grantedRegistries : undefined;
    const found = await this.registries.list(visible, { cursor: query.after(), limit, q });
    const items = found.slice(0, limit).map((registry) => this.view(registry));
    if (found.length <= limit) return { items };
    const next = ListQuery.cursorAfter(items.at(-1)!.name);
    const search = new URLSearchParams({ limit: String(limit), ...(q && { q }), cursor: next });
    void reply.header('Link', `</api/v1/registries?${search}>; rel="next"`);
    return { items, next };
  }

  @Post()
  @Requires('registry.create')
  @ApiOperation({ summary: 'Create a registry' })
  @ApiResponse({ status: 201, type: RegistryAnswer })
  @ApiResponse({ status: 202, type: RegistryAnswer, description: 'Created; logins learn of it in a moment.' })
  async create(
    @Body() body: CreateRegistryBody,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<RegistryView> {
    const { name, anonymousPull = false } = body;
    const made = await this.registries.create({ name, anonymousPull });
    void reply.header('Location', `/api/v1/registries/${made.registry.name}`);
    return this.changed(made, reply, HttpStatus.CREATED);
  }

  @Get(':registry')
  @Requires('registry.view')
  @ApiOperation({ summary: 'One registry' })
  @ApiOkResponse({ type: RegistryAnswer })
  async show(@Param('registry') name: string, @Res({ passthrough: true }) reply: FastifyReply): Promise<RegistryView> {
    const registry = await this.registries.find(name);
    void reply.header('ETag', etagOf(registry.version));
    return this.view(registry);
  }

  @Patch(':registry')
  @Requires('registry.change')
  @ApiOperation({ summary: 'Change a registry' })
  @ApiOkResponse({ type: RegistryAnswer })
  async change(
    @Param('registry') name: string,
    @Body() body: ChangeRegistryBody,
    @Headers('if-match') ifMatch: string | undefined,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<RegistryView> {
    return this.changed(await this.registries.update(name, ifMatch, body), reply, HttpStatus.OK);
  }

  @Delete(':registry')
  @Requires('registry.delete')
  @ApiOperation({ summary: 'Delete a registry with all its images; `confirm` repeats its name' })
  @ApiResponse({ status: 204 })
  async delete(
    @Param('registry') name: string,
    @Query('confirm') confirm: string | undefined,
    @Headers('if-match') ifMatch: string | undefined,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<void> {
    if (confirm !== name) {
      throw new Problem(400, 'confirmation-missing', 'confirm must repeat the name of the registry', {
        fields: [{ field: 'confirm', rule: 'equals', message: 'confirm must repeat the name of the registry' }],
      });
    }
    const { settled } = await this.registries.delete(name, ifMatch);
    void reply.status(settled ? HttpStatus.NO_CONTENT : HttpStatus.ACCEPTED);
  }

  private changed({ registry, settled }: Changed, reply: FastifyReply, status: HttpStatus): RegistryView {
    void reply.status(settled ? status : HttpStatus.ACCEPTED).header('ETag', etagOf(registry.version));
    return this.view(registry);
  }

  private view({ id, name, anonymousPull, createdAt, version }: RegistryEntity): RegistryView {
    const host = new URL(this.hosts.origins[0]).host;
    const publicAddress = `${host}/${name}`;
    return { id, name, purpose: 'normal', anonymousPull, publicAddress, createdAt: createdAt.toISOString(), version };
  }
}
