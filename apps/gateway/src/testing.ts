import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import { request } from 'node:http';
import { text } from 'node:stream/consumers';
import { All, Body, Controller, Get, HttpCode, Module, Post, Query, Req } from '@nestjs/common';
import { AcceptsForm, defineService, defineSettings, Internal, Problem, Public } from '@ncr/platform';
import { startService, TestAuthority, TestService } from '@ncr/platform/testing';
import { gateway } from './index';

/** What the far side of the gateway knows and has seen; one at a time. */
export class FarSide {
  static readonly authority = new TestAuthority();
  /** Credential → the principal it stands for. */
  static readonly principals = new Map<string, string>();
  static exchanges: Record<string, unknown>[] = [];
}

interface HttpRequest {
  readonly raw: IncomingMessage;
  readonly url: string;
}

/** Stands for `auth`: exchanges what {@link FarSide} knows, and repeats what it is told on every other route. */
@Controller()
class StandInController {
  @Get('internal/jwks')
  @Internal()
  keys(): unknown {
    return FarSide.authority.keys();
  }

  @Get('internal/revocations')
  @Internal()
  revocations(@Query('after') after: string): unknown {
    return FarSide.authority.revocations(Number(after));
  }

  @Post('internal/exchange')
  @Internal()
  @HttpCode(200)
  exchange(@Body() body: Record<string, string>): unknown {
    FarSide.exchanges.push(body);
    const sub = FarSide.principals.get(body['cookie'] ?? body['basic'] ?? '');
    if (sub === undefined) throw new Problem(401, 'credentials-wrong', 'the name, key or password is wrong');
    const token = FarSide.authority.as({ service: 'project-admin', registries: {} }, { sub });
    return { token, ...(body['cookie'] !== undefined && { csrfToken: `csrf of ${body['cookie']}` }) };
  }

  @All(['token', 'api/v1/me', 'api/v1/me/password', 'api/v1/session', 'api/v1/access-keys', 'api/v1/accounts'])
  @Public()
  @AcceptsForm()
  @HttpCode(200)
  all(@Req() { raw, url }: HttpRequest): unknown {
    if (raw.method === 'DELETE') FarSide.principals.clear();
    return { method: raw.method, url, headers: raw.headers };
  }
}

@Module({ controllers: [StandInController] })
class StandInModule {}

const auth = defineService({
  name: 'auth',
  module: StandInModule,
  entities: [],
  migrations: [],
  settings: defineSettings({}),
});

export function startGateway(environment: Readonly<Record<string, string>> = {}): Promise<TestService> {
  return startService([gateway, auth], { environment });
}

/** An answer of the gateway; `seen` is what the far side was told, if it was asked. */
export interface GatewayAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
  readonly problem: { readonly code?: string };
  readonly seen: { readonly url?: string; readonly headers: IncomingHttpHeaders };
}

/** Sends the path as it is: `fetch` would tidy it up. */
export async function send(
  port: number,
  [method, path]: readonly [method: string, path: string],
  headers: Readonly<Record<string, string | string[]>> = {},
  body?: string,
): Promise<GatewayAnswer> {
  const answer = await new Promise<IncomingMessage>((resolve, reject) => {
    const sent = {
      host: `localhost:${port}`,
      ...(body !== undefined && { 'content-length': String(body.length) }),
      ...headers,
    };
    request({ port, host: '127.0.0.1', method, path, headers: sent }, resolve).on('error', reject).end(body);
  });
  const content = await text(answer);
  const isJson = /json/.test(answer.headers['content-type'] ?? '');
  const json = (isJson && content !== '' ? JSON.parse(content) : {}) as GatewayAnswer['seen'] &
    GatewayAnswer['problem'];
  return { status: answer.statusCode ?? 0, headers: answer.headers, text: content, problem: json, seen: json };
}
