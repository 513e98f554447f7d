import { ApiProperty } from '@nestjs/swagger';
import { IsBoolean, IsInt, IsString, Length, MaxLength, Min } from 'class-validator';

export class ChangeBody {
  @ApiProperty({ example: '0 9 L * *', description: 'five fields on the wall clock of the time zone; L is the last day of a month' })
  @IsString()
  @Length(9, 200)
  cron!: string;

  @ApiProperty({ example: 'Asia/Hong_Kong', description: 'of the IANA database' })
  @IsString()
  @Length(1, 64)
  time_zone!: string;

  @ApiProperty({ example: '0.001', description: 'nobody who is owed less is paid; asset units' })
  @IsString()
  @MaxLength(80)
  min_amount!: string;

  @ApiProperty({ description: 'false: no run is planned until it is enabled again' })
  @IsBoolean()
  enabled!: boolean;

  @ApiProperty({ minimum: 1, description: 'the version of the schedule that you looked at' })
  @IsInt()
  @Min(1)
  version!: number;

  @ApiProperty({ minLength: 3, maxLength: 2_000, description: 'why; kept with the change' })
  @IsString()
  @Length(3, 2_000)
  reason!: string;
}

export class DecisionBody {
  @ApiProperty({ minLength: 3, maxLength: 2_000, description: 'why; kept with the decision' })
  @IsString()
  @Length(3, 2_000)
  comment!: string;
}
