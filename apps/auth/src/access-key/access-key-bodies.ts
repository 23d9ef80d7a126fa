import { AccessKeyView, CreateAccessKey, CreatedAccessKeyView, PageView } from '@ncr/contracts';
import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsOptional, IsString, MaxLength } from 'class-validator';

export class CreateAccessKeyBody implements CreateAccessKey {
  @ApiPropertyOptional({ maxLength: 200 })
  @IsOptional()
  @IsString()
  @MaxLength(200)
  description?: string;
}

export class AccessKeyAnswer implements AccessKeyView {
  @ApiProperty({ description: 'What stands for the user name in docker login.' })
  id!: string;

  @ApiProperty()
  description!: string;

  @ApiProperty({ format: 'date-time' })
  createdAt!: string;
}

export class CreatedAccessKeyAnswer extends AccessKeyAnswer implements CreatedAccessKeyView {
  @ApiProperty({ description: 'What stands for the password.' })
  secret!: string;
}

export class AccessKeyPage implements PageView<AccessKeyView> {
  @ApiProperty({ type: [AccessKeyAnswer] })
  items!: AccessKeyAnswer[];
}
