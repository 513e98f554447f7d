import { ApiProperty } from '@nestjs/swagger';

class ValidatorPublicView {
  @ApiProperty() pubkey!: string;
  @ApiProperty({ description: 'what was deposited for it' }) deposited!: string;
  @ApiProperty({
    description: 'its balance in the ledger, as of the last report; null when it holds nothing (its deposit is on its way, or it has left)',
    type: String,
    nullable: true,
  })
  balance!: string | null;
  @ApiProperty() deposit_tx_hash!: string;
}
class TotalView {
  @ApiProperty() account!: string;
  @ApiProperty() meaning!: string;
  @ApiProperty() asset!: string;
  @ApiProperty() balance!: string;
  @ApiProperty() balance_atomic!: string;
}
class ReconciledView {
  @ApiProperty({ enum: ['agreed', 'broken'] }) state!: string;
  @ApiProperty() block_number!: string;
  @ApiProperty() unexplained_atomic!: string;
  @ApiProperty({ format: 'date-time' }) at!: string;
}
export class TransparencyView {
  @ApiProperty() pool!: string;
  @ApiProperty() asset!: string;
  @ApiProperty() chain!: string;
  @ApiProperty({ description: 'what runs behind the chain: a public network, or a simulation' }) chain_label!: string;
  @ApiProperty() network!: string;
  @ApiProperty({ description: 'the address that the validators pay out to' }) vault!: string;
  @ApiProperty({ type: [ValidatorPublicView] }) validators!: ValidatorPublicView[];
  @ApiProperty({ type: [TotalView], description: 'what the ledger says of the pool' }) totals!: TotalView[];
  @ApiProperty({ description: 'last finalised block in the books', type: String, nullable: true }) booked_height!: string | null;
  @ApiProperty({ type: ReconciledView, nullable: true }) last_reconciliation!: ReconciledView | null;
}
