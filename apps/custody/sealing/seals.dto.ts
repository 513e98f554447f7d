import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsIn } from 'class-validator';
import { PageInfo, PageQuery } from '#http';
import { sealedLogs, type SealedLog } from '#messages';

export class SealsQuery extends PageQuery {
  @ApiPropertyOptional({ enum: sealedLogs, default: 'ledger' })
  @IsIn(sealedLogs)
  log: SealedLog = 'ledger';
}

/** A block with everything that its hash is made of. Hashes, signature and key are hex without 0x, as they are hashed and signed. */
export class SealView {
  @ApiProperty({ enum: sealedLogs }) log!: SealedLog;
  @ApiProperty({ description: 'place in the chain of this log, from 1 without gaps' }) seq!: string;
  @ApiProperty() epoch!: number;
  @ApiProperty({ description: 'the database cluster that counted the transactions' }) cluster!: string;
  @ApiProperty({ description: 'transactions after this one' }) after_xid!: string;
  @ApiProperty({ description: 'up to this one' }) upto_xid!: string;
  @ApiProperty({ type: [String] }) floor!: readonly string[];
  @ApiProperty({ type: [String] }) top!: readonly string[];
  @ApiProperty() chart!: number;
  @ApiProperty({ description: 'rows under the seal' }) rows!: number;
  @ApiProperty({ description: 'root of the Merkle tree over the rows' }) root!: string;
  @ApiProperty({ description: 'hash of the block before' }) previous!: string;
  @ApiProperty() hash!: string;
  @ApiProperty({ format: 'date-time' }) sealed_at!: string;
  @ApiProperty({ type: String, nullable: true, description: 'Ed25519; null until the signer has answered' }) signature!: string | null;
  @ApiProperty({ type: String, nullable: true }) public_key!: string | null;
}
export class SealPage {
  @ApiProperty({ type: [SealView] }) data!: SealView[];
  @ApiProperty({ type: PageInfo }) page!: PageInfo;
}

export class SealHeadView {
  @ApiProperty({ enum: sealedLogs }) log!: SealedLog;
  @ApiProperty() seq!: string;
  @ApiProperty() previous!: string;
  @ApiProperty() hash!: string;
  @ApiProperty({ format: 'date-time' }) sealed_at!: string;
  @ApiProperty({ description: 'the text that is signed' }) statement!: string;
  @ApiProperty({ description: 'Ed25519 over the statement, 64 bytes of hex' }) signature!: string;
  @ApiProperty({ description: '32 bytes of hex' }) public_key!: string;
}
export class SealHeadsView {
  @ApiProperty({ type: [SealHeadView], description: 'the newest signed block of each log; none before the first' }) heads!: SealHeadView[];
}
