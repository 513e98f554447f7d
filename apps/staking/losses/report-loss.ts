import type { Amount } from '#kernel';
import type { Pool } from '../pools/pool.js';
import type { CoverStep } from './waterfall.js';

/** A report's losses, as the waterfall left them. */
export interface ReportLoss {
  readonly reportId: string;
  readonly number: number;
  readonly at: Date;
  /** Carried by the pool before the report. */
  readonly carriedBefore: Amount;
  /** The pool as rewards, losses and cover of this report left it: before exits and mints. */
  readonly opened: Pool;
  /** Of slashed validators: the cover that was taken, and what was left for the pool, by validator. */
  readonly steps: readonly CoverStep[];
  readonly left: ReadonlyMap<string, Amount>;
  /** Those who enter by this report: with too few shares in the pool they carry its loss. */
  readonly entering: readonly { readonly clientId: string; readonly amount: Amount }[];
  /** Config BUNKER_LOSS_BPS. */
  readonly bunkerLossBps: number;
  /** Config LOSS_SNAPSHOT_BPS. */
  readonly snapshotBps: number;
}
