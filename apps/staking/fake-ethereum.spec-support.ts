import type {
  BlockRef,
  Chain,
  ChainReader,
  ChainWriter,
  Checkpoint,
  DutyPerformance,
  Eta,
  ExecutionReward,
  SlashingOutlook,
  StakingAdapter,
  TransactionPlan,
  ValidatorView,
} from '#chains';
import type { Fault } from '#kernel';
import { amount, ok, type Refusal, type Result } from '#kernel';

const NOT_ASKED = (): never => {
  throw new Error('this room does not ask for that');
};

/** One vote an epoch and one block a window, of 32 ETH. */
function dutiesOf(pubkey: string, epochs: bigint, missed: bigint): DutyPerformance {
  const done = epochs - missed;
  return {
    pubkey,
    activeEpochs: epochs,
    stakeEpochs: amount(32n * 10n ** 18n * epochs),
    expectedAttestations: epochs,
    included: done,
    sourceCorrect: done,
    targetCorrect: done,
    expectedHeads: epochs,
    headCorrect: done,
    delaySlots: null,
    expectedProposals: 1n,
    proposals: missed === 0n ? 1n : 0n,
  };
}

/** An Ethereum in which a test says what is seen. Nothing moves by itself. */
export class FakeEthereum implements Chain {
  readonly name = 'ethereum' as const;
  readonly asset = 'ETH' as const;
  epoch = 100n;
  readonly views = new Map<string, ValidatorView>();
  /** What `check()` throws. */
  trouble: Fault | null = null;
  badDeposit: Refusal | null = null;
  knownKey: Refusal | null = null;
  readonly guarded: string[] = [];
  /** What guards say before money is added to a key, and before a plan is made of an exit, a switch or a merger. */
  badTopUp: Refusal | null = null;
  badPlan: Refusal | null = null;
  readonly toppedUp: { pubkey: string; amount: bigint }[] = [];
  outlook: SlashingOutlook[] = [];
  executed: ExecutionReward[] = [];
  /** Votes that a validator missed in each window asked for. */
  readonly missed = new Map<string, bigint>();
  readonly lookedAt: { fromEpoch: bigint; toEpoch: bigint }[] = [];

  sees(pubkey: string, credentials: string, change: Partial<ValidatorView> = {}): void {
    const before = this.views.get(pubkey);
    this.views.set(pubkey, {
      pubkey,
      index: BigInt(this.views.size),
      status: 'active',
      slashed: false,
      balance: amount(32n * 10n ** 18n),
      withdrawalCredentials: credentials,
      activationEpoch: this.epoch,
      exitEpoch: null,
      withdrawableEpoch: null,
      queued: amount(0n),
      effectiveBalance: amount(32n * 10n ** 18n),
      pendingPartials: amount(0n),
      ...before,
      ...change,
    });
  }

  private readonly block = (): BlockRef => ({ number: this.epoch * 32n, hash: `0x${'b'.repeat(64)}`, time: new Date(0) });
  private readonly eta = (extra: bigint, basis: string): Eta => ({
    p50Seconds: 600 + Number(extra / 10n ** 18n),
    p90Seconds: 1_200,
    basis,
  });
  private async healthy(): Promise<void> {
    if (this.trouble) throw this.trouble;
  }

  private plan(from: string): Result<TransactionPlan> {
    return this.badPlan ? { ok: false, refusal: this.badPlan } : ok({ from, to: `0x${'7'.repeat(40)}`, value: amount(1n), data: '0x' });
  }

  readonly reader: ChainReader = {
    check: () => this.healthy(),
    head: async () => this.block(),
    finalised: async () => this.block(),
    block: NOT_ASKED,
    blockHash: NOT_ASKED,
    balance: NOT_ASKED,
    parseAddress: (text) => ok(text.toLowerCase()),
    displayAddress: (address) => address,
  };
  readonly writer: ChainWriter = {
    chainId: 560048n,
    quoteFee: NOT_ASKED,
    nextNonce: NOT_ASKED,
    finalisedNonce: NOT_ASKED,
    bumpFee: NOT_ASKED,
    build: NOT_ASKED,
    decode: NOT_ASKED,
    broadcast: NOT_ASKED,
    status: NOT_ASKED,
  };
  readonly staking: StakingAdapter = {
    network: async () => ({ secondsPerSlot: 12, slotsPerEpoch: 32n, genesisForkVersion: '0x10000910', shardCommitteePeriod: 8n }),
    checkpoint: async (): Promise<Checkpoint> => ({
      epoch: this.epoch,
      slot: this.epoch * 32n,
      blockRoot: `0x${'c'.repeat(64)}`,
      block: this.block(),
    }),
    validators: async (pubkeys) => ({
      slot: this.epoch * 32n,
      validators: pubkeys.map(
        (pubkey) =>
          this.views.get(pubkey) ?? {
            pubkey,
            index: null,
            status: 'unknown' as const,
            slashed: false,
            balance: amount(0n),
            withdrawalCredentials: null,
            activationEpoch: null,
            exitEpoch: null,
            withdrawableEpoch: null,
            queued: amount(0n),
            effectiveBalance: amount(0n),
            pendingPartials: amount(0n),
          },
      ),
    }),
    rewards: NOT_ASKED,
    rewardsBySource: NOT_ASKED,
    withdrawalCredentials: (address, type = 'eth1') => `${type === 'eth1' ? '0x01' : '0x02'}${'0'.repeat(22)}${address.slice(2)}`,
    verifyDeposit: (): Result<null> => (this.badDeposit ? { ok: false, refusal: this.badDeposit } : ok(null)),
    guardFirstDeposit: async (pubkey) => {
      this.guarded.push(pubkey);
      return this.knownKey;
    },
    guardTopUp: async (pubkey, _credentials, added) => {
      this.toppedUp.push({ pubkey, amount: added });
      return this.badTopUp;
    },
    depositPlan: NOT_ASKED,
    exitPlan: NOT_ASKED,
    partialWithdrawalPlan: async (from) => this.plan(from),
    consolidationPlan: async (from) => this.plan(from),
    switchToCompoundingPlan: async (from) => this.plan(from),
    performance: async (pubkeys, fromEpoch, toEpoch) => {
      this.lookedAt.push({ fromEpoch, toEpoch });
      return pubkeys.map((pubkey) => dutiesOf(pubkey, toEpoch - fromEpoch + 1n, this.missed.get(pubkey) ?? 0n));
    },
    slashingOutlook: async (pubkeys) => this.outlook.filter((o) => pubkeys.includes(o.pubkey)),
    executionRewards: async (_ours, from, to) => this.executed.filter((e) => e.blockNumber >= from && e.blockNumber <= to),
    partialWithdrawalEta: async (asked) => {
      await this.healthy();
      return this.eta(asked, 'partial withdrawals of the fake');
    },
    entryEta: async (extra) => {
      await this.healthy();
      return this.eta(extra, 'deposit queue of the fake');
    },
    exitEta: async (extra) => {
      await this.healthy();
      return this.eta(extra, 'exit queue of the fake');
    },
  };
}
