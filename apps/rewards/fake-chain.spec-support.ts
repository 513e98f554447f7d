import type { BlockRef, Chain, ChainReader, ChainWriter, RewardPeriod, StakingAdapter, ValidatorReward } from '#chains';
import { amount, delta, type Fault } from '#kernel';

export const SLOTS = 32n;

const NOT_ASKED = (): never => {
  throw new Error('this room does not ask for that');
};

interface Earned {
  readonly reward?: bigint;
  readonly withdrawn?: bigint;
  readonly deposited?: bigint;
  readonly consolidatedIn?: bigint;
  readonly consolidatedOut?: bigint;
  readonly emptied?: boolean;
}
/** A chain in which a test says what validators earned. */
export class FakeChain implements Chain {
  readonly name = 'ethereum' as const;
  readonly asset = 'ETH' as const;
  epoch = 100n;
  trouble: Fault | null = null;
  /** What each validator earned since the last time it was asked for, and what of it was paid out. */
  readonly earned = new Map<string, Earned>();
  readonly asked: (readonly RewardPeriod[])[] = [];
  readonly reader = {} as ChainReader;
  readonly writer = {} as ChainWriter;
  readonly staking: StakingAdapter = {
    network: async () => ({ secondsPerSlot: 12, slotsPerEpoch: SLOTS, genesisForkVersion: '0x10000910', shardCommitteePeriod: 8n }),
    checkpoint: async () => {
      if (this.trouble) throw this.trouble;
      const block: BlockRef = { number: this.epoch * SLOTS, hash: `0x${'b'.repeat(64)}`, time: new Date(0) };
      return { epoch: this.epoch, slot: this.epoch * SLOTS, blockRoot: `0x${'c'.repeat(64)}`, block };
    },
    rewards: async (periods) => {
      this.asked.push(periods);
      return periods.map((period): ValidatorReward => {
        const seen = this.earned.get(period.pubkey) ?? {};
        const { reward = 0n, withdrawn = 0n, deposited = 0n, consolidatedIn = 0n, consolidatedOut = 0n, emptied = false } = seen;
        return {
          pubkey: period.pubkey,
          opening: period.opening,
          closing: amount(period.opening + reward + deposited + consolidatedIn - consolidatedOut - withdrawn),
          withdrawn: amount(withdrawn),
          deposited: amount(deposited),
          consolidatedIn: amount(consolidatedIn),
          consolidatedOut: amount(consolidatedOut),
          reward: delta(reward),
          emptied,
        };
      });
    },
    validators: NOT_ASKED,
    withdrawalCredentials: NOT_ASKED,
    verifyDeposit: NOT_ASKED,
    guardFirstDeposit: NOT_ASKED,
    guardTopUp: NOT_ASKED,
    depositPlan: NOT_ASKED,
    exitPlan: NOT_ASKED,
    partialWithdrawalPlan: NOT_ASKED,
    consolidationPlan: NOT_ASKED,
    switchToCompoundingPlan: NOT_ASKED,
    performance: NOT_ASKED,
    slashingOutlook: NOT_ASKED,
    executionRewards: NOT_ASKED,
    partialWithdrawalEta: NOT_ASKED,
    entryEta: NOT_ASKED,
    exitEta: NOT_ASKED,
  };
}
