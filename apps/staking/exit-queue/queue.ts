import { amount, invariant, mulDiv, type Amount, type Shares } from '#kernel';
import { redeemedFor, type Price } from '../pools/pool.js';

/**
 * The exit queue of a pool, first in, first out. Requests whose nominal was fixed by one report are a group with one price. Each request knows
 * the sums over the whole queue up to and with itself, so what lies in any range of it is two subtractions, whatever its length; a report pays
 * ranges, and what that is for each client is worked out afterwards, a chunk at a time.
 */
export interface Sums {
  /** Position of the last request that is counted; 0 before the first. */
  readonly place: bigint;
  readonly shares: bigint;
  readonly nominal: bigint;
}
export const NOTHING: Sums = { place: 0n, shares: 0n, nominal: 0n };

export interface ExitGroup {
  /** The report that fixed it. */
  readonly report: number;
  /** Price at which its nominals were fixed. */
  readonly price: Price;
  /** Up to and with its last request. */
  readonly end: Sums;
}

/** How much the requests of a range are paid: their nominal, or their shares at the price of finalisation where that is less (A5). */
export type Basis = 'nominal' | 'value';

/** A range of one group whose rate is final. */
export interface Finalisation {
  /** The group, by the report that fixed it. */
  readonly group: number;
  readonly from: Sums;
  readonly to: Sums;
  readonly basis: Basis;
  /** The price of finalisation. */
  readonly price: Price;
  /** What leaves the pool for it: the sum of its nominals, or all its shares at the price, floored once. What flooring one by one leaves over comes back. */
  readonly setAside: Amount;
}

/** The last fixed request after `after`, at or before the place `last`, whose sum does not exceed `most`; null where there is none. */
export type Cut = (by: 'nominal' | 'shares', after: Sums, most: bigint, last: bigint) => Promise<Sums | null>;

const range = (from: Sums, to: Sums) => ({ shares: to.shares - from.shares, nominal: to.nominal - from.nominal });

/** A5 as one comparison a group: is the price of now at least the one at which its nominals were fixed? */
export const basisFor = (fixed: Price, now: Price): Basis => (now.value * fixed.shares >= fixed.value * now.shares ? 'nominal' : 'value');

export const setAsideFor = (basis: Basis, { shares, nominal }: { shares: bigint; nominal: bigint }, price: Price): Amount =>
  amount(basis === 'nominal' ? nominal : mulDiv(shares, price.value, price.shares, 'floor'));

/** What one request of a finalised range gets. */
export const payoutOf = (
  request: { readonly shares: Shares; readonly nominal: Amount },
  { basis, price }: Pick<Finalisation, 'basis' | 'price'>,
): Amount => (basis === 'nominal' ? request.nominal : redeemedFor(price, request.shares));

/**
 * What can be paid now, in strict order: whole groups while there is money for them, then the part of the next that there is money for. Nothing
 * at or after `until` (bunker) is touched.
 */
export async function finalise(
  head: Sums,
  groups: readonly ExitGroup[],
  now: Price,
  money: Amount,
  cut: Cut,
  until: bigint | null = null,
): Promise<Finalisation[]> {
  const done: Finalisation[] = [];
  let from = head;
  let left: bigint = money;
  for (const group of groups) {
    if (group.end.place <= from.place) continue;
    const basis = basisFor(group.price, now);
    const last = until !== null && until <= group.end.place ? until - 1n : group.end.place;
    if (last <= from.place) break;
    const whole = last === group.end.place && setAsideFor(basis, range(from, group.end), now) <= left;
    const to = whole ? group.end : await cut(...reach(basis, from, now, left), last);
    if (to === null) break;
    const setAside = setAsideFor(basis, range(from, to), now);
    invariant(setAside <= left && to.place > from.place, 'exit_queue.cut_wrong', { place: String(to.place) });
    done.push({ group: group.report, from, to, basis, price: now, setAside });
    left -= setAside;
    from = to;
    if (!whole) break;
  }
  return done;
}

/** The largest sum that `left` pays for: ⌊x·v/s⌋ ≤ left means x·v < (left + 1)·s. */
function reach(basis: Basis, from: Sums, now: Price, left: bigint): ['nominal' | 'shares', Sums, bigint] {
  if (basis === 'nominal') return ['nominal', from, from.nominal + left];
  const most = now.value === 0n ? null : ((left + 1n) * now.shares - 1n) / now.value;
  return ['shares', from, most === null ? 10n ** 78n : from.shares + most];
}
