import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IssuedToken } from './token-endpoint';

/** What clients read; some read the first field, some the second. */
export class TokenAnswer {
  @ApiProperty()
  token!: string;

  @ApiProperty({ description: 'The same.' })
  access_token!: string;

  @ApiProperty({ description: 'In seconds.' })
  expires_in!: number;

  @ApiProperty({ format: 'date-time' })
  issued_at!: string;

  @ApiPropertyOptional({ description: 'What was granted; by POST only.' })
  scope?: string;

  @ApiPropertyOptional({ description: 'Where one was asked for.' })
  refresh_token?: string;
}

/** Without `scope`. */
export function answerOf({ token, expiresIn, issuedAt, refreshToken }: IssuedToken): TokenAnswer {
  return {
    token,
    access_token: token,
    expires_in: expiresIn,
    issued_at: issuedAt.toISOString(),
    ...(refreshToken !== undefined && { refresh_token: refreshToken }),
  };
}
