import { ChangeRegistry, CreateRegistry, registryNamePattern, RegistryPurpose, RegistryView } from '@ncr/contracts';
import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsBoolean, IsIn, IsOptional, Matches } from 'class-validator';

export class CreateRegistryBody implements CreateRegistry {
  @ApiProperty({ example: 'team', pattern: registryNamePattern.source })
  @Matches(registryNamePattern, {
    message: 'name has 2 to 64 lower-case letters and digits, separated by single . or _, by __ or by -',
  })
  name!: string;

  @ApiPropertyOptional({ enum: ['normal'], default: 'normal', description: 'Fixed once the registry exists.' })
  @IsOptional()
  @IsIn(['normal'])
  purpose?: RegistryPurpose;

  @ApiPropertyOptional({ default: false, description: 'Whether everybody may pull without logging in.' })
  @IsOptional()
  @IsBoolean()
  anonymousPull?: boolean;
}

export class ChangeRegistryBody implements ChangeRegistry {
  @ApiPropertyOptional({ description: 'Whether everybody may pull without logging in.' })
  @IsOptional()
  @IsBoolean()
  anonymousPull?: boolean;
}

export class RegistryAnswer implements RegistryView {
  @ApiProperty({ format: 'uuid' })
  id!: string;

  @ApiProperty()
  name!: string;

  @ApiProperty({ enum: ['normal'] })
  purpose!: RegistryPurpose;

  @ApiProperty()
  anonymousPull!: boolean;

  @ApiProperty({ example: 'registry.example.com/team', description: 'What stands before /<image> in docker push.' })
  publicAddress!: string;

  @ApiProperty({ format: 'date-time' })
  createdAt!: string;

  @ApiProperty({ description: 'Also in ETag; send it back in If-Match.' })
  version!: number;
}
