import { IsIn, IsInt, IsOptional, IsUrl, Matches, Max, Min } from 'class-validator';
import type { CredentialsType } from '#chains';
import { ChainRoomConfig } from '#runtime';
import type { DepositProtection } from './batches/batch.js';

const IsWei = (): PropertyDecorator => Matches(/^(0|[1-9]\d{0,37})$/, { message: '$property must be wei as a decimal string' });

/** Amounts are wei as decimal strings; times are milliseconds; a schedule of 0 ms is off. */
export class StakingConfig extends ChainRoomConfig {
  /** The commission of a product when it is opened; an open product keeps its own. */
  @IsInt() @Min(0) @Max(10_000) COMMISSION_BPS = 1_000;
  /** How a product that is opened protects first deposits (chains.md §1.9): two steps, or checks at the head alone. */
  @IsIn(['two_step', 'head_checks']) DEPOSIT_PROTECTION: DepositProtection = 'two_step';
  /** Validators of a pool that is opened: eth1 sweeps rewards out by itself; compounding keeps them, and is topped up to a target (at most 2048 ETH). */
  @IsIn(['eth1', 'compounding']) POOL_CREDENTIALS: CredentialsType = 'eth1';
  @IsWei() POOL_TARGET_BALANCE = '32000000000000000000';
  /** Rewards in a compounding validator that are worth a request to withdraw them. */
  @IsWei() REWARD_PARTIAL_MIN = '1000000000000000000';
  @IsWei() MINIMUM_STAKE = '100000000000000';
  /** The least of an exit that leaves something behind: an empty buffer makes a whole validator leave for it. */
  @IsWei() MINIMUM_UNSTAKE = '10000000000000000';
  @IsInt() @Min(1_000) @Max(86_400_000) QUOTE_VALID_MS = 300_000;

  /** How often full batches are formed and taken one step further. */
  @IsInt() @Min(0) @Max(3_600_000) ALLOCATE_EVERY_MS = 1_000;
  /** How often validators are looked up on chain: new ones for their activation, leaving ones for their exit. */
  @IsInt() @Min(0) @Max(3_600_000) WATCH_EVERY_MS = 1_000;
  /** How often it is decided which validators must leave. */
  @IsInt() @Min(0) @Max(3_600_000) EXIT_EVERY_MS = 1_000;
  /** How long what was refused waits before it is asked for again. */
  @IsInt() @Min(0) @Max(86_400_000) RETRY_AFTER_MS = 15_000;
  /** An exit request that the protocol has not acted on after so many epochs was dropped by it (chains.md §1.4) and is sent again. */
  @IsInt() @Min(1) @Max(10_000) EXIT_PATIENCE_EPOCHS = 8;

  @IsInt() @Min(0) @Max(86_400_000) FEE_SWEEP_EVERY_MS = 10_000;
  @IsWei() FEE_SWEEP_MIN = '10000000000000000';

  /** How often settlements of many holders are taken further. */
  @IsInt() @Min(0) @Max(3_600_000) SETTLE_EVERY_MS = 1_000;

  /** How often exits whose rate is final are paid further, one by one. */
  @IsInt() @Min(0) @Max(3_600_000) SETTLE_EXITS_EVERY_MS = 1_000;
  /** As many exits as a report pays in its own transaction; more follow in chunks. */
  @IsInt() @Min(0) @Max(2_000) EXITS_AT_ONCE = 500;
  /** Whether shares may be sold at once for what the instant buffer has: not everywhere permitted. Each pool's terms take two people besides. */
  @IsIn(['on', 'off']) INSTANT_EXIT: 'on' | 'off' = 'off';

  /** A report that loses more than so much of a pool's assets, basis points, pauses it (as a slashing that is seen does). */
  @IsInt() @Min(0) @Max(10_000) BUNKER_LOSS_BPS = 100;
  /**
   * Who holds is written down again once a slashed validator has cost the pool more than so much of its assets since it last was, basis points; of
   * losses that are no slashing, only where one report's is more than it. 0: at every report that loses.
   */
  @IsInt() @Min(0) @Max(10_000) LOSS_SNAPSHOT_BPS = 1;
  /** How often what is given back of losses is paid further, and how many clients at once. */
  @IsInt() @Min(0) @Max(3_600_000) DISTRIBUTE_EVERY_MS = 5_000;
  @IsInt() @Min(1) @Max(50_000) DISTRIBUTE_CHUNK = 5_000;

  /** Whether stakes in no batch pay those who leave where the buffer does not reach: both take the rate of the next report, nothing touches the chain. */
  @IsIn(['on', 'off']) NETTING: 'on' | 'off' = 'on';
  /** How often tiers are given back what they pay less of the commission of pools whose rewards raise the rate. */
  @IsInt() @Min(0) @Max(86_400_000) REBATE_EVERY_MS = 60_000;
  /** What of it is worth a posting; less waits with its holder. */
  @IsWei() REBATE_MIN = '1000000000000';

  /**
   * With whom an empty registry of operators is opened: three invented ones, our own, or nobody. Unset: demo on a local network, house
   * elsewhere in demo mode, none in production.
   */
  @IsOptional() @IsIn(['demo', 'house', 'none']) OPENING_OPERATORS?: 'demo' | 'house' | 'none';
  /** How often operators are looked at: how they did their duties, and what they hold. */
  @IsInt() @Min(0) @Max(86_400_000) OPERATORS_EVERY_MS = 10_000;
  /** Epochs of one entry of the performance record; unset: a day of mainnet (225), or 4 on a local network. */
  @IsOptional() @IsInt() @Min(1) @Max(10_000) PERFORMANCE_WINDOW_EPOCHS?: number;
  /** Epochs of the record that a score is made of: a week of mainnet. */
  @IsInt() @Min(1) @Max(1_000_000) SCORE_EPOCHS = 1_575;
  /** A medium of withdrawal that nobody has looked at for so long counts as not verified. */
  @IsInt() @Min(60_000) @Max(31_536_000_000) MEDIUM_VALID_MS = 604_800_000;
  /** Whether it is proposed by itself that an operator above its exit threshold gives stake back. Carried out only by two people. */
  @IsIn(['off', 'propose']) REDELEGATE: 'off' | 'propose' = 'off';

  /** Orders decided in one transaction at most, how long the first may wait for company, and how many may wait. */
  @IsInt() @Min(1) @Max(2_000) BATCH_MAX_ITEMS = 200;
  @IsInt() @Min(0) @Max(50) BATCH_MAX_WAIT_MS = 1;
  @IsInt() @Min(1) @Max(100_000) BATCH_MAX_QUEUED = 5_000;

  /** How long a waiting time read from the chain is shown before it is read again. */
  @IsOptional() @IsInt() @Min(0) @Max(600_000) ETA_VALID_MS = 15_000;

  /** The beacon node of the operator who runs our validators, where it is ours to tell whom their blocks pay; unset, the operator sets it up. */
  @IsOptional() @IsUrl({ require_tld: false, protocols: ['http', 'https'], require_protocol: true }) OPERATOR_BEACON_URL?: string;
}
