import type { EntityManager } from 'typeorm';
import type { Amount, Shares } from '#kernel';
import type { Finalisation } from '../exit-queue/queue.js';
import type { Why } from '../orders/order-moves.store.js';
import type { Move } from './moves.js';
import type { Price } from './pool.js';
import type { Held } from './pools.store.js';

/** What a report that is being applied tells those who wait to leave. */
export interface Fixing {
  /** Number of the report: the group of exits that it fixes is named for it. */
  readonly report: number;
  /** What the nominals are fixed at: A − loss carried, and S, after its rewards and losses and before anybody leaves. */
  readonly price: Price;
  /** By tier of clients: the reward index up to which the holders of what is fixed are settled. A tier that is not named has no holders. */
  readonly indexes: ReadonlyMap<string, bigint>;
  /** payout: what was settled moves by reward.settle. compound: it stays with the holder (`remainder`), and is paid as a rebate. */
  readonly mode: 'payout' | 'compound';
  /** Who asked after this waits for the next report, and whoever arrived behind them; null: all that arrived. */
  readonly closedAt: Date | null;
}

export interface Fixed {
  /** Shares whose nominal was fixed, by the tier of their holders: they stop earning. */
  readonly byTier: ReadonlyMap<string, Shares>;
  /** Nominal of all that is fixed now, what was fixed just now included: the most that can be asked for. */
  readonly waiting: Amount;
  /** What was settled to holders. */
  readonly moves: readonly Move[];
}

/** What was paid one by one in the transaction of the report itself; the rest of its ranges follows in chunks. */
export interface PaidNow {
  /** share.burn, exit.pay, instant.burn, instant.refill, exit.surplus. */
  readonly moves: readonly Move[];
  /** Shares burnt: they were in `leavingShares`. */
  readonly burnt: Shares;
  /** What flooring left over of ranges that are done: posted by exit.surplus, and counted by the next report. */
  readonly surplus: Amount;
}

/**
 * Those who wait to leave a pool, as its reports need them. The caller holds the pool row, asks in this order, and saves the pool itself:
 * nobody here writes `pool` or `pool_tier`; holders, orders and the queue's own rows are written here. Nothing is posted: moves are handed back.
 */
export abstract class Leaving {
  /** All exits accepted in time and not fixed yet become one group; their holders are settled and hold those shares no more (instant ones had left before). */
  abstract fix(em: EntityManager, held: Held, fixing: Fixing, why: Why): Promise<Fixed>;
  /** The ranges that `money` pays for, in strict order; nothing at or after the place `until`. */
  abstract finalise(em: EntityManager, held: Held, price: Price, money: Amount, until: bigint | null): Promise<readonly Finalisation[]>;
  /** Writes down the ranges of this report, and pays at once what is few. */
  abstract pay(em: EntityManager, held: Held, report: number, finalised: readonly Finalisation[], why: Why): Promise<PaidNow>;
}
