import type { EntityManager } from 'typeorm';
import { trialBalance } from '#ledger';
import { assertCloses } from './pool.js';
import { domainOf, lockPool, surroundingsOf } from './pools.store.js';

/** Every law of the books: each entity and asset sums to zero, shares are conserved, the pool equals its accounts and closes. */
export async function expectClosed(run: <T>(work: (em: EntityManager) => Promise<T>) => Promise<T>, poolId: string): Promise<void> {
  const trial = await run(trialBalance);
  const sums = new Map<string, bigint>();
  for (const row of trial) sums.set(`${row.entity}/${row.asset}`, (sums.get(`${row.entity}/${row.asset}`) ?? 0n) + row.balance);
  expect([...sums.values()].every((sum) => sum === 0n)).toBe(true);
  const of = (kind: string): bigint => trial.filter((row) => row.kind === kind).reduce((sum, row) => sum + row.balance, 0n);
  await run(async (em) => {
    const pool = domainOf(await lockPool(em, poolId));
    expect({
      A: of('pool.staked'),
      S: of('client.shares') + of('client.shares_locked'),
      issued: -of('pool.share_issue'),
      lost: -of('pool.loss_carried'),
    }).toEqual({
      A: pool.assets,
      S: pool.shares,
      issued: pool.shares,
      lost: pool.lossCarried,
    });
    assertCloses(pool, await surroundingsOf(em, poolId));
    const [holders]: { shares: string; owed: string }[] = await em.query(
      `SELECT coalesce(sum(h.shares), 0)::text AS shares, coalesce(sum((p.reward_index - h.index_paid) * h.shares + h.remainder), 0)::text AS owed
         FROM staking.holder h JOIN staking.pool p ON p.id = h.pool_id`,
    );
    expect(BigInt(holders?.shares ?? '0')).toBe(pool.shares - pool.fixedShares);
    expect(of('pool.rewards_payable') * 10n ** 27n).toBe(
      BigInt(holders?.owed ?? '0') + pool.carriedReward * 10n ** 27n + pool.indexRemainder,
    );
  });
}
