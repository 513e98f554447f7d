import type { StakingAdapter } from '../../port.js';
import { encodeDepositCall } from '../deposit/deposit-call.js';
import { verifyDeposit } from '../deposit/verify-deposit.js';
import { withdrawalCredentials } from '../deposit/credentials.js';
import type { Network } from '../node/network.js';
import { readCheckpoint } from '../reader/checkpoint.js';
import type { DepositHistory } from './deposit-history.js';
import { entryEta, exitEta } from './eta.js';
import { planExit } from './exit-plan.js';
import { guardFirstDeposit } from './guard-first-deposit.js';
import { observeRewards } from './rewards.js';
import { viewValidators } from './validators.js';

export function createStaking(network: Network, history: DepositHistory): StakingAdapter {
  return {
    network: () => network.facts(),
    checkpoint: () => readCheckpoint(network),
    validators: (pubkeys, at) => viewValidators(network, pubkeys, at),
    rewards: (periods, to) => observeRewards(network, periods, to),
    withdrawalCredentials,
    verifyDeposit: (deposit) => verifyDeposit(deposit, network.identity().genesisForkVersion),
    guardFirstDeposit: (pubkey) => guardFirstDeposit(network, history, pubkey),
    depositPlan: (from, deposit) => ({
      from,
      to: network.identity().depositContract,
      value: deposit.amount,
      data: encodeDepositCall(deposit),
    }),
    exitPlan: (from, pubkey) => planExit(network, from, pubkey),
    entryEta: (extra) => entryEta(network, extra),
    exitEta: (extra) => exitEta(network, extra),
  };
}
