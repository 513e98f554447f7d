import type { EntityManager } from 'typeorm';
import { amount, invariant, shares, type Amount, type Shares } from '#kernel';
import type { Price } from '../pools/pool.js';
import { INDEX_SCALE } from '../settlement/holder.js';
import { ExitGroupRow } from './exit-range.entity.js';
import { fixedEndOf, lastPlaceOf } from './exit-queue.store.js';
import type { Sums } from './queue.js';

/** From so many rows on, joins are by hash. */
const MANY = 1_000;

/**
 * For statements over many rows that this transaction has only just written: statistics know nothing of them, and a planner that believes in a few
 * joins them row by row. With few rows it is right to. A million take longer than a statement may; a report must not fail for it, time after time.
 */
async function setWise<T>(em: EntityManager, rows: number, work: () => Promise<T>): Promise<T> {
  if (rows < MANY) return work();
  const [before]: { patience: string }[] = await em.query(`SELECT current_setting('statement_timeout') AS patience`);
  const set = (nestloop: 'on' | 'off', patience: string): Promise<unknown> =>
    em.query(`SELECT set_config('enable_nestloop', $1, true), set_config('statement_timeout', $2, true)`, [nestloop, patience]);
  await set('off', '0');
  const result = await work();
  await set('on', before?.patience ?? '0');
  return result;
}

/** What arrived, counted no further than it matters. */
async function arrivedIn(em: EntityManager, poolId: string): Promise<number> {
  const [row]: { n: number }[] = await em.query(
    `SELECT count(*)::int AS n FROM (SELECT FROM staking.exit_request WHERE pool_id = $1 AND state = 'waiting' LIMIT ${MANY}) q`,
    [poolId],
  );
  return row?.n ?? 0;
}

/** Those whose nominals one report fixed lie between two places. */
export interface FixedGroup {
  readonly poolId: string;
  readonly report: number;
  readonly requests: number;
  readonly from: Sums;
  readonly end: Sums;
}
const OF_GROUP = 'pool_id = $1 AND group_report = $2 AND place > $3::bigint AND place <= $4::bigint AND client_id IS NOT NULL';
const boundsOf = ({ poolId, report, from, end }: FixedGroup): unknown[] => [poolId, report, from.place.toString(), end.place.toString()];

/** Of whom a report fixes the nominals, and at what price. */
export interface Arrivals {
  readonly report: number;
  readonly price: Price;
  readonly at: Date;
  /** When its period ended; null: all that arrived. */
  readonly closedAt: Date | null;
}

/**
 * Gives places to all that arrived, in the order of arrival, and fixes the nominals of those who were not cancelled: one statement, whatever
 * their number. The first who asked after the period ended, and all behind, wait as they are: nobody is overtaken, and nobody asks for a price
 * knowing what the period brought. Returns how many were fixed and where the queue ends now. The caller holds the pool.
 */
export async function fixArrived(em: EntityManager, poolId: string, { report, price, at, closedAt }: Arrivals): Promise<FixedGroup> {
  const [before, last] = [await fixedEndOf(em, poolId), await lastPlaceOf(em, poolId)];
  const fixing = (): Promise<{ requests: string; place: string; shares: string; nominal: string }[]> =>
    em.query(
      `WITH arrived AS (
       SELECT order_id, state, shares, place, seq,
              bool_or(state = 'waiting' AND accepted_at > $8::timestamptz) OVER (ORDER BY place, seq ROWS UNBOUNDED PRECEDING) AS late
         FROM staking.exit_request WHERE pool_id = $1 AND (place IS NULL OR state = 'waiting')
     ), placed AS (
       SELECT order_id, state = 'waiting' AS waits, shares,
              coalesce(place, $2::bigint + row_number() OVER (PARTITION BY place IS NULL ORDER BY seq)) AS place,
              CASE WHEN state = 'waiting' THEN div(shares * $3::numeric, $4::numeric) END AS nominal
         FROM arrived WHERE NOT late
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
      [
        poolId,
        last.toString(),
        price.value.toString(),
        price.shares.toString(),
        before.shares.toString(),
        before.nominal.toString(),
        report,
        closedAt ?? 'infinity',
      ],
    );
  const [row] = await setWise(em, await arrivedIn(em, poolId), fixing);
  const requests = Number(row?.requests ?? '0');
  if (row === undefined || requests === 0) return { poolId, report, requests, from: before, end: before };
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
  return { poolId, report, requests, from: before, end };
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
export async function tellNominals(em: EntityManager, group: FixedGroup): Promise<void> {
  await setWise(em, group.requests, () =>
    em.query(
      `UPDATE staking.orders o SET nominal = r.nominal FROM (SELECT order_id, nominal FROM staking.exit_request WHERE ${OF_GROUP}) r
      WHERE o.id = r.order_id`,
      boundsOf(group),
    ),
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
export async function leaveHolders(em: EntityManager, group: FixedGroup, indexes: ReadonlyMap<string, bigint>): Promise<Left> {
  const leave = (): Promise<{ tier: string | null; shares: string; holders: number; clients: number }[]> =>
    em.query(
      `WITH leaving AS (
       SELECT client_id, sum(shares) AS shares FROM staking.exit_request WHERE ${OF_GROUP} GROUP BY client_id
     ), written AS (
       UPDATE staking.holder h
          SET remainder = h.remainder + (i.index - h.index_paid) * h.shares, index_paid = i.index, shares = h.shares - l.shares
         FROM leaving l, unnest($5::text[], $6::numeric[]) AS i (tier, index)
        WHERE h.pool_id = $1 AND h.client_id = l.client_id AND i.tier = h.tier
       RETURNING h.tier, l.shares
     )
     SELECT tier, sum(shares)::text AS shares, count(*)::int AS holders, (SELECT count(*)::int FROM leaving) AS clients FROM written GROUP BY tier
     UNION ALL SELECT NULL, '0', 0, count(*)::int FROM leaving`,
      [...boundsOf(group), [...indexes.keys()], [...indexes.values()].map(String)],
    );
  const rows = await setWise(em, group.requests, leave);
  const holders = rows.reduce((sum, row) => sum + row.holders, 0);
  invariant(holders === (rows[0]?.clients ?? 0), 'exit_request.without_holder', { pool: group.poolId, report: group.report, holders });
  return { byTier: new Map(rows.flatMap((row) => (row.tier === null ? [] : [[row.tier, shares(BigInt(row.shares))]]))), holders };
}

/** Clients whose nominals a report fixed. */
export async function clientsOf(em: EntityManager, group: FixedGroup): Promise<string[]> {
  const rows: { client_id: string }[] = await em.query(
    `SELECT DISTINCT client_id FROM staking.exit_request WHERE ${OF_GROUP}`,
    boundsOf(group),
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
