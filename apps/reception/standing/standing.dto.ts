import { ApiProperty } from '@nestjs/swagger';
import type { Standing } from './standing.store.js';

export class StandingView {
  @ApiProperty({ enum: ['applicant', 'approved', 'restricted', 'closed'] }) state!: string;
  @ApiProperty({ description: 'rises with each change; 0 before the first' }) version!: number;
  @ApiProperty({ type: String, nullable: true, enum: ['retail', 'professional', 'corporate', 'institutional'] }) client_class!:
    string | null;
  @ApiProperty() may_deposit!: boolean;
  @ApiProperty() may_stake!: boolean;
  @ApiProperty() may_unstake!: boolean;
  @ApiProperty() may_withdraw!: boolean;
}

export const standingView = (standing: Standing): StandingView => ({
  state: standing.state,
  version: standing.version,
  client_class: standing.clientClass,
  may_deposit: standing.mayDeposit,
  may_stake: standing.mayStake,
  may_unstake: standing.mayUnstake,
  may_withdraw: standing.mayWithdraw,
});
