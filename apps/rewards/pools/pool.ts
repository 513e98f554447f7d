import { machine, ok, refuse, type Result } from '#kernel';
import type { Standing } from '../reports/standing.js';

export type PoolState = 'flowing' | 'held';
export type PoolEvent = 'hold' | 'release';

/** While a pool is held, each of its reports waits for approval, whatever it says. Held by people it may be held by the books as well. */
export const poolMachine = machine<PoolState, PoolEvent>({
  name: 'pool',
  initial: 'flowing',
  terminal: [],
  transitions: { flowing: { hold: 'held' }, held: { hold: 'held', release: 'flowing' } },
});

/** What is paid is paid by the rate: nothing is planned, approved or paid while people look at it, or it is late. Refusal: payout_run.rate_not_current. */
export function rateStands({
  id,
  state,
  standing,
}: {
  readonly id: string;
  readonly state: PoolState;
  readonly standing: Standing;
}): Result<void> {
  if (state === 'flowing' && standing === 'current') return ok(undefined);
  return refuse('payout_run.rate_not_current', 'The rate of the pool is late or held: nothing is paid by it.', {
    pool: id,
    reports: state,
    standing,
  });
}

/** People who must agree before a pool flows again that nobody of the staff has held. */
export const RELEASES = 2;
