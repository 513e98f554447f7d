import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { ArrayNotEmpty, ArrayUnique, IsIn, IsISO8601, IsOptional, Length, Matches } from 'class-validator';
import { scopes, type Scope } from '#http';

export class NewKeyDto {
  @ApiPropertyOptional({ description: 'what you call this key', minLength: 1, maxLength: 64, example: 'trading server' })
  @IsOptional()
  @Length(1, 64)
  @Matches(/^[^\p{C}]+$/u, { message: 'label must be printable text' })
  label?: string;

  @ApiPropertyOptional({
    description:
      'what this key may do; everything that your own key may, where absent. read: look; account: onboarding, keys, disclosures, deposit addresses; stake: place and cancel orders; withdraw: address book and withdrawals',
    enum: scopes,
    isArray: true,
    example: ['read', 'stake'],
  })
  @IsOptional()
  @ArrayNotEmpty()
  @ArrayUnique()
  @IsIn(scopes, { each: true })
  scopes?: Scope[];

  @ApiPropertyOptional({
    description:
      'An Ed25519 public key, 32 bytes in base64: this key then signs requests by HTTP Message Signatures (RFC 9421), and there is no secret that could be stolen from here. Without it an API key is made',
    example: 'JrQLj5P/89iXES9+vFgrIy29clF9CC/oPPsw3c5D0bs=',
  })
  @IsOptional()
  @Length(44, 44)
  public_key?: string;

  @ApiPropertyOptional({ description: 'from then on the key opens nothing', format: 'date-time' })
  @IsOptional()
  @IsISO8601({ strict: true })
  @Matches(/Z$|[+-]\d\d:\d\d$/, { message: 'expires_at must have a time zone' })
  expires_at?: string;
}

export class KeyView {
  @ApiProperty({ example: 'key_2b1f6f0e-6a0b-4d5e-9c38-0b2a0b41ce5a', description: 'also the keyid of its signatures' }) id!: string;
  @ApiProperty() label!: string;
  @ApiProperty({ enum: ['secret', 'signature'], description: 'how it opens the door' }) kind!: 'secret' | 'signature';
  @ApiProperty({ description: 'its first characters', example: 'bk_Yk3qZ' }) hint!: string;
  @ApiProperty({ enum: scopes, isArray: true }) scopes!: Scope[];
  @ApiProperty({ enum: ['active', 'expired', 'revoked'] }) state!: 'active' | 'expired' | 'revoked';
  @ApiProperty({ format: 'date-time' }) created_at!: string;
  @ApiProperty({ type: String, format: 'date-time', nullable: true }) expires_at!: string | null;
  @ApiProperty({ type: String, format: 'date-time', nullable: true }) revoked_at!: string | null;
}

export class KeyList {
  @ApiProperty({ type: [KeyView] }) data!: KeyView[];
}

export class CreatedKeyView extends KeyView {
  @ApiProperty({
    type: String,
    nullable: true,
    description:
      'The key itself, shown this once. null for a signing key, and when the answer is a replay: revoke the key and create another.',
  })
  api_key!: string | null;
}
