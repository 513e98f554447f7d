import type { EntityManager } from 'typeorm';
import { shares, uuid5, ZERO, type Amount, type Shares } from '#kernel';
import { ExitRange } from './exit-range.entity.js';
import type { Finalisation } from './queue.js';

export const rangeId = (poolId: string, report: number, group: number): string =>
  uuid5('exit_range', poolId, String(report), String(group));

/** Writes down what a report paid, in the order of the queue. The caller holds the pool. */
export async function insertRanges(
  em: EntityManager,
  poolId: string,
  report: number,
  finalised: readonly Finalisation[],
  at: Date,
): Promise<ExitRange[]> {
  if (finalised.length === 0) return [];
  const [last] = await em.find(ExitRange, { where: { poolId }, order: { number: 'DESC' }, take: 1 });
  const rows = finalised.map((f, index) =>
    Object.assign(new ExitRange(), {
      id: rangeId(poolId, report, f.group),
      poolId,
      number: (last?.number ?? 0) + index + 1,
      report,
      groupReport: f.group,
      fromPlace: f.from.place,
      fromShares: f.from.shares,
      fromNominal: f.from.nominal,
      toPlace: f.to.place,
      toShares: f.to.shares,
      toNominal: f.to.nominal,
      basis: f.basis,
      priceValue: f.price.value,
      priceShares: f.price.shares,
      setAside: f.setAside,
      finalisedAt: at,
      settledPlace: f.from.place,
      settled: ZERO,
      requests: 0,
      surplus: null,
      settledAt: null,
      version: 1,
    }),
  );
  await em.insert(ExitRange, rows);
  return rows;
}

/** The first range of a pool that is not settled. The caller holds the pool. */
export async function openRange(em: EntityManager, poolId: string): Promise<ExitRange | null> {
  const [range] = await em
    .createQueryBuilder(ExitRange, 'r')
    .where('r.poolId = :poolId AND r.settledAt IS NULL', { poolId })
    .orderBy('r.number', 'ASC')
    .limit(1)
    .getMany();
  return range ?? null;
}

/** Pools in which something is to be settled. */
export async function poolsToSettle(em: EntityManager): Promise<string[]> {
  const rows: { pool_id: string }[] = await em.query(
    'SELECT DISTINCT pool_id FROM staking.exit_range WHERE settled_at IS NULL ORDER BY pool_id',
  );
  return rows.map((row) => row.pool_id);
}

export async function saveProgress(em: EntityManager, range: ExitRange): Promise<void> {
  const { settledPlace, settled, requests, surplus, settledAt } = range;
  range.version += 1;
  await em.update(ExitRange, { id: range.id }, { settledPlace, settled, requests, surplus, settledAt, version: range.version });
}

/** A request to be settled. */
export interface Due {
  readonly orderId: string;
  readonly place: bigint;
  readonly clientId: string | null;
  readonly shares: Shares;
  readonly nominal: Amount;
}

/** Requests of a range that are not paid, in order. */
export async function dueOf(em: EntityManager, range: ExitRange, limit: number): Promise<Due[]> {
  const rows: { order_id: string; place: string; client_id: string | null; shares: string; nominal: string }[] = await em.query(
    `SELECT order_id, place::text, client_id, shares::text, nominal::text FROM staking.exit_request r
      WHERE pool_id = $1 AND place > $2::bigint AND place <= $3::bigint AND cum_shares IS NOT NULL ORDER BY r.place LIMIT $4`,
    [range.poolId, range.settledPlace.toString(), range.toPlace.toString(), limit],
  );
  return rows.map((row) => ({
    orderId: row.order_id,
    place: BigInt(row.place),
    clientId: row.client_id,
    shares: shares(BigInt(row.shares)),
    nominal: BigInt(row.nominal) as Amount,
  }));
}

export async function markPaid(em: EntityManager, paid: readonly { readonly orderId: string; readonly payout: Amount }[]): Promise<void> {
  if (paid.length === 0) return;
  await em.query(
    `UPDATE staking.exit_request r SET state = 'paid', payout = p.payout, version = version + 1
       FROM unnest($1::uuid[], $2::numeric[]) AS p (order_id, payout) WHERE r.order_id = p.order_id`,
    [paid.map((p) => p.orderId), paid.map((p) => p.payout.toString())],
  );
}

/** How many requests the ranges have, counted no further than asked. */
export async function countUpTo(em: EntityManager, poolId: string, from: bigint, to: bigint, most: number): Promise<number> {
  const [row]: { n: string }[] = await em.query(
    `SELECT count(*)::text AS n FROM (SELECT FROM staking.exit_request
       WHERE pool_id = $1 AND place > $2::bigint AND place <= $3::bigint AND cum_shares IS NOT NULL LIMIT $4) q`,
    [poolId, from.toString(), to.toString(), most],
  );
  return Number(row?.n ?? '0');
}
