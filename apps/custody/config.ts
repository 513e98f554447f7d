import { IsInt, IsOptional, IsString, Matches, Max, Min } from 'class-validator';
import { ChainRoomConfig } from '#runtime';

const IsWei = (): PropertyDecorator => Matches(/^(0|[1-9]\d{0,37})$/, { message: '$property must be wei as a decimal string' });
const ETHER = '000000000000000000';

/** Amounts are wei as decimal strings; times are milliseconds; a schedule of 0 ms is off. */
export class CustodyConfig extends ChainRoomConfig {
  /** How often finalised blocks are followed and the head is looked at. */
  @IsInt() @Min(0) @Max(600_000) FOLLOW_EVERY_MS = 1_000;
  /** How often transactions are built and sent. */
  @IsInt() @Min(0) @Max(600_000) TRANSACT_EVERY_MS = 1_000;
  /** An address builds its next transaction when the one before is signed: how long one run waits for that. */
  @IsInt() @Min(0) @Max(60_000) SIGNATURE_WAIT_MS = 2_000;
  /** A transaction that no block has taken for so long is replaced by one with a higher fee. */
  @IsInt() @Min(1) @Max(10_000) REPLACE_AFTER_BLOCKS = 10;
  /** How often one transaction is replaced; beyond it people are alarmed. */
  @IsInt() @Min(0) @Max(50) MAX_REPLACEMENTS = 6;
  /** The most that a replacement may cost in gas; the signer has a limit of its own. */
  @IsWei() MAX_GAS_COST = '100000000000000000';
  @IsInt() @Min(0) @Max(3_600_000) POLICY_EVERY_MS = 2_000;
  @IsInt() @Min(0) @Max(3_600_000) RELEASE_RETRY_EVERY_MS = 5_000;
  @IsInt() @Min(0) @Max(86_400_000) RECONCILE_EVERY_MS = 60_000;
  /** In between only wallets that have moved are compared; so often all of them are. */
  @IsInt() @Min(0) @Max(86_400_000) RECONCILE_WHOLE_EVERY_MS = 600_000;
  /** How long a requested reconciliation waits for the follower to stand at the chain's finalised checkpoint. */
  @IsInt() @Min(0) @Max(120_000) RECONCILE_WAIT_MS = 15_000;
  /** How often the ledger and the audit log are sealed, and how many rows a block covers at most (and what is left of its last transaction). */
  @IsInt() @Min(0) @Max(3_600_000) SEAL_EVERY_MS = 10_000;
  @IsInt() @Min(1) @Max(100_000) SEAL_MOST_ROWS = 10_000;
  /** Each signed seal is appended to this file too, a JSON line each: put it where the database's administrators cannot write. */
  @IsOptional() @IsString() SEAL_ANCHOR_FILE?: string;
  /** How often the ledger's decisions are rolled up by day, and its sums are looked at. */
  @IsInt() @Min(0) @Max(3_600_000) LEDGER_UPKEEP_EVERY_MS = 5_000;
  @IsInt() @Min(0) @Max(86_400_000) LEDGER_HEALTH_EVERY_MS = 60_000;
  /** A validator that seems to have earned more than this since the last report is a break, not a reward. */
  @IsInt() @Min(0) @Max(10_000) PLAUSIBLE_REWARD_BPS = 1_000;

  /** How long a new destination waits before money may go there: a day, in demo mode not at all. */
  @IsOptional() @IsInt() @Min(0) @Max(2_592_000_000) COOL_DOWN_MS?: number;
  @IsWei() MIN_WITHDRAWAL = '100000000000000';

  /** A deposit address is swept when it holds this much (and more than a few times the gas). */
  @IsWei() SWEEP_MIN = '1000000000000000';
  /** A vault is swept when it holds this much above what it keeps: rewards trickle in every few slots. */
  @IsWei() VAULT_SWEEP_MIN = '50000000000000000';
  /** What stays at a vault to pay for its exit requests. */
  @IsWei() VAULT_KEEP = '10000000000000000';
  /** Below the first the treasury tops the gas float up to the second. */
  @IsWei() GAS_FLOAT_LOW = `1${ETHER}`;
  @IsWei() GAS_FLOAT_TARGET = `2${ETHER}`;

  get coolDownMs(): number {
    return this.COOL_DOWN_MS ?? (this.BAILEE_MODE === 'demo' ? 0 : 86_400_000);
  }
}
