import type { IncomingMessage } from 'node:http';
import { Controller, Get, Headers, HttpCode, Post, Req, UseFilters } from '@nestjs/common';
import { tokenService } from '@ncr/contracts';
import { AcceptsForm, Public } from '@ncr/platform';
import { ApiConsumes, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { answerOf, TokenAnswer } from './token-answer';
import { TokenEndpoint } from './token-endpoint';
import { TokenFilter } from './token.filter';
import { parseForm, parseQuery } from './token-request';

interface HttpRequest {
  readonly raw: IncomingMessage;
  readonly body: unknown;
}

/** The token endpoint of Docker's token specification (`token.md`, `oauth.md`). */
@ApiTags('token')
@Controller()
@UseFilters(TokenFilter)
export class TokenController {
  constructor(private readonly endpoint: TokenEndpoint) {}

  @Get('token')
  @Public()
  @ApiOperation({
    summary: 'A token for push and pull, with Basic or anonymous: parameters service, scope, offline_token',
  })
  @ApiOkResponse({ type: TokenAnswer })
  async get(@Req() { raw }: HttpRequest, @Headers('authorization') authorization?: string): Promise<TokenAnswer> {
    const query = new URL(raw.url ?? '', 'http://localhost').searchParams;
    const issued = await this.endpoint.issue(
      parseQuery(query, authorization, tokenService),
      raw.socket.remoteAddress ?? '',
    );
    return answerOf(issued);
  }

  @Post('token')
  @Public()
  @AcceptsForm()
  @ApiOperation({ summary: 'The same with a form: grant_type password or refresh_token' })
  @ApiConsumes('application/x-www-form-urlencoded')
  @ApiOkResponse({ type: TokenAnswer })
  @HttpCode(200)
  async post(@Req() { raw, body }: HttpRequest): Promise<TokenAnswer> {
    const issued = await this.endpoint.issue(parseForm(formOf(body), tokenService), raw.socket.remoteAddress ?? '');
    return { ...answerOf(issued), scope: issued.scope };
  }
}

/** A repeated field arrives as an array. */
function formOf(body: unknown): URLSearchParams {
  const form = new URLSearchParams();
  for (const [name, value] of Object.entries(body ?? {})) {
    for (const text of [value].flat()) if (typeof text === 'string') form.append(name, text);
  }
  return form;
}
