import { ApiProperty } from '@nestjs/swagger';

class ChainStatusView {
  @ApiProperty() chain!: string;
  @ApiProperty() label!: string;
  @ApiProperty({ enum: ['starting', 'following', 'unavailable', 'stopped', 'contradicted'] }) state!: string;
  @ApiProperty({ type: String, nullable: true }) code!: string | null;
  @ApiProperty({ type: String, nullable: true }) detail!: string | null;
  @ApiProperty({ type: String, nullable: true, format: 'date-time' }) state_since!: string | null;
  @ApiProperty({ type: String, nullable: true }) booked_height!: string | null;
  @ApiProperty({ type: String, nullable: true }) finalised_height!: string | null;
  @ApiProperty({ type: String, nullable: true }) head_height!: string | null;
  @ApiProperty({ type: String, nullable: true, format: 'date-time' }) checked_at!: string | null;
  @ApiProperty() gas_float!: string;
  @ApiProperty() gas_float_atomic!: string;
  @ApiProperty() gas_reserved_atomic!: string;
  @ApiProperty({ type: Object, description: 'deposits by state' }) deposits!: Record<string, number>;
  @ApiProperty({ type: Object, description: 'open transactions by state' }) open_transactions!: Record<string, number>;
}
export class ChainStateView {
  @ApiProperty() chain!: string;
  @ApiProperty({ enum: ['following', 'unavailable', 'stopped', 'contradicted'] }) state!: string;
}
class WalletStatusView {
  @ApiProperty({ example: 'wal_…' }) id!: string;
  @ApiProperty() role!: string;
  @ApiProperty() chain!: string;
  @ApiProperty() address!: string;
  @ApiProperty() path!: string;
  @ApiProperty({ type: String, nullable: true }) pool!: string | null;
  @ApiProperty({ type: String, nullable: true, description: 'why nothing is sent from it until people have looked' })
  stopped!: string | null;
  @ApiProperty({ description: 'by the books, final' }) balance!: string;
  @ApiProperty() balance_atomic!: string;
}
export class CustodyStatusView {
  @ApiProperty({ type: [ChainStatusView] }) chains!: ChainStatusView[];
  @ApiProperty({ type: [WalletStatusView], description: 'omnibus, vaults and treasury; deposit addresses as one sum' })
  wallets!: WalletStatusView[];
  @ApiProperty() deposit_addresses!: number;
  @ApiProperty({ description: 'by chain: coins at deposit addresses, not swept yet', type: Object }) deposit_balances!: Record<
    string,
    string
  >;
}
