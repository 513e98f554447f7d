import { ApiProperty } from '@nestjs/swagger';
import { StandingView } from '../standing/standing.dto.js';

const money = { description: 'asset units; *_atomic beside it in base units', example: '1.5' };

export class AssetOverviewView {
  @ApiProperty({ example: 'ETH' }) asset!: string;
  @ApiProperty({ ...money, description: 'free to stake or withdraw' }) available!: string;
  @ApiProperty() available_atomic!: string;
  @ApiProperty({ ...money, description: 'set aside for an accepted order or withdrawal' }) reserved!: string;
  @ApiProperty() reserved_atomic!: string;
  @ApiProperty({ ...money, description: 'on its way into a validator, not yet earning' }) activating!: string;
  @ApiProperty() activating_atomic!: string;
  @ApiProperty({ ...money, description: 'staked and earning, as of the last report' }) active!: string;
  @ApiProperty() active_atomic!: string;
  @ApiProperty({ ...money, description: 'asked back, still in the pool, as of the last report' }) exiting!: string;
  @ApiProperty() exiting_atomic!: string;
  @ApiProperty({ ...money, description: 'out of the pool at a fixed rate, not yet free' }) locked!: string;
  @ApiProperty() locked_atomic!: string;
  @ApiProperty({ ...money, description: 'rewards settled to you, not yet paid out' }) rewards!: string;
  @ApiProperty() rewards_atomic!: string;
  @ApiProperty({ ...money, description: 'arrived, not yet cleared' }) in_review!: string;
  @ApiProperty() in_review_atomic!: string;
  @ApiProperty(money) total!: string;
  @ApiProperty() total_atomic!: string;
}

export class OverviewView {
  @ApiProperty() client_id!: string;
  @ApiProperty({ type: StandingView }) standing!: StandingView;
  @ApiProperty({ type: [AssetOverviewView] }) assets!: AssetOverviewView[];
  @ApiProperty({ type: String, format: 'date-time', nullable: true, description: 'when rewards were last paid out, to anybody' })
  last_payout_at!: string | null;
}
