import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsOptional, Length, Matches } from 'class-validator';

export class NewKeyDto {
  @ApiPropertyOptional({ description: 'what you call this key', minLength: 1, maxLength: 64, example: 'trading server' })
  @IsOptional()
  @Length(1, 64)
  @Matches(/^[^\p{C}]+$/u, { message: 'label must be printable text' })
  label?: string;
}

export class KeyView {
  @ApiProperty({ example: 'key_2b1f6f0e-6a0b-4d5e-9c38-0b2a0b41ce5a' }) id!: string;
  @ApiProperty() label!: string;
  @ApiProperty({ description: 'its first characters', example: 'bk_Yk3qZ' }) hint!: string;
  @ApiProperty({ enum: ['active', 'revoked'] }) state!: 'active' | 'revoked';
  @ApiProperty({ format: 'date-time' }) created_at!: string;
  @ApiProperty({ type: String, format: 'date-time', nullable: true }) revoked_at!: string | null;
}

export class KeyList {
  @ApiProperty({ type: [KeyView] }) data!: KeyView[];
}

export class CreatedKeyView extends KeyView {
  @ApiProperty({
    type: String,
    nullable: true,
    description: 'The key itself, shown this once. null when the answer is a replay: revoke the key and create another.',
  })
  api_key!: string | null;
}
