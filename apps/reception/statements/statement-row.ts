import type { RowType } from './row-types.js';

/** What an amount was worth, or why nobody can say. */
export interface WireValue {
  readonly amount: string;
  readonly currency: string;
  readonly price: string;
  readonly source: string;
  readonly as_of: string;
}
export interface WireLotPart {
  readonly lot_id: string;
  readonly quantity: string;
  readonly acquired_at: string;
  /** In the statement's currency; null: there was no price. */
  readonly cost_basis: string | null;
}

/** One entry of one account, as it is kept and shown. */
export interface StatementRow {
  readonly at: string;
  /** Where it counts later than it was: its own day was closed when it was recorded. */
  readonly counted_at?: string;
  readonly type: RowType;
  /** The ledger's own name of it. */
  readonly kind: string;
  readonly asset: string;
  readonly account: string;
  readonly change: string;
  readonly change_atomic: string;
  readonly balance: string;
  readonly balance_atomic: string;
  readonly reference: string;
  readonly entry_id: string;
  readonly reverses?: string;
  readonly pool_id?: string;
  readonly tx_hash?: string;
  /** null: there was no price, for the reason beside it. */
  readonly value?: WireValue | null;
  readonly no_price?: string;
  /** What it acquired. */
  readonly lot_id?: string;
  /** What it disposed of, or what went into a pool or came back. */
  readonly lots?: readonly WireLotPart[];
  /** What came back from a pool beyond what was put in (staking_reward), or what did not (slash, negative). */
  readonly gain?: {
    readonly type: RowType;
    readonly quantity: string;
    readonly value?: WireValue | null;
    readonly no_price?: string;
    readonly lot_id?: string;
    readonly lots?: readonly WireLotPart[];
  };
}

export interface AccountRow {
  readonly asset: string;
  readonly account: string;
  readonly opening: string;
  readonly opening_atomic: string;
  /** Sum of the lines: opening + change = closing. */
  readonly change: string;
  readonly change_atomic: string;
  readonly closing: string;
  readonly closing_atomic: string;
}
