import { Controller, Get, Header } from '@nestjs/common';
import { Internal, KeySetDocument, Public } from '@ncr/platform';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import type { JWK } from 'jose';
import { Installation } from '../installation';
import { SigningKeys } from './signing-keys';

/** The public keys, for everybody (RFC 7517) and, with issuer and audiences, for the services of the installation. */
@ApiTags('token')
@Controller()
export class JwksController {
  constructor(
    private readonly signingKeys: SigningKeys,
    private readonly installation: Installation,
  ) {}

  @Get('.well-known/jwks.json')
  @Public()
  @ApiOperation({ summary: 'The keys that verify tokens (RFC 7517)' })
  @Header('content-type', 'application/jwk-set+json')
  @Header('cache-control', 'public, max-age=300')
  publish(): { keys: JWK[] } {
    return this.signingKeys.jwks();
  }

  @Get('internal/jwks')
  @Internal()
  forServices(): Pick<KeySetDocument, 'issuer' | 'audiences'> & { keys: JWK[] } {
    const { issuer, audiences } = this.installation;
    return { issuer, audiences, ...this.signingKeys.jwks() };
  }
}
