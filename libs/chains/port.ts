/**
 * The chain port: what rooms ask of a chain, whatever the chain. An adapter answers from real nodes; it cannot tell a local chain from
 * mainnet. Every call may throw Fault; a time-out is *unknown*, never *failed*.
 *
 * Wait and ask again: `chain.unreachable`, `chain.syncing`, `chain.stalled` (also: a second node is behind), `chain.state_missing` (a state
 * that the node does not keep), `chain.refused` (the node's own error), `chain.garbage` (an answer that is not what the protocol says, or
 * does not fit its own hashes), `chain.history_incomplete` (past deposits are still being read), `fee.over_cap` (gas costs more than we pay).
 * Not retryable, people must look: `chain.wrong_network`, `chain.contradiction` (a second node says otherwise of something final),
 * `chain.finality_violated` (what was final was taken back or replaced, or the head is behind it), `chain.fork_unsupported` (rules that
 * this release does not know); nothing is credited until they have. What to do about each: docs/chains.md.
 */
import type { Amount, AssetCode, Delta, Refusal, Result } from '#kernel';
import type { DutyPerformance, ExecutionReward } from './observed.js';

export interface BlockRef {
  readonly number: bigint;
  readonly hash: string;
  readonly time: Date;
}

/** A movement of the native coin by a transaction, as the block's receipts say. */
export interface NativeTransfer {
  readonly transactionHash: string;
  readonly from: string;
  readonly to: string | null;
  readonly value: Amount;
  readonly nonce: bigint;
  /** What the sender paid for execution, whether it succeeded or not. */
  readonly gasCost: Amount;
  readonly succeeded: boolean;
}

/** Money the protocol itself credits (Ethereum: withdrawals[] of a block), neither transaction nor log. */
export interface ProtocolCredit {
  readonly index: bigint;
  readonly validatorIndex: bigint;
  readonly address: string;
  readonly amount: Amount;
}

export interface ChainBlock extends BlockRef {
  readonly parentHash: string;
  /** Whom the block pays its priority fees: money that arrives without any transaction. */
  readonly feeRecipient: string;
  /** Σ (effective gas price − base fee) × gas used over its transactions, wei. */
  readonly priorityFees: Amount;
  readonly transfers: readonly NativeTransfer[];
  readonly credits: readonly ProtocolCredit[];
}

/** Reading the chain: custody follows blocks with it. */
export interface ChainReader {
  /** Refuses to go on a wrong network, a syncing or a stalled node (Fault). A stall is a head that does not move. */
  check(): Promise<void>;
  head(): Promise<BlockRef>;
  finalised(): Promise<BlockRef>;
  block(number: bigint): Promise<ChainBlock>;
  blockHash(number: bigint): Promise<string | null>;
  /** Balance of an address after block `number`. */
  balance(address: string, number: bigint): Promise<Amount>;
  /** Checks an address as a user typed it (checksum included). Refusals: address.malformed, address.checksum. Value: canonical lower-case form. */
  parseAddress(text: string): Result<string>;
  /** The address as shown to people (EIP-55). */
  displayAddress(address: string): string;
}

/** What a transaction is to do. `data` is '0x' for a plain transfer. */
export interface TransactionPlan {
  readonly from: string;
  readonly to: string;
  readonly value: Amount;
  readonly data: string;
}
export interface FeeQuote {
  readonly gasLimit: bigint;
  readonly maxFeePerGas: bigint;
  readonly maxPriorityFeePerGas: bigint;
  /** gasLimit × maxFeePerGas: the most it can cost. */
  readonly worstCost: Amount;
}
export interface DecodedTransaction {
  readonly chainId: bigint;
  readonly nonce: bigint;
  readonly to: string | null;
  readonly value: Amount;
  readonly data: string;
  readonly worstCost: Amount;
  /** Recovered from the signature; null when unsigned. */
  readonly from: string | null;
  /** Of the signed form; null when unsigned. */
  readonly hash: string | null;
}
export type TransactionStatus =
  | { readonly state: 'unknown' } // neither in a block nor in the pool: may have been dropped, may come back
  | { readonly state: 'pending' }
  | { readonly state: 'included'; readonly block: BlockRef; readonly succeeded: boolean; readonly gasCost: Amount };

