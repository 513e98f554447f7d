import type { EntityManager } from 'typeorm';
import { amount, ZERO, type Amount, type Clock } from '#kernel';
import type { StakingConfig } from '../config.js';
import { bunkerOf } from '../losses/bunker.js';
import { priceOf } from '../pools/pool.js';
import { domainOf, lastReport, type Held } from '../pools/pools.store.js';
import { neededOf } from './exit-queue.store.js';

/** So long without a report, nobody knows when the next one nets. */
const PATIENCE_MS = 86_400_000;

/**
 * Of the queue of stakes, from its beginning: what the next report nets with those who wait to leave, and no batch may take before it. Both are
 * served a report later, where a validator would have to be filled for one and emptied for the other. Nothing while the pool is paused, for
 * then nothing nets; nor where the rate has not been current and no report has come for a day: who enters would wait with those who leave,
 * for nobody knows how long, and validators pay those in the end.
 */
export async function reservedForLeavers(
  em: EntityManager,
  held: Held,
  { NETTING }: Pick<StakingConfig, 'NETTING'>,
  clock: Clock,
  /** What those who wait to leave may ask for at most, where it is known. */
  known?: Amount,
): Promise<Amount> {
  const { row } = held;
  if (NETTING === 'off' || bunkerOf(row) !== null) return ZERO;
  const pool = domainOf(held);
  const needed = known ?? (await neededOf(em, row.id, priceOf(pool)));
  if (needed <= pool.buffer) return ZERO;
  if (row.rateStanding !== 'current') {
    const last = await lastReport(em, row.id);
    if (last === null || clock.now().getTime() - last.appliedAt.getTime() > PATIENCE_MS) return ZERO;
  }
  return amount(needed - pool.buffer);
}

/** What of these stakes, first in, first out, lies behind the first so many units. */
export function behind<S extends { readonly unallocated: Amount }>(stakes: readonly S[], reserved: Amount): S[] {
  let open: bigint = reserved;
  return stakes.flatMap((stake) => {
    const kept = open < stake.unallocated ? open : stake.unallocated;
    open -= kept;
    return kept === stake.unallocated ? [] : [{ ...stake, unallocated: amount(stake.unallocated - kept) }];
  });
}
