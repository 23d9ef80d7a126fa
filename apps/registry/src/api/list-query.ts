import { PageView, RegistryView } from '@ncr/contracts';
import { Problem } from '@ncr/platform';
import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import { IsInt, IsOptional, IsString, Max, MaxLength, Min } from 'class-validator';
import { RegistryAnswer } from './registry-bodies';

/** What every list takes. */
export class ListQuery {
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

  /** A cursor is the last name of a page, in base64url, so that nobody builds one by hand. */
  static cursorAfter(name: string): string {
    return Buffer.from(name).toString('base64url');
  }

  /** The name after which the page begins. Throws `cursor-invalid`. */
  after(): string {
    const name = Buffer.from(this.cursor ?? '', 'base64url').toString();
    if (ListQuery.cursorAfter(name) === (this.cursor ?? '')) return name;
    throw new Problem(400, 'cursor-invalid', 'cursor must be the `next` of a page', {
      fields: [{ field: 'cursor', rule: 'cursor', message: 'cursor must be the `next` of a page' }],
    });
  }
}

export class RegistryPage implements PageView<RegistryView> {
  @ApiProperty({ type: [RegistryAnswer] })
  items!: RegistryAnswer[];

  @ApiPropertyOptional({ description: 'Absent on the last page.' })
  next?: string;
}
