import {
  ChangeAccount,
  CreateAccount,
  CreateGrant,
  GrantView,
  ManagedAccountView,
  PageView,
  Role,
  roles,
} from '@ncr/contracts';
import { ListQuery } from '@ncr/platform';
import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsBoolean, IsIn, IsLocale, IsOptional, IsString, IsUUID, MaxLength, MinLength } from 'class-validator';
import { AccountAnswer } from '../session/session-bodies';
import { maximumPassword } from './password-rules';

/** What people see of an account, and the language that they see. */
class AppearanceBody {
  @ApiPropertyOptional()
  @IsOptional()
  @IsString()
  @MinLength(1)
  @MaxLength(200)
  displayName?: string;

  @ApiPropertyOptional({ description: 'BCP 47', example: 'en' })
  @IsOptional()
  @IsLocale()
  locale?: string;
}

export class CreateAccountBody extends AppearanceBody implements CreateAccount {
  @ApiProperty({ example: 'jane@example.com' })
  @IsString()
  @MaxLength(254)
  name!: string;

  @ApiProperty({ minLength: 12, maxLength: maximumPassword })
  @IsString()
  @MaxLength(4 * maximumPassword)
  password!: string;
}

export class ChangeAccountBody extends AppearanceBody implements ChangeAccount {
  @ApiPropertyOptional({ description: 'False ends all sessions and tokens of the account.' })
  @IsOptional()
  @IsBoolean()
  enabled?: boolean;

  @ApiPropertyOptional({ minLength: 12, maxLength: maximumPassword })
  @IsOptional()
  @IsString()
  @MaxLength(4 * maximumPassword)
  password?: string;
}

export class CreateGrantBody implements CreateGrant {
  @ApiProperty({ enum: roles })
  @IsIn(roles)
  role!: Role;

  @ApiPropertyOptional({
    type: String,
    nullable: true,
    format: 'uuid',
    description: 'Null or absent: on the whole service.',
  })
  @IsOptional()
  @IsUUID()
  registryId?: string | null;
}

/** What the list of accounts takes. */
export class AccountQuery extends ListQuery {
  @ApiPropertyOptional({ enum: ['name', '-name'], default: 'name' })
  @IsOptional()
  @IsIn(['name', '-name'])
  sort: 'name' | '-name' = 'name';
}

export class ManagedAccountAnswer extends AccountAnswer implements ManagedAccountView {
  @ApiProperty()
  enabled!: boolean;

  @ApiProperty({ format: 'date-time' })
  createdAt!: string;

  @ApiProperty()
  version!: number;
}

export class AccountPage implements PageView<ManagedAccountView> {
  @ApiProperty({ type: [ManagedAccountAnswer] })
  items!: ManagedAccountAnswer[];

  @ApiPropertyOptional({ description: 'Absent on the last page.' })
  next?: string;
}

export class GrantAnswer implements GrantView {
  @ApiProperty({ format: 'uuid' })
  id!: string;

  @ApiProperty({ enum: roles })
  role!: Role;

  @ApiProperty({ type: String, nullable: true, format: 'uuid' })
  registryId!: string | null;
}

export class GrantPage implements PageView<GrantView> {
  @ApiProperty({ type: [GrantAnswer] })
  items!: GrantAnswer[];
}
