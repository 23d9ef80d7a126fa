import { AccountView, ChangePassword, Grants, MeView, Role, roles, SessionView, SignIn } from '@ncr/contracts';
import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsString, MaxLength } from 'class-validator';
import { maximumPassword, minimumPassword } from '../account/password-rules';

/** Longer in UTF-16 units than any password in characters. */
const longestText = 4 * maximumPassword;

export class SignInBody implements SignIn {
  @ApiProperty({ example: 'jane@example.com' })
  @IsString()
  @MaxLength(254)
  account!: string;

  @ApiProperty()
  @IsString()
  @MaxLength(longestText)
  password!: string;
}

export class ChangePasswordBody implements ChangePassword {
  @ApiProperty()
  @IsString()
  @MaxLength(longestText)
  currentPassword!: string;

  @ApiProperty({ minLength: minimumPassword, maxLength: maximumPassword })
  @IsString()
  @MaxLength(longestText)
  newPassword!: string;
}

export class AccountAnswer implements AccountView {
  @ApiProperty({ format: 'uuid' })
  id!: string;

  @ApiProperty()
  name!: string;

  @ApiProperty()
  displayName!: string;

  @ApiProperty()
  locale!: string;
}

export class SessionAnswer implements SessionView {
  @ApiProperty({ type: AccountAnswer })
  account!: AccountAnswer;

  @ApiProperty({ description: 'For the header X-CSRF-Token of every change made with the cookie.' })
  csrfToken!: string;
}

class GrantsAnswer implements Grants {
  @ApiPropertyOptional({ enum: roles })
  service?: Role;

  @ApiProperty({ type: 'object', additionalProperties: { type: 'string', enum: [...roles] } })
  registries!: Record<string, Role>;
}

export class MeAnswer implements MeView {
  @ApiProperty({ type: AccountAnswer })
  account!: AccountAnswer;

  @ApiProperty({ type: GrantsAnswer })
  grants!: GrantsAnswer;

  @ApiPropertyOptional({ description: 'For a caller with a session cookie.' })
  csrfToken?: string;
}