/** Building and sending: custody's pipeline. */
export interface ChainWriter {
  /** Fixed for public networks; on a local one Fault `chain.unreachable` until the first call of any kind has been answered. */
  readonly chainId: bigint;
  /**
   * Simulates the plan at the head; the price outlives six full blocks. Faults: `chain.execution_reverts`, not retryable (the chain would
   * refuse it as it stands now), `fee.over_cap`, retryable (the network asks more than we pay: wait).
   */
  quoteFee(plan: TransactionPlan): Promise<FeeQuote>;
  /** Next unused nonce of the address at the head. */
  nextNonce(address: string): Promise<bigint>;
  /** Transactions of the address up to the finalised block: a smaller nonce is used for ever. */
  finalisedNonce(address: string): Promise<bigint>;
  /**
   * A fee for the same plan under the same nonce that nodes accept in place of `previous` (both prices at least an eighth higher; pools ask
   * for a tenth) and that the head's base fee does not outrun. Faults: those of quoteFee.
   */
  bumpFee(plan: TransactionPlan, previous: FeeQuote): Promise<FeeQuote>;
  build(plan: TransactionPlan, nonce: bigint, fee: FeeQuote): string;
  /** Decodes unsigned or signed bytes. Refusal: transaction.undecodable. */
  decode(bytes: string): Result<DecodedTransaction>;
  /** Sends the same bytes as often as asked; "already known" counts as sent. Refusals: transaction.nonce_used, transaction.underpriced, transaction.insufficient_funds. Fault chain.broadcast_refused: refused in words nobody understood; ask for its status. */
  broadcast(signed: string): Promise<Result<string>>;
  status(transactionHash: string): Promise<TransactionStatus>;
}

/** A point of the chain that will not be undone. */
export interface Checkpoint {
  readonly epoch: bigint;
  readonly slot: bigint;
  readonly blockRoot: string;
  /** The execution block at this point. */
  readonly block: BlockRef;
}

export type ValidatorStatus =
  | 'unknown' // not on chain and not in the deposit queue
  | 'deposited' // in the deposit queue
  | 'pending'
  | 'active'
  | 'exiting'
  | 'exited'
  | 'withdrawable'
  | 'withdrawn';
export interface ValidatorView {
  readonly pubkey: string;
  readonly index: bigint | null;
  readonly status: ValidatorStatus;
  readonly slashed: boolean;
  /** Wei. Includes nothing that is still in the deposit queue. */
  readonly balance: Amount;
  readonly withdrawalCredentials: string | null;
  readonly activationEpoch: bigint | null;
  readonly exitEpoch: bigint | null;
  readonly withdrawableEpoch: bigint | null;
  /** Amount waiting in the deposit queue for this key. */
  readonly queued: Amount;
  /** What counts for duties, rewards and penalties; in steps of 1 ETH. Zero where unknown. */
  readonly effectiveBalance: Amount;
  /** Asked for by partial withdrawal requests and not yet paid. */
  readonly pendingPartials: Amount;
}

/**
 * eth1 (0x01): everything above 32 ETH is swept out. compounding (0x02): rewards stay, up to 2048 ETH; money leaves by request.
 * Source: EIP-7251.
 */
export type CredentialsType = 'eth1' | 'compounding';

/** What a slashed validator has lost and will lose (consensus-specs electra: slash_validator, process_slashings). Wei. */
export interface SlashingOutlook {
  readonly pubkey: string;
  /** effective balance / 4096, taken at once. */
  readonly immediate: Amount;
  /** Taken at `correlationEpoch`, from what is slashed by now; grows with every further slashing before it. Zero once taken: it is in the balance. */
  readonly correlation: Amount;
  readonly correlationEpoch: bigint;
  readonly withdrawableEpoch: bigint;
}

/** A time from now: half of such waits end before p50, nine in ten before p90. `basis` says in words what it was computed from. */
export interface Eta {
  readonly p50Seconds: number;
  readonly p90Seconds: number;
  readonly basis: string;
}

export interface SignedDeposit {
  readonly pubkey: string;
  readonly withdrawalCredentials: string;
  readonly amount: Amount;
  readonly signature: string;
  readonly depositDataRoot: string;
}

/** What to observe: `opening` is the balance the books hold for the validator as of `sinceSlot` (exclusive). */
export interface RewardPeriod {
  readonly pubkey: string;
  readonly opening: Amount;
  readonly sinceSlot: bigint;
}
/** Observed over (sinceSlot, to.slot] from finalised state: balance difference plus what the protocol paid out. */
export interface ValidatorReward {
  readonly pubkey: string;
  readonly opening: Amount;
  /** Balance, and what a switch to compounding put back into the deposit queue: it was the validator's all the time. */
  readonly closing: Amount;
  readonly withdrawn: Amount;
  /** Top-ups that the protocol applied to the balance in the period. */
  readonly deposited: Amount;
  /** Moved in from, and out to, other validators by consolidation. */
  readonly consolidatedIn: Amount;
  readonly consolidatedOut: Amount;
  /** closing + withdrawn + consolidatedOut − opening − deposited − consolidatedIn */
  readonly reward: Delta;
  readonly emptied: boolean;
}

export interface StakingNetwork {
  readonly secondsPerSlot: number;
  readonly slotsPerEpoch: bigint;
  readonly genesisForkVersion: string;
  readonly shardCommitteePeriod: bigint;
}

