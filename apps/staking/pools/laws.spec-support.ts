import type { Holder } from '../settlement/holder.js';
import { PREDEPOSIT } from '../batches/batch.js';
import { assertCloses, earningShares, valueOf } from './pool.js';
import { POOL, type Simulation } from './simulation.spec-support.js';

/** Every law of the books. Throws at the first that does not hold. */
export function checkLaws(s: Simulation): void {
  const { pool, book } = s;
  const same = (name: string, a: bigint, b: bigint): void => {
    if (a !== b) throw new Error(`${name}: ${a} is not ${b}`);
  };
  same('native sums to zero', book.total('native'), 0n);
  same('shares sum to zero', book.total('share'), 0n);
  same('A1', book.sumOf('client.shares') + book.sumOf('client.shares_locked'), pool.shares);
  same('S', -book.balance('pool.share_issue', POOL.id), pool.shares);
  same('A', book.balance('pool.staked', POOL.id), pool.assets);
  same('loss carried', -book.balance('pool.loss_carried', POOL.id), pool.lossCarried);
  same('collected', book.balance('pool.collected', POOL.id), pool.collected);
  same('protocol withdrawals', book.balance('pool.protocol_withdrawal', POOL.id), 0n);
  same('commission', book.balance('trust.fee_payable', POOL.chain), s.commission);
  same('house', book.balance('house.fee_income', POOL.chain), s.commission);
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
  same('execution rewards', book.balance('pool.execution_reward', POOL.id), 0n);
  const flying = s.batches.reduce((sum, b) => sum + (b.complete ? b.amount : PREDEPOSIT), s.frozen.fill + s.frozen.parts);
  same('in flight', -book.balance('pool.bonding', POOL.id), flying);
  same('unsettled to 10^-27', book.balance('pool.rewards_payable', POOL.id) * 10n ** 27n, unsettled(s));
  const settled = book.sumOf('client.rewards');
  same('A8', s.observed, book.balance('pool.rewards_payable', POOL.id) + settled + s.commission - pool.lossCarried);
  if (pool.collected > pool.credited) throw new Error('more collected than credited');
  if (valueOf(pool) < 0n) throw new Error('worth less than nothing');
}

const sumHolders = (s: Simulation, of: (holder: Holder) => bigint): bigint => [...s.holders.values()].reduce((sum, h) => sum + of(h), 0n);

const unsettled = (s: Simulation): bigint =>
  sumHolders(s, (h) => (s.pool.rewardIndex - h.indexPaid) * h.shares + h.remainder) +
  s.pool.carriedReward * 10n ** 27n +
  s.pool.indexRemainder;
