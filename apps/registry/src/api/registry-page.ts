import { PageView, RegistryView } from '@ncr/contracts';
import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { RegistryAnswer } from './registry-bodies';

export class RegistryPage implements PageView<RegistryView> {
  @ApiProperty({ type: [RegistryAnswer] })
  items!: RegistryAnswer[];

  @ApiPropertyOptional({ description: 'Absent on the last page.' })
  next?: string;
}
