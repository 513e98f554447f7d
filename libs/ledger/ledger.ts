/**
 * The ledger as the rooms use it. Every function takes the EntityManager of the caller's transaction: state, money, messages and audit
 * commit together or not at all. One `post()` a transaction, after all other locks: hot locks last until the caller commits.
 * Rooms hold EXECUTE on the functions below and no right on any table; who may post what is the chart's to say (session_user).
 */
import type { Amount, AssetCode } from '#kernel';
import type { AccountKindName, HoldScope, TransferKindName } from './chart/chart.js';

/** Names an account by what it is. Opened on first use, by a room whose kinds touch it. */
export interface AccountRef {
  readonly kind: AccountKindName;
  /** Client uuid, pool id, wallet uuid, validator pubkey, chain name or run uuid, as the kind's owner says. */
  readonly owner: string;
  readonly asset: AssetCode;
}

export interface Posting {
  /** Idempotency key: derive it (uuid5) from the cause, never at random. */
  readonly key: string;
  readonly kind: TransferKindName;
  readonly debit: AccountRef;
  readonly credit: AccountRef;
  /** > 0 */
  readonly amount: Amount;
  readonly effectiveAt: Date;
  /** The operation, transaction, report or run that caused it (uuid). */
  readonly reference: string;
  /** Neighbouring postings of one group stand or fall together. */
  readonly group?: string;
}

export const refusalReasons = ['conflict', 'insufficient', 'invalid', 'held', 'forbidden', 'group'] as const;
/**
 * conflict: key known with another request · insufficient: a floor or ceiling · invalid: unknown account or kind, wrong kind, asset, owner
 * or amount · held: a hold · forbidden: not this role's kind · group: another posting of its group was refused.
 */
export type RefusalReason = (typeof refusalReasons)[number];

export type PostingOutcome =
  /** Balances just after it; of a kind with stripes, of the row that was written: balanceOf() has the whole. */
  | { readonly status: 'posted'; readonly debitBalance: bigint; readonly creditBalance: bigint }
  | { readonly status: 'refused'; readonly reason: RefusalReason };

export interface Balance {
  readonly kind: AccountKindName;
  readonly owner: string;
  readonly asset: AssetCode;
  /** Credits − debits: ≥ 0 for what we owe, ≤ 0 for what we hold. */
  readonly balance: bigint;
}

export interface Entry {
  /** `<batch>-<item>-<d|c>`: in this order entries are listed, which for each account is the order of its versions. */
  readonly id: string;
  readonly kind: TransferKindName;
  readonly account: AccountKindName;
  readonly asset: AssetCode;
  /** Signed as seen from the account: credit > 0, debit < 0. */
  readonly change: bigint;
  readonly balance: bigint;
  /** The other side of the transfer. */
  readonly counterpart: AccountKindName;
  readonly reference: string;
  readonly effectiveAt: Date;
  /** Position in the account's history, from 1 without gaps; where stripes are folded, the folds have numbers too. */
  readonly version: bigint;
  /** Of a reversal: the id of the entry that it takes back. */
  readonly reverses?: string;
}

export interface Hold {
  readonly holdId: string;
  readonly owner: string;
  readonly scopes: readonly HoldScope[];
  readonly reason: string;
  readonly legalBasis: string;
  readonly placedBy: string;
}
