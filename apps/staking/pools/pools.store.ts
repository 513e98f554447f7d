import type { EntityManager } from 'typeorm';
import { asset, invariant } from '#kernel';
import { mustPost, type Posting } from '#ledger';
import { feesInForce } from '../fees/fee-schedule.store.js';
import { STANDARD } from '../fees/fee-schedule.js';
import { Product } from '../products/product.entity.js';
import { firstRateOf, type Pool } from './pool.js';
import { PoolReport, PoolRow, PoolTier } from './pool.entity.js';
import type { Cause } from './postings.js';
import { inOrder, type Fees, type Tier } from './tiers.js';

/** A pool with its product, locked: whoever changes anything of a pool but its queues' ends holds this row first, so nothing deadlocks. */
export interface Held {
  readonly row: PoolRow;
  readonly product: Product;
}

export async function lockPool(em: EntityManager, poolId: string): Promise<Held> {
  const row = await em.findOne(PoolRow, { where: { id: poolId }, lock: { mode: 'pessimistic_write' } });
  const product = await em.findOneBy(Product, { poolId });
  invariant(row !== null && product !== null, 'pool.unknown', { pool: poolId });
  return { row: await withTiers(em, row), product };
}

export async function poolOf(em: EntityManager, poolId: string): Promise<PoolRow | null> {
  const row = await em.findOneBy(PoolRow, { id: poolId });
  return row && withTiers(em, row);
}

export async function allPools(em: EntityManager): Promise<PoolRow[]> {
  const rows = await em.find(PoolRow, { order: { id: 'ASC' } });
  const tiers = await em.find(PoolTier, { order: { tier: 'ASC' } });
  return rows.map((row) => Object.assign(row, { tiers: tiers.filter((tier) => tier.poolId === row.id) }));
}

const withTiers = async (em: EntityManager, row: PoolRow): Promise<PoolRow> =>
  Object.assign(row, { tiers: await em.find(PoolTier, { where: { poolId: row.id }, order: { tier: 'ASC' } }) });

/** `row` as it was read by one of the above. */
export const domainOf = ({ row, product }: Held): Pool => ({
  id: row.id,
  mode: product.mode,
  firstRate: firstRateOf(asset(product.asset).decimals),
  assets: row.assets,
  shares: row.shares,
  fixedShares: row.fixedShares,
  leavingShares: row.leavingShares,
  surplus: row.surplus,
  tiers: inOrder(row.tiers).map(({ tier, shares, rewardIndex, indexRemainder }) => ({ tier, shares, rewardIndex, indexRemainder })),
  carriedReward: row.carriedReward,
  lossCarried: row.lossCarried,
  buffer: row.buffer,
  credited: row.credited,
  collected: row.collected,
  reportNumber: row.reportNumber,
});

/** Writes what accounting changes of a pool. `row` is what it was, and becomes what it is. */
export async function savePool(em: EntityManager, row: PoolRow, pool: Pool): Promise<void> {
  const { id, mode: _, firstRate: __, tiers, ...fields } = pool;
  const changed = tiers.filter((tier) => !row.tiers.some((before) => isSame(before, tier)));
  if (changed.length > 0)
    await em.upsert(
      PoolTier,
      changed.map((tier) => ({ ...tier, poolId: id })),
      ['poolId', 'tier'],
    );
  Object.assign(row, fields, { version: row.version + 1, tiers: tiers.map((tier) => ({ ...tier, poolId: id })) });
  await em.update(PoolRow, { id }, { ...fields, version: row.version });
}

const isSame = (a: Tier, b: Tier): boolean =>
  a.tier === b.tier && a.shares === b.shares && a.rewardIndex === b.rewardIndex && a.indexRemainder === b.indexRemainder;

/** What a report takes of positive rewards: the fees of its period, which are those in force when it ended, not when it comes to be applied. */
export async function feesAt(em: EntityManager, { product }: Held, at: Date): Promise<Fees> {
  const fees = await feesInForce(em, product.id, at);
  return fees.has(STANDARD) ? fees : new Map([...fees, [STANDARD, product.commissionBps]]);
}

export const causeOf = ({ row, product }: Held, reference: string, effectiveAt: Date): Cause => ({
  pool: { id: row.id, chain: product.chain, asset: product.asset, shareAsset: row.shareAsset },
  reference,
  effectiveAt,
});

/** What the pool's money is made of beside the buffer: see assertCloses. */
export async function surroundingsOf(
  em: EntityManager,
  poolId: string,
): Promise<{ booked: bigint; fillInFlight: bigint; unminted: bigint }> {
  const [row]: { booked: string; fill: string; unminted: string }[] = await em.query(
    `SELECT (SELECT coalesce(sum(booked), 0) FROM staking.validator WHERE pool_id = $1)::text AS booked,
            (SELECT coalesce(sum(fill), 0) FROM staking.batch WHERE pool_id = $1 AND state NOT IN ('active', 'written_off', 'dissolved', 'failed'))::text AS fill,
            (SELECT coalesce(sum(p.amount), 0) FROM staking.order_part p JOIN staking.batch b ON b.id = p.batch_id
              WHERE b.pool_id = $1 AND b.state = 'active' AND p.state = 'activating')::text AS unminted`,
    [poolId],
  );
  invariant(row !== undefined, 'pool.unknown', { pool: poolId });
  return { booked: BigInt(row.booked), fillInFlight: BigInt(row.fill), unminted: BigInt(row.unminted) };
}

export const reportsOf = (em: EntityManager, poolId: string, most: number): Promise<PoolReport[]> =>
  em.find(PoolReport, { where: { poolId }, order: { number: 'DESC' }, take: most });
export const reportById = (em: EntityManager, reportId: string): Promise<PoolReport | null> => em.findOneBy(PoolReport, { reportId });
export async function lastReport(em: EntityManager, poolId: string): Promise<PoolReport | null> {
  return (await reportsOf(em, poolId, 1))[0] ?? null;
}
export async function insertReport(em: EntityManager, report: PoolReport): Promise<void> {
  await em.insert(PoolReport, report);
}

/** The ledger takes 10,000 postings a call. */
const CHUNK = 9_000;

/** Posts any number of postings, in their order; a group is never cut. Nothing may be refused. */
export async function postAll(em: EntityManager, postings: readonly Posting[]): Promise<void> {
  for (let from = 0; from < postings.length;) {
    let to = Math.min(from + CHUNK, postings.length);
    const cut = postings[to]?.group;
    while (cut !== undefined && to > from + 1 && postings[to - 1]?.group === cut) to--;
    await mustPost(em, postings.slice(from, to));
    from = to;
  }
}
