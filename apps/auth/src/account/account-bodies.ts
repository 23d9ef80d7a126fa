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
import { Problem } from '@ncr/platform';
import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import {
  IsBoolean,
  IsIn,
  IsInt,
  IsLocale,
  IsOptional,
  IsString,
  IsUUID,
  Max,
  MaxLength,
  Min,
  MinLength,
} from 'class-validator';
import { maximumPassword } from './password-rules';

export class CreateAccountBody implements CreateAccount {
  @ApiProperty({ example: 'jane@example.com' })
  @IsString()
  @MaxLength(254)
  name!: string;

  @ApiProperty({ minLength: 12, maxLength: maximumPassword })
  @IsString()
  @MaxLength(4 * maximumPassword)
  password!: string;

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

export class ChangeAccountBody implements ChangeAccount {
  @ApiPropertyOptional()
  @IsOptional()
  @IsString()
  @MinLength(1)
  @MaxLength(200)
  displayName?: string;

  @ApiPropertyOptional({ description: 'BCP 47' })
  @IsOptional()
  @IsLocale()
  locale?: string;

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
export class AccountQuery {
  @ApiPropertyOptional({ minimum: 1, maximum: 1000, default: 100 })
  @IsOptional()
  @Type(() => Number)
  @IsInt()
  @Min(1)
  @Max(1000)
  limit = 100;

  @ApiPropertyOptional({ description: '`next` of the page before.' })
  @IsOptional()
  @IsString()
  @MaxLength(512)
  cursor?: string;

  @ApiPropertyOptional({ description: 'Only names that contain this text.' })
  @IsOptional()
  @IsString()
  @MaxLength(128)
  q = '';

  @ApiPropertyOptional({ enum: ['name', '-name'], default: 'name' })
  @IsOptional()
  @IsIn(['name', '-name'])
  sort: 'name' | '-name' = 'name';

  /** The name after which the page begins; undefined on the first. Throws `Problem` 400. */
  after(): string | undefined {
    if (this.cursor === undefined) return undefined;
    const name = Buffer.from(this.cursor, 'base64url').toString();
    if (cursorAfter(name) === this.cursor) return name;
    const message = 'cursor must be the `next` of a page';
    throw new Problem(400, 'cursor-invalid', message, { fields: [{ field: 'cursor', rule: 'cursor', message }] });
  }
}

/** The last name of a page, in base64url, so that nobody builds one by hand. */
export function cursorAfter(name: string): string {
  return Buffer.from(name).toString('base64url');
}

export class ManagedAccountAnswer implements ManagedAccountView {
  @ApiProperty({ format: 'uuid' })
  id!: string;

  @ApiProperty()
  name!: string;

  @ApiProperty()
  displayName!: string;

  @ApiProperty()
  locale!: string;

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
