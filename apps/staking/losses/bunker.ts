import { wireTime } from '#http';
import type { Amount } from '#kernel';
import type { PoolRow } from '../pools/pool.entity.js';

/** A pool in trouble: who asked to leave before it does, all others wait, and nobody new enters. */
export interface Bunker {
  /** The first place of the exit queue that waits. */
  readonly fromPlace: bigint;
  readonly since: Date;
  readonly reason: string;
}

export const bunkerOf = ({ bunkerFromPlace, bunkerSince, bunkerReason }: PoolRow): Bunker | null =>
  bunkerFromPlace === null || bunkerSince === null ? null : { fromPlace: bunkerFromPlace, since: bunkerSince, reason: bunkerReason ?? '' };

/** As clients see it on products, pools and operations. */
export function bunkerView(row: PoolRow): object | null {
  const bunker = bunkerOf(row);
  return (
    bunker && {
      since: wireTime(bunker.since),
      first_place_that_waits: bunker.fromPlace.toString(),
      what_it_means:
        'Exits requested before the trouble are paid in their order; later ones wait. New stakes are taken, and wait in the queue. Two people of ours end it.',
    }
  );
}

/** Whether a loss is more than so many basis points of the assets. */
export const isBeyond = (loss: Amount, assets: Amount, bps: number): boolean => loss * 10_000n > assets * BigInt(bps);
