import type { StakingAdapter } from '../../port.js';
import { withdrawalCredentials } from '../deposit/credentials.js';
import { encodeDepositCall } from '../deposit/deposit-call.js';
import { verifyDeposit } from '../deposit/verify-deposit.js';
import { readExecutionRewards } from '../execution-rewards/execution-rewards.js';
import type { Network } from '../node/network.js';
import { readCheckpoint } from '../reader/checkpoint.js';
import { planConsolidation } from '../requests/consolidation-plan.js';
import { planExit } from '../requests/exit-plan.js';
import { planPartialWithdrawal } from '../requests/partial-withdrawal-plan.js';
import { planSwitchToCompounding } from '../requests/switch-plan.js';
import type { DepositHistory } from './deposit-history.js';
import { entryEta, exitEta, partialWithdrawalEta } from './eta.js';
import { guardFirstDeposit } from './guard-first-deposit.js';
import { guardTopUp } from './guard-top-up.js';
import { observePerformance } from './performance.js';
import { observeRewards } from './rewards.js';
import { foreseeSlashing } from './slashing.js';
import { viewValidators } from './validators.js';

export function createStaking(network: Network, history: DepositHistory): StakingAdapter {
  return {
    network: () => network.facts(),
    checkpoint: () => readCheckpoint(network),
    validators: (pubkeys, at) => viewValidators(network, pubkeys, at),
    rewards: (periods, to) => observeRewards(network, periods, to),
    rewardsBySource: (periods, to) => Promise.all(network.sources().map((source) => observeRewards(source, periods, to))),
    withdrawalCredentials,
    verifyDeposit: (deposit) => verifyDeposit(deposit, network.identity().genesisForkVersion),
    guardFirstDeposit: (pubkey) => guardFirstDeposit(network, history, pubkey),
    guardTopUp: (pubkey, credentials, amount) => guardTopUp(network, pubkey, credentials, amount),
    depositPlan: (from, deposit) => ({
      from,
      to: network.identity().depositContract,
      value: deposit.amount,
      data: encodeDepositCall(deposit),
    }),
    exitPlan: (from, pubkey) => planExit(network, from, pubkey),
    partialWithdrawalPlan: (from, pubkey, amount) => planPartialWithdrawal(network, from, pubkey, amount),
    consolidationPlan: (from, source, target, ours) => planConsolidation(network, from, source, target, ours),
    switchToCompoundingPlan: (from, pubkey) => planSwitchToCompounding(network, from, pubkey),
    performance: (pubkeys, fromEpoch, toEpoch) => observePerformance(network, pubkeys, fromEpoch, toEpoch),
    slashingOutlook: (pubkeys) => foreseeSlashing(network, pubkeys),
    executionRewards: (ours, fromBlock, toBlock) => readExecutionRewards(network, ours, fromBlock, toBlock),
    entryEta: (extra) => entryEta(network, extra),
    exitEta: (extra) => exitEta(network, extra),
    partialWithdrawalEta: (amount) => partialWithdrawalEta(network, amount),
  };
}
