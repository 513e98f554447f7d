/** What a period brings, and what of it happened. */

export interface Wish {
  /** By validator in turn: millionths of 32 tokens. */
  readonly rewards: readonly number[];
  /** Units that make rewards odd, where units are small enough. */
  readonly dust: number;
  readonly executed: number;
  /** Every so many-th validator is swept; 0: none. */
  readonly sweep: number;
  /** So many of the oldest leave. */
  readonly emptied: number;
  /** Of the oldest that lives: slashed from now on, and loses so much of it, millionths. */
  readonly slashed: number;
  readonly late: boolean;
  readonly netting: boolean;
  /** Exits paid one by one in the report's own transaction. */
  readonly pay: number;
}
export interface Seen {
  reports: number;
  refused: number;
  minted: number;
  netted: number;
  finalised: number;
  partly: number;
  short: number;
  covered: number;
  losses: number;
  emptied: number;
  rebates: number;
  moved: number;
  late: number;
  paused: number;
  surplus: number;
  cancelled: number;
  restarts: number;
}
export const nothingSeen = (): Seen => ({
  ...{
    reports: 0,
    refused: 0,
    minted: 0,
    netted: 0,
    finalised: 0,
    partly: 0,
    short: 0,
    covered: 0,
    losses: 0,
    emptied: 0,
    rebates: 0,
    moved: 0,
  },
  ...{ late: 0, paused: 0, surplus: 0, cancelled: 0, restarts: 0 },
});