/** Staking on a chain of validators that we deposit to (Ethereum). */
export interface StakingAdapter {
  network(): Promise<StakingNetwork>;
  checkpoint(): Promise<Checkpoint>;
  /** At the finalised checkpoint's state (or the head's, for guards). Unknown keys come back with status unknown. */
  validators(
    pubkeys: readonly string[],
    at: 'finalised' | 'head',
  ): Promise<{ readonly slot: bigint; readonly validators: readonly ValidatorView[] }>;
  /** Exact rewards up to a finalised checkpoint, validator by validator, in the order asked. */
  rewards(periods: readonly RewardPeriod[], to: Checkpoint): Promise<readonly ValidatorReward[]>;
  /** The same as each pair of nodes says it by itself, the first pair first: two independent observations where a second is configured. */
  rewardsBySource(periods: readonly RewardPeriod[], to: Checkpoint): Promise<readonly (readonly ValidatorReward[])[]>;
  /** Credentials that pay out to this address; eth1 where no type is given. */
  withdrawalCredentials(address: string, type?: CredentialsType): string;
  /** Checks BLS signature and root of a deposit message for this network. Refusals: deposit.malformed, deposit.bad_amount, deposit.bad_credentials, deposit.bad_root, deposit.bad_signature. */
  verifyDeposit(deposit: SignedDeposit): Result<null>;
  /** Front-running guard: refuses a key that the chain has seen in a deposit that counts (docs/chains.md). Refusals: deposit.key_known, deposit.key_queued, deposit.key_in_history. */
  guardFirstDeposit(pubkey: string): Promise<Refusal | null>;
  /**
   * Before money is added to a key of ours: it must stand in a finalised state with exactly these credentials, neither leaving nor slashed.
   * Refusals: deposit.key_unknown, deposit.foreign_credentials, deposit.leaving, deposit.slashed, deposit.over_maximum.
   */
  guardTopUp(pubkey: string, credentials: string, amount: Amount): Promise<Refusal | null>;
  depositPlan(from: string, deposit: SignedDeposit): TransactionPlan;
  /** EIP-7002 full exit, with the fee of the moment as value. Refusals: exit.not_active, exit.already_exiting, exit.wrong_sender, exit.too_young, exit.partial_pending, exit.fee_too_high. */
  exitPlan(from: string, pubkey: string): Promise<Result<TransactionPlan>>;
  /**
   * EIP-7002 partial withdrawal of a compounding validator, wei (whole Gwei), with the fee of the moment as value. Refusals: those of exitPlan, and
   * partial.not_compounding, partial.below_minimum (32 ETH must stay beyond what is asked for already), partial.bad_amount, partial.queue_full.
   * Several may wait: `exit.partial_pending` does not apply.
   */
  partialWithdrawalPlan(from: string, pubkey: string, amount: Amount): Promise<Result<TransactionPlan>>;
  /**
   * EIP-7251. The protocol does not ask whose the target is: the target must be among `ours`. Refusals: consolidation.target_not_ours,
   * consolidation.target_not_compounding, consolidation.not_active, consolidation.too_young, consolidation.partial_pending,
   * consolidation.wrong_sender, consolidation.same_key, consolidation.no_churn, consolidation.over_maximum, consolidation.fee_too_high.
   */
  consolidationPlan(from: string, source: string, target: string, ours: ReadonlySet<string>): Promise<Result<TransactionPlan>>;
  /** EIP-7251 with source = target: an 0x01 validator becomes compounding. Refusals: those above that apply, and credentials.already_compounding. */
  switchToCompoundingPlan(from: string, pubkey: string): Promise<Result<TransactionPlan>>;
  /**
   * Duties expected and done, in the order asked; a key that the chain does not know has none. Every vote of an epoch is counted two epochs
   * later: toEpoch must be at least two behind the finalised checkpoint's (Fault `chain.state_missing` otherwise).
   */
  performance(pubkeys: readonly string[], fromEpoch: bigint, toEpoch: bigint): Promise<readonly DutyPerformance[]>;
  /** For slashed keys; others are left out. */
  slashingOutlook(pubkeys: readonly string[]): Promise<readonly SlashingOutlook[]>;
  /**
   * From finalised blocks fromBlock..toBlock (inclusive): what each paid our addresses. A block that our keys proposed, that names somebody
   * else as fee recipient and paid none of ours, comes too: with their address and no money. No other comes without money.
   */
  executionRewards(
    ours: { readonly pubkeys: ReadonlySet<string>; readonly addresses: ReadonlySet<string> },
    fromBlock: bigint,
    toBlock: bigint,
  ): Promise<readonly ExecutionReward[]>;
  entryEta(extra: Amount): Promise<Eta>;
  exitEta(extra: Amount): Promise<Eta>;
  partialWithdrawalEta(amount: Amount): Promise<Eta>;
}

export interface Chain {
  readonly name: 'ethereum';
  readonly asset: AssetCode;
  readonly reader: ChainReader;
  readonly writer: ChainWriter;
  readonly staking: StakingAdapter;
}
