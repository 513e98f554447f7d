import { deepStrictEqual as same } from 'node:assert/strict';
import type { EntityManager } from 'typeorm';
import { balanceOf, trialBalance, type AccountKindName } from '#ledger';
import { assertCloses } from './pool.js';
import { domainOf, lockPool, surroundingsOf } from './pools.store.js';

/** Every law of the books: each entity and asset sums to zero, shares are conserved, the pool equals its accounts and closes. */
export async function expectClosed(run: <T>(work: (em: EntityManager) => Promise<T>) => Promise<T>, poolId: string): Promise<void> {
  const trial = await run(trialBalance);
  const sums = new Map<string, bigint>();
  for (const row of trial) sums.set(`${row.entity}/${row.asset}`, (sums.get(`${row.entity}/${row.asset}`) ?? 0n) + row.balance);
  same(
    [...sums].filter(([, sum]) => sum !== 0n),
    [],
  );
  await run(async (em) => {
    const held = await lockPool(em, poolId);
    const { row, product } = held;
    const pool = domainOf(held);
    const of = (kind: AccountKindName, asset = product.asset): Promise<bigint> => balanceOf(em, { kind, owner: poolId, asset });
    const inShares = (kind: AccountKindName): bigint =>
      trial.filter((line) => line.kind === kind && line.asset === row.shareAsset).reduce((sum, line) => sum + line.balance, 0n);
    const issued = pool.shares + pool.leavingShares;
    const seen = {
      A: await of('pool.staked'),
      lost: 0n - (await of('pool.loss_carried')),
      S: inShares('client.shares') + inShares('client.shares_locked') + inShares('pool.instant_shares'),
      issued: 0n - (await of('pool.share_issue', row.shareAsset)),
    };
    same(seen, { A: pool.assets + pool.surplus, lost: pool.lossCarried, S: issued, issued });
    assertCloses(pool, await surroundingsOf(em, poolId));
    const [holders]: { shares: string; owed: string }[] = await em.query(
      `SELECT coalesce(sum(h.shares), 0)::text AS shares, coalesce(sum((t.reward_index - h.index_paid) * h.shares + h.remainder), 0)::text AS owed
         FROM staking.holder h JOIN staking.pool_tier t ON t.pool_id = h.pool_id AND t.tier = h.tier WHERE h.pool_id = $1`,
      [poolId],
    );
    same(BigInt(holders?.shares ?? '0'), pool.shares - pool.fixedShares);
    const remainders = pool.tiers.reduce((sum, tier) => sum + tier.indexRemainder, 0n);
    same((await of('pool.rewards_payable')) * 10n ** 27n, BigInt(holders?.owed ?? '0') + pool.carriedReward * 10n ** 27n + remainders);
  });
}
