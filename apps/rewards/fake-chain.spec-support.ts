import type { BlockRef, Chain, ChainReader, ChainWriter, RewardPeriod, StakingAdapter, ValidatorReward } from '#chains';
import { amount, delta, Fault } from '#kernel';

export const SLOTS = 32n;

const NOT_ASKED = (): never => {
  throw new Error('this room does not ask for that');
};

interface Earned {
  /** Another validator than the one that was asked for. */
  readonly pubkey?: string;
  readonly reward?: bigint;
  readonly withdrawn?: bigint;
  readonly deposited?: bigint;
  readonly consolidatedIn?: bigint;
  readonly consolidatedOut?: bigint;
  readonly emptied?: boolean;
}
const BLOCK = `0x${'b'.repeat(64)}`;
/** A chain in which a test says what validators earned. */
export class FakeChain implements Chain {
  readonly name = 'ethereum' as const;
  readonly asset = 'ETH' as const;
  epoch = 100n;
  trouble: Fault | null = null;
  /** What each validator earned since the last time it was asked for, and what of it was paid out. */
  readonly earned = new Map<string, Earned>();
  readonly asked: (readonly RewardPeriod[])[] = [];
  /** What a second source says they earned; null: there is none. */
  second: Map<string, Earned> | null = null;
  /** What stands where the last checkpoint's block was; null: the node does not know. */
  blockHash: string | null = BLOCK;
  readonly reader = { blockHash: () => Promise.resolve(this.blockHash) } as unknown as ChainReader;
  readonly writer = {} as ChainWriter;
  readonly staking: StakingAdapter = {
    network: async () => ({ secondsPerSlot: 12, slotsPerEpoch: SLOTS, genesisForkVersion: '0x10000910', shardCommitteePeriod: 8n }),
    checkpoint: async () => {
      if (this.trouble) throw this.trouble;
      const block: BlockRef = { number: this.epoch * SLOTS, hash: BLOCK, time: new Date(0) };
      return { epoch: this.epoch, slot: this.epoch * SLOTS, blockRoot: `0x${'c'.repeat(64)}`, block };
    },
    rewards: async (periods) => {
      this.asked.push(periods);
      if (this.second && periods.some(({ pubkey }) => this.earned.get(pubkey) !== this.second?.get(pubkey)))
        throw new Fault('chain.contradiction', 'two nodes say different things', false);
      return this.say(this.earned, periods);
    },
    rewardsBySource: async (periods) => [this.earned, ...(this.second ? [this.second] : [])].map((source) => this.say(source, periods)),
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

  private say(source: ReadonlyMap<string, Earned>, periods: readonly RewardPeriod[]): ValidatorReward[] {
    return periods.map((period) => {
      const seen = source.get(period.pubkey) ?? {};
      const { reward = 0n, withdrawn = 0n, deposited = 0n, consolidatedIn = 0n, consolidatedOut = 0n, emptied = false } = seen;
      return {
        pubkey: seen.pubkey ?? period.pubkey,
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
  }
}
