import { Body, Controller, HttpCode, Post } from '@nestjs/common';
import { Internal } from '@ncr/platform';
import { ArrayMaxSize, IsArray, IsBoolean, IsOptional, IsString, MaxLength } from 'class-validator';
import { maximumScopes, maximumScopeText, parseScopes } from '../token/scope';
import { answerOf, TokenAnswer } from '../token/token-answer';
import { TokenEndpoint } from '../token/token-endpoint';
import { parseBasic } from '../token/token-request';
import { Exchange, ManagementToken } from './exchange';

class ExchangeRequest {
  /** Value of the session cookie. */
  @IsOptional()
  @IsString()
  @MaxLength(200)
  cookie?: string;

  /** The `Authorization` header, whole. */
  @IsOptional()
  @IsString()
  @MaxLength(2000)
  basic?: string;

  /** The client's. */
  @IsOptional()
  @IsString()
  address?: string;

  /** Whether a person's name and password will do in place of an access key. */
  @IsOptional()
  @IsBoolean()
  passwordToo?: boolean;
}

class RegistryTokenRequest {
  /** The `Authorization` header, whole or without its first word. */
  @IsString()
  @MaxLength(2000)
  basic!: string;

  @IsArray()
  @ArrayMaxSize(maximumScopes)
  @IsString({ each: true })
  @MaxLength(maximumScopeText, { each: true })
  scopes!: string[];

  /** The client's. */
  @IsOptional()
  @IsString()
  address?: string;
}

/** Where the gateway and the data plane turn what a client sent into a token. */
@Controller('internal')
export class ExchangeController {
  constructor(
    private readonly exchange: Exchange,
    private readonly endpoint: TokenEndpoint,
  ) {}

  @Post('exchange')
  @Internal()
  @HttpCode(200)
  management(@Body() { cookie, basic, address, passwordToo }: ExchangeRequest): Promise<ManagementToken> {
    if (cookie !== undefined) return this.exchange.ofSession(cookie);
    const pair = parseBasic(basic ?? '');
    return passwordToo ? this.exchange.ofPair(pair, address ?? '') : this.exchange.ofAccessKey(pair);
  }

  /** Basic on `/v2/` itself: the same as a GET of the token endpoint. */
  @Post('registry-token')
  @Internal()
  @HttpCode(200)
  async registry(@Body() { basic, scopes, address }: RegistryTokenRequest): Promise<TokenAnswer> {
    const header = /^basic /i.test(basic) ? basic : `Basic ${basic}`;
    const request = { pair: parseBasic(header), scopes: parseScopes(scopes), offline: false };
    return answerOf(await this.endpoint.issue(request, address ?? ''));
  }
}
