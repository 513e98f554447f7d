import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsBoolean, IsOptional, IsString, Length } from 'class-validator';

export class IncidentCommentBody {
  @ApiProperty({ minLength: 3, maxLength: 2_000 }) @IsString() @Length(3, 2_000) comment!: string;
  @ApiPropertyOptional({ default: false, description: 'clients of the pool read it too: nothing personal, nothing of an operator’s' })
  @IsOptional()
  @IsBoolean()
  to_clients?: boolean;
}
