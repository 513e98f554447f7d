import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsIn, IsObject, IsOptional, IsString, IsUUID, Length, Matches } from 'class-validator';
import { MayBeAbsent, PageQuery } from '#http';
import { proposalKinds, type ProposalKind } from './proposal.js';

export class ProposalBody {
  @ApiProperty({ enum: proposalKinds }) @IsIn(proposalKinds) kind!: ProposalKind;
  @ApiPropertyOptional({ example: 'eth-payout-1', description: 'the pool it concerns' })
  @MayBeAbsent()
  @Matches(/^[a-z0-9-]{1,64}$/)
  pool_id?: string;
  @ApiPropertyOptional({ type: Object, description: 'what the kind needs, for kinds that have terms (docs/api.md)' })
  @MayBeAbsent()
  @IsObject()
  terms?: Record<string, unknown>;
  @ApiPropertyOptional({ description: 'credentials_switch: the validator; consolidation: the one that goes into the other' })
  @MayBeAbsent()
  @Matches(/^0x[0-9a-f]{96}$/)
  pubkey?: string;
  @ApiPropertyOptional({ description: 'consolidation: the validator of the same pool that takes over' })
  @MayBeAbsent()
  @Matches(/^0x[0-9a-f]{96}$/)
  target_pubkey?: string;
  @ApiPropertyOptional({
    format: 'uuid',
    description: 'write_off: the batch whose deposit went to a foreign key (subject of the incident)',
  })
  @MayBeAbsent()
  @IsUUID()
  batch_id?: string;
  @ApiPropertyOptional({ description: 'carry_loss: the most that may be carried, wei' })
  @MayBeAbsent()
  @Matches(/^[1-9]\d{0,37}$/)
  amount_atomic?: string;
  @ApiProperty({ minLength: 3, maxLength: 2_000 }) @IsString() @Length(3, 2_000) comment!: string;
}
export class DecisionBody {
  @ApiProperty({ minLength: 3, maxLength: 2_000, description: 'why; kept with the decision' })
  @IsString()
  @Length(3, 2_000)
  comment!: string;
}
export class IncidentsQuery extends PageQuery {
  @ApiPropertyOptional() @IsOptional() @IsString() @Length(1, 64) pool_id?: string;
  @ApiPropertyOptional({ enum: ['open', 'closed'] }) @IsOptional() @IsIn(['open', 'closed']) state?: 'open' | 'closed';
  @ApiPropertyOptional() @IsOptional() @Matches(/^[a-z_.]{1,64}$/) kind?: string;
}
