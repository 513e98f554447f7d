import type { EntityManager } from 'typeorm';
import { amount, shares, type Amount, type Shares } from '#kernel';
import type { Price } from '../pools/pool.js';
import { INDEX_SCALE } from '../settlement/holder.js';
import { ExitGroupRow } from './exit-range.entity.js';
import { fixedEndOf, lastPlaceOf } from './exit-queue.store.js';
import type { Sums } from './queue.js';

/**
 * Gives places to all that arrived, in the order of arrival, and fixes the nominals of those who were not cancelled: one statement, whatever
 * their number. Returns how many were fixed and where the queue ends now. The caller holds the pool.
 */
export async function fixArrived(
  em: EntityManager,
  poolId: string,
  report: number,
  price: Price,
  at: Date,
): Promise<{ requests: number; end: Sums }> {
  const [before, last] = [await fixedEndOf(em, poolId), await lastPlaceOf(em, poolId)];
  const [row]: { requests: string; place: string; shares: string; nominal: string }[] = await em.query(
    `WITH placed AS (
       SELECT order_id, state = 'waiting' AS waits, shares,
              coalesce(place, $2::bigint + row_number() OVER (PARTITION BY place IS NULL ORDER BY seq)) AS place,
              CASE WHEN state = 'waiting' THEN div(shares * $3::numeric, $4::numeric) END AS nominal
         FROM staking.exit_request WHERE pool_id = $1 AND (place IS NULL OR state = 'waiting')
     ), summed AS (
       SELECT order_id, waits, place, nominal,
              $5::numeric + sum(CASE WHEN waits THEN shares ELSE 0 END) OVER w AS cum_shares,
              $6::numeric + sum(coalesce(nominal, 0)) OVER w AS cum_nominal
         FROM placed WINDOW w AS (ORDER BY place ROWS UNBOUNDED PRECEDING)
     ), written AS (
       UPDATE staking.exit_request r
          SET place = s.place, version = version + 1, nominal = s.nominal, state = CASE WHEN s.waits THEN 'fixed' ELSE r.state END,
              group_report = CASE WHEN s.waits THEN $7::integer END,
              cum_shares = CASE WHEN s.waits THEN s.cum_shares END, cum_nominal = CASE WHEN s.waits THEN s.cum_nominal END
         FROM summed s WHERE r.order_id = s.order_id
       RETURNING r.state, r.place, r.cum_shares, r.cum_nominal
     )
     SELECT count(*)::text AS requests, max(place)::text AS place, max(cum_shares)::text AS shares, max(cum_nominal)::text AS nominal
       FROM written WHERE state = 'fixed'`,
    [poolId, last.toString(), price.value.toString(), price.shares.toString(), before.shares.toString(), before.nominal.toString(), report],
  );
  const requests = Number(row?.requests ?? '0');
  if (row === undefined || requests === 0) return { requests, end: before };
  const end = { place: BigInt(row.place), shares: BigInt(row.shares), nominal: BigInt(row.nominal) };
  await em.insert(ExitGroupRow, {
    poolId,
    report,
    priceValue: price.value,
    priceShares: price.shares,
    endPlace: end.place,
    endShares: end.shares,
    endNominal: end.nominal,
    requests,
    fixedAt: at,
  });
  return { requests, end };
}

/** Gives places to all that arrived without fixing anything: what comes later comes after them. Returns the next free place. */
export async function placeArrived(em: EntityManager, poolId: string): Promise<bigint> {
  const last = await lastPlaceOf(em, poolId);
  const [row]: { place: string | null }[] = await em.query(
    `WITH placed AS (
       SELECT order_id, $2::bigint + row_number() OVER (ORDER BY seq) AS place FROM staking.exit_request WHERE pool_id = $1 AND place IS NULL
     ), written AS (
       UPDATE staking.exit_request r SET place = p.place, version = version + 1 FROM placed p WHERE r.order_id = p.order_id RETURNING r.place
     )
     SELECT max(place)::text AS place FROM written`,
    [poolId, last.toString()],
  );
  return (row?.place == null ? last : BigInt(row.place)) + 1n;
}

/** Orders show the nominal as soon as it is fixed. */
export async function tellNominals(em: EntityManager, poolId: string, report: number): Promise<void> {
  await em.query(
    `UPDATE staking.orders o SET nominal = r.nominal FROM staking.exit_request r
      WHERE r.pool_id = $1 AND r.group_report = $2 AND r.order_id = o.id AND r.client_id IS NOT NULL`,
    [poolId, report],
  );
}

export interface Left {
  /** Shares that stopped earning, by the tier of who holds them. */
  readonly byTier: ReadonlyMap<string, Shares>;
  readonly holders: number;
}

/**
 * Those whose nominals a report fixed hold these shares no more. What they had earned is kept with the holder, whole units too: it is settled by
 * whoever touches the holder next, at once where they are few.
 */
export async function leaveHolders(em: EntityManager, poolId: string, report: number, indexes: ReadonlyMap<string, bigint>): Promise<Left> {
  const rows: { tier: string; shares: string; holders: string }[] = await em.query(
    `WITH leaving AS (
       SELECT client_id, sum(shares) AS shares FROM staking.exit_request
        WHERE pool_id = $1 AND group_report = $2 AND client_id IS NOT NULL GROUP BY client_id
     ), written AS (
       UPDATE staking.holder h
          SET remainder = h.remainder + (i.index - h.index_paid) * h.shares, index_paid = i.index, shares = h.shares - l.shares
         FROM leaving l, unnest($3::text[], $4::numeric[]) AS i (tier, index)
        WHERE h.pool_id = $1 AND h.client_id = l.client_id AND i.tier = h.tier
       RETURNING h.tier, l.shares
     )
     SELECT tier, sum(shares)::text AS shares, count(*)::text AS holders FROM written GROUP BY tier`,
    [poolId, report, [...indexes.keys()], [...indexes.values()].map(String)],
  );
  return {
    byTier: new Map(rows.map((row) => [row.tier, shares(BigInt(row.shares))])),
    holders: rows.reduce((sum, row) => sum + Number(row.holders), 0),
  };
}

/** Clients whose nominals a report fixed. */
export async function clientsOf(em: EntityManager, poolId: string, report: number): Promise<string[]> {
  const rows: { client_id: string }[] = await em.query(
    'SELECT DISTINCT client_id FROM staking.exit_request WHERE pool_id = $1 AND group_report = $2 AND client_id IS NOT NULL',
    [poolId, report],
  );
  return rows.map((row) => row.client_id);
}

/** Takes out of what is kept with a few holders the whole units that they are owed: to be settled to them. */
export async function takeOwed(
  em: EntityManager,
  poolId: string,
  clientIds: readonly string[],
): Promise<{ clientId: string; amount: Amount }[]> {
  if (clientIds.length === 0) return [];
  const rows: { client_id: string; owed: string }[] = await em.query(
    `WITH owed AS (
       SELECT client_id, div(remainder, $3::numeric) AS units FROM staking.holder
        WHERE pool_id = $1 AND client_id = ANY ($2::uuid[]) AND remainder >= $3::numeric
     ), written AS (
       UPDATE staking.holder h SET remainder = mod(h.remainder, $3::numeric) FROM owed o WHERE h.pool_id = $1 AND h.client_id = o.client_id
     )
     SELECT client_id, units::text AS owed FROM owed ORDER BY client_id`,
    [poolId, [...clientIds], INDEX_SCALE.toString()],
  );
  return rows.map((row) => ({ clientId: row.client_id, amount: amount(BigInt(row.owed)) }));
}
