import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsOptional, Length, Matches } from 'class-validator';
import { KeyView } from '../keys/keys.dto.js';
import { StandingView } from '../standing/standing.dto.js';

export class SignUpDto {
  @ApiPropertyOptional({ description: 'your own name for this client; no personal data', minLength: 1, maxLength: 64, example: 'desk-7' })
  @IsOptional()
  @Length(1, 64)
  @Matches(/^[^\p{C}]+$/u, { message: 'reference must be printable text' })
  reference?: string;
}

export class ClientView {
  @ApiProperty({ example: 'cli_2b1f6f0e-6a0b-4d5e-9c38-0b2a0b41ce5a' }) id!: string;
  @ApiProperty({ type: String, nullable: true }) reference!: string | null;
  @ApiProperty({ format: 'date-time' }) created_at!: string;
}

export class SignedUpView extends ClientView {
  @ApiProperty() key_id!: string;
  @ApiProperty({
    type: String,
    nullable: true,
    example: 'bk_…',
    description:
      'The first API key, shown this once. null when the answer is a replay: if the first answer was lost, sign up again with a fresh Idempotency-Key.',
  })
  api_key!: string | null;
}

export class MeView extends ClientView {
  @ApiProperty({ type: StandingView }) standing!: StandingView;
  @ApiProperty({ type: [KeyView] }) keys!: KeyView[];
  @ApiProperty({ description: 'the key of this request' }) current_key_id!: string;
}
