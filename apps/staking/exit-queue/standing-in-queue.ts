import { larger, shares } from '#kernel';
import { redeemedFor, type Price } from '../pools/pool.js';
import type { Sums } from './queue.js';

/** Where a queue stands: up to where rates are final, up to where nominals are fixed, and what came since. */
export interface QueueState {
  readonly head: Sums;
  readonly fixed: Sums;
  readonly unfixed: { readonly requests: number; readonly shares: bigint };
  /** At the last report. */
  readonly price: Price;
}

/** What a request of the queue knows of itself. */
export interface Asking {
  readonly place: bigint | null;
  readonly shares: bigint;
  readonly nominal: bigint | null;
  readonly cumNominal: bigint | null;
  /** Of those not fixed: shares of who came before. */
  readonly sharesBefore: bigint;
}
export interface Place {
  /** What is paid before it, and what it is owed at most: fixed, or by the last report. */
  readonly before: bigint;
  readonly own: bigint;
  /** Its rate is final. */
  readonly finalised: boolean;
}

const worth = (price: Price, units: bigint): bigint => (price.shares === 0n ? 0n : redeemedFor(price, shares(units)));

/** By two subtractions, whatever the length of the queue. */
export function placeOf(queue: QueueState, request: Asking): Place {
  const { nominal, cumNominal } = request;
  if (nominal !== null && cumNominal !== null) {
    const before = larger(cumNominal - nominal - queue.head.nominal, 0n);
    return { before, own: nominal, finalised: request.place !== null && request.place <= queue.head.place };
  }
  const before = queue.fixed.nominal - queue.head.nominal + worth(queue.price, request.sharesBefore);
  return { before, own: worth(queue.price, request.shares), finalised: false };
}

/** All that waits, at most. */
export const totalOf = (queue: QueueState): bigint => queue.fixed.nominal - queue.head.nominal + worth(queue.price, queue.unfixed.shares);
