import { ApiPropertyOptional } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import { IsInt, IsOptional, IsString, Max, MaxLength, Min } from 'class-validator';
import { Problem } from './problem';

/** The query of every list in the order of names; a list that can do more extends it. */
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

  /** The cursor that follows a page: its last name in base64url, so that nobody builds one by hand. */
  static cursorAfter(name: string): string {
    return Buffer.from(name).toString('base64url');
  }

  /** The name after which the page begins; empty for the first page. Throws the 400 problem `cursor-invalid`. */
  after(): string {
    const name = Buffer.from(this.cursor ?? '', 'base64url').toString();
    if (ListQuery.cursorAfter(name) === (this.cursor ?? '')) return name;
    const message = 'cursor must be the `next` of a page';
    throw new Problem(400, 'cursor-invalid', message, { fields: [{ field: 'cursor', rule: 'cursor', message }] });
  }
}
