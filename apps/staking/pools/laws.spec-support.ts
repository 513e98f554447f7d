import type { Holder } from '../settlement/holder.js';
import { PREDEPOSIT } from '../batches/batch.js';
import { assertCloses, earningShares, valueOf, type Pool } from './pool.js';
import type { Book } from './book.spec-support.js';
import type { Entry } from './report.js';
import type { PoolValidator } from './rewards.js';
import { indexIn } from './tiers.js';

interface Kept {
  readonly pool: Pool;
  readonly book: Book;
  readonly validators: readonly PoolValidator[];
  readonly entries: readonly Entry[];
  readonly batches: readonly { readonly fill: bigint; readonly amount: bigint; readonly complete: boolean }[];
  readonly frozen: { readonly fill: bigint; readonly parts: bigint };
  readonly holders: ReadonlyMap<string, Holder>;
  readonly observed: bigint;
  readonly commission: bigint;
  readonly lossLeft: bigint;
}

/** Every law of the books. Throws at the first that does not hold. */
export function checkLaws(s: Kept): void {
  const { pool, book } = s;
  const same = (name: string, a: bigint, b: bigint): void => {
    if (a !== b) throw new Error(`${name}: ${a} is not ${b}`);
  };
  same('native sums to zero', book.total('native'), 0n);
  same('shares sum to zero', book.total('share'), 0n);
  const issued = pool.shares + pool.leavingShares;
  same('A1', book.sumOf('client.shares') + book.sumOf('client.shares_locked'), issued);
  same('S', -book.balance('pool.share_issue', pool.id), issued);
  same('A', book.balance('pool.staked', pool.id), pool.assets + pool.surplus);
  same('loss carried', -book.balance('pool.loss_carried', pool.id), pool.lossCarried);
  same('collected', book.balance('pool.collected', pool.id), pool.collected);
  same('protocol withdrawals', book.balance('pool.protocol_withdrawal', pool.id), 0n);
  same('commission', book.balance('trust.fee_payable', 'ethereum'), s.commission);
  same('house', book.balance('house.fee_income', 'ethereum'), s.commission);
  same(
    'earning',
    sumHolders(s, (h) => h.shares),
    earningShares(pool),
  );
  for (const v of s.validators) same(v.pubkey, -book.balance('stake.validator', v.pubkey), v.booked);
  const booked = s.validators.reduce((sum, v) => sum + v.booked, 0n);
  const unminted = s.entries.reduce((sum, e) => sum + e.amount, 0n);
  const fillInFlight = s.batches.reduce((sum, b) => sum + b.fill, s.frozen.fill);
  assertCloses(pool, { booked, fillInFlight, unminted });
  same('execution rewards', book.balance('pool.execution_reward', pool.id), 0n);
  const flying = s.batches.reduce((sum, b) => sum + (b.complete ? b.amount : PREDEPOSIT), s.frozen.fill + s.frozen.parts);
  same('in flight', -book.balance('pool.bonding', pool.id), flying);
  same('unsettled to 10^-27', book.balance('pool.rewards_payable', pool.id) * 10n ** 27n, unsettled(s));
  const settled = book.sumOf('client.rewards');
  same('A8', s.observed, book.balance('pool.rewards_payable', pool.id) + settled + s.commission - pool.lossCarried - s.lossLeft);
  if (pool.collected > pool.credited) throw new Error('more collected than credited');
  if (valueOf(pool) < 0n) throw new Error('worth less than nothing');
}

const sumHolders = (s: Kept, of: (holder: Holder) => bigint): bigint => [...s.holders.values()].reduce((sum, h) => sum + of(h), 0n);

const unsettled = (s: Kept): bigint =>
  sumHolders(s, (h) => (indexIn(s.pool, h.tier) - h.indexPaid) * h.shares + h.remainder) +
  s.pool.carriedReward * 10n ** 27n +
  s.pool.tiers.reduce((sum, t) => sum + t.indexRemainder, 0n);
