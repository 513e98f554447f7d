import type { TransferKindName } from '#ledger';

/**
 * What rows are called. Stable: programs read these names. A name is only ever added; what it means never changes. Those without a kind of
 * transfer below are kept for what is to come (wrap, unwrap, fee), or name what a row brings with it (slash).
 */
export const rowTypeNames = [
  'deposit',
  'deposit_release',
  'deposit_attributed',
  'withdrawal',
  'withdrawal_reserve',
  'withdrawal_return',
  'stake_reserve',
  'stake_return',
  'stake_submit',
  'stake_fail',
  'stake_transfer',
  'shares_issued',
  'unstake_lock',
  'unstake_unlock',
  'shares_redeemed',
  'unstake_transfer',
  'unstake_release',
  'instant_exit',
  'instant_exit_shares',
  'staking_reward',
  'mev_reward',
  'reward_payout',
  'rebate',
  'slash',
  'cover',
  'cover_reimbursement',
  'commission',
  'fee',
  'wrap',
  'unwrap',
  'custody_transfer',
  'house',
] as const;
export type RowType = (typeof rowTypeNames)[number];

/**
 * What a row does to what a client owns. `income`: earned or given · `arrival`, `departure`: across our door · `into_pool`, `out_of_pool`: the same
 * asset, now staked or no longer (no disposal) · `shares_*`: the claim on the pool that goes with it · `none`: from one account of the client
 * to another, or no client's at all.
 */
export type RowEffect = 'income' | 'arrival' | 'departure' | 'into_pool' | 'out_of_pool' | 'shares_issued' | 'shares_redeemed' | 'none';

export interface RowMeaning {
  readonly type: RowType;
  readonly effect: RowEffect;
}

const row = (type: RowType, effect: RowEffect = 'none'): RowMeaning => ({ type, effect });

/** Every kind of transfer of the chart: one without a name is no program. */
export const rowMeanings = {
  'deposit.receive': row('deposit', 'arrival'),
  'deposit.release': row('deposit_release'),
  'deposit.unattributed': row('custody_transfer'),
  'wallet.sweep': row('custody_transfer'),
  'gas.reserve': row('fee'),
  'gas.spend': row('fee'),
  'gas.release': row('fee'),
  'withdrawal.reserve': row('withdrawal_reserve'),
  'withdrawal.return': row('withdrawal_return'),
  'withdrawal.settle': row('withdrawal', 'departure'),
  'stake.send': row('custody_transfer'),
  'protocol.withdraw': row('custody_transfer'),
  'fee.sweep': row('commission'),
  'gas.top_up': row('fee'),
  'execution.receive': row('mev_reward'),
  'house.fund': row('house'),
  'house.gas': row('house'),
  'house.top_up': row('house'),
  'house.fee_receive': row('house'),
  'stake.reserve': row('stake_reserve'),
  'stake.return': row('stake_return'),
  'stake.submit': row('stake_submit'),
  'stake.fail': row('stake_fail'),
  'validator.activate': row('custody_transfer'),
  'stake.mint': row('stake_transfer', 'into_pool'),
  'share.mint': row('shares_issued', 'shares_issued'),
  'share.lock': row('unstake_lock'),
  'share.unlock': row('unstake_unlock'),
  'share.burn': row('shares_redeemed', 'shares_redeemed'),
  'exit.finalise': row('unstake_transfer', 'out_of_pool'),
  'exit.settle': row('unstake_release'),
  'reward.accrue': row('staking_reward'),
  'reward.commission': row('commission'),
  'house.fee_accrue': row('house'),
  'reward.loss': row('slash'),
  'reward.recover': row('staking_reward'),
  'validator.collect': row('custody_transfer'),
  'reward.collect': row('staking_reward'),
  'reward.settle': row('staking_reward', 'income'),
  'fee.draw': row('commission'),
  'execution.accrue': row('mev_reward'),
  'execution.commission': row('commission'),
  'execution.recover': row('mev_reward'),
  'validator.consolidate': row('custody_transfer'),
  'validator.cover': row('cover'),
  'unattributed.to_client': row('deposit_attributed', 'arrival'),
  'unattributed.to_pool': row('mev_reward'),
  'unattributed.return': row('custody_transfer'),
  'unattributed.to_recovery': row('cover'),
  'unattributed.to_operator_bond': row('cover'),
  'unattributed.to_cover_fund': row('cover'),
  'unattributed.to_first_loss': row('cover'),
  'unattributed.to_instant_buffer': row('custody_transfer'),
  'reward.compound': row('staking_reward'),
  'execution.compound': row('mev_reward'),
  'rebate.pay': row('rebate', 'income'),
  'stake.net': row('stake_transfer', 'into_pool'),
  'exit.set_aside': row('custody_transfer'),
  'exit.pay': row('unstake_transfer', 'out_of_pool'),
  'exit.surplus': row('custody_transfer'),
  'loss.leave': row('slash'),
  'instant.take': row('instant_exit_shares', 'shares_redeemed'),
  'instant.pay': row('instant_exit', 'out_of_pool'),
  'instant.burn': row('custody_transfer'),
  'instant.refill': row('custody_transfer'),
  'cover.bond_loss': row('cover'),
  'cover.fund_loss': row('cover'),
  'cover.first_loss_taken': row('cover'),
  'recovery.of_bond': row('cover'),
  'recovery.of_fund': row('cover'),
  'recovery.of_first_loss': row('cover'),
  'recovery.pay': row('cover_reimbursement', 'income'),
  'payout.fund': row('custody_transfer'),
  'payout.pay': row('reward_payout'),
  'payout.draw': row('custody_transfer'),
  'payout.return': row('custody_transfer'),
} as const satisfies Record<TransferKindName, RowMeaning>;

export const meaningOf = (kind: TransferKindName): RowMeaning => rowMeanings[kind];

/** What a tax tool wants a value for. */
export const needsValue = (effect: RowEffect): boolean => effect === 'income' || effect === 'arrival' || effect === 'departure';
