import type { IncomingMessage } from 'node:http';
import { Controller, Get, Headers, HttpCode, Post, Req, UseFilters } from '@nestjs/common';
import { tokenService } from '@ncr/contracts';
import { AcceptsForm, Public } from '@ncr/platform';
import { IssuedToken, TokenEndpoint } from './token-endpoint';
import { TokenFilter } from './token.filter';
import { parseForm, parseQuery } from './token-request';

/** What clients read; every client reads another one of the first two. */
export interface TokenAnswer {
  readonly token: string;
  readonly access_token: string;
  readonly expires_in: number;
  readonly issued_at: string;
  readonly scope?: string;
  readonly refresh_token?: string;
}

interface HttpRequest {
  readonly raw: IncomingMessage;
  readonly body: unknown;
}

/** The token endpoint of Docker's token specification (`token.md`, `oauth.md`). */
@Controller()
@UseFilters(TokenFilter)
export class TokenController {
  constructor(private readonly endpoint: TokenEndpoint) {}

  @Get('token')
  @Public()
  async get(@Req() { raw }: HttpRequest, @Headers('authorization') authorization?: string): Promise<TokenAnswer> {
    const query = new URL(raw.url ?? '', 'http://localhost').searchParams;
    const issued = await this.endpoint.issue(
      parseQuery(query, authorization, tokenService),
      raw.socket.remoteAddress ?? '',
    );
    return answer(issued);
  }

  @Post('token')
  @Public()
  @AcceptsForm()
  @HttpCode(200)
  async post(@Req() { raw, body }: HttpRequest): Promise<TokenAnswer> {
    const issued = await this.endpoint.issue(parseForm(formOf(body), tokenService), raw.socket.remoteAddress ?? '');
    return { ...answer(issued), scope: issued.scope };
  }
}

/** Without `scope`, which only POST answers. */
export function answer({ token, expiresIn, issuedAt, refreshToken }: IssuedToken): TokenAnswer {
  return {
    token,
    access_token: token,
    expires_in: expiresIn,
    issued_at: issuedAt.toISOString(),
    ...(refreshToken !== undefined && { refresh_token: refreshToken }),
  };
}

/** A repeated field arrives as an array. */
function formOf(body: unknown): URLSearchParams {
  const form = new URLSearchParams();
  for (const [name, value] of Object.entries(body ?? {})) {
    for (const text of [value].flat()) if (typeof text === 'string') form.append(name, text);
  }
  return form;
}
