import type { EntityManager } from 'typeorm';
import { amount, shares, type Amount } from '#kernel';
import type { Price } from '../pools/pool.js';
import { ExitGroupRow, type ExitRange } from './exit-range.entity.js';
import { ExitRequest } from './exit-request.entity.js';
import { NOTHING, type Cut, type ExitGroup, type Sums } from './queue.js';

/** Whoever asks for a place: an order, and its client unless the instant buffer waits for it. */
export interface Arrival {
  readonly orderId: string;
  readonly poolId: string;
  readonly clientId: string | null;
  readonly shares: bigint;
  readonly acceptedAt: Date;
}

/** In the transaction that accepts them. Needs no lock: who commits first comes first, and places are given by the next report. */
export async function arrive(em: EntityManager, arrivals: readonly Arrival[]): Promise<void> {
  if (arrivals.length === 0) return;
  await em.query(
    `INSERT INTO staking.exit_request (order_id, pool_id, client_id, shares, accepted_at)
     SELECT a.order_id, a.pool_id, a.client_id, a.shares, a.at
       FROM unnest($1::uuid[], $2::text[], $3::uuid[], $4::numeric[], $5::timestamptz[]) WITH ORDINALITY AS a (order_id, pool_id, client_id, shares, at, n)
      ORDER BY a.n`,
    [
      arrivals.map((a) => a.orderId),
      arrivals.map((a) => a.poolId),
      arrivals.map((a) => a.clientId),
      arrivals.map((a) => a.shares.toString()),
      arrivals.map((a) => a.acceptedAt),
    ],
  );
}

export const requestOf = (em: EntityManager, orderId: string): Promise<ExitRequest | null> => em.findOneBy(ExitRequest, { orderId });

/** What a client waits for, in the order of the queue. */
export function ownWaiting(em: EntityManager, poolId: string, clientId: string, most = 200): Promise<ExitRequest[]> {
  return em
    .createQueryBuilder(ExitRequest, 'r')
    .where(`r.poolId = :poolId AND r.clientId = :clientId AND r.state IN ('waiting', 'fixed')`, { poolId, clientId })
    .orderBy('r.seq', 'ASC')
    .limit(most)
    .getMany();
}

interface SumsRow {
  readonly place: string;
  readonly shares: string;
  readonly nominal: string;
}
const sumsOf = (row: SumsRow | undefined): Sums =>
  row ? { place: BigInt(row.place), shares: BigInt(row.shares), nominal: BigInt(row.nominal) } : NOTHING;

async function oneSums(em: EntityManager, sql: string, parameters: unknown[]): Promise<Sums> {
  const [row]: SumsRow[] = await em.query(sql, parameters);
  return sumsOf(row);
}

/** Up to and with the last request whose rate is final. */
export const headOf = (em: EntityManager, poolId: string): Promise<Sums> =>
  oneSums(
    em,
    `SELECT to_place::text AS place, to_shares::text AS shares, to_nominal::text AS nominal FROM staking.exit_range
      WHERE pool_id = $1 ORDER BY number DESC LIMIT 1`,
    [poolId],
  );

/** Up to and with the last request whose nominal is fixed. */
export const fixedEndOf = (em: EntityManager, poolId: string): Promise<Sums> =>
  oneSums(
    em,
    `SELECT end_place::text AS place, end_shares::text AS shares, end_nominal::text AS nominal FROM staking.exit_group
      WHERE pool_id = $1 ORDER BY end_place DESC LIMIT 1`,
    [poolId],
  );

/** The last place that was given. */
export async function lastPlaceOf(em: EntityManager, poolId: string): Promise<bigint> {
  const [row]: { place: string }[] = await em.query(
    'SELECT place::text FROM staking.exit_request r WHERE pool_id = $1 AND place IS NOT NULL ORDER BY r.place DESC LIMIT 1',
    [poolId],
  );
  return BigInt(row?.place ?? '0');
}

/** Groups of which something waits, in the order of the queue. */
export async function openGroups(em: EntityManager, poolId: string, head: Sums): Promise<ExitGroup[]> {
  const rows = await em
    .createQueryBuilder(ExitGroupRow, 'g')
    .where('g.poolId = :poolId AND g.endPlace > :head', { poolId, head: head.place.toString() })
    .orderBy('g.endPlace', 'ASC')
    .getMany();
  return rows.map((g) => ({
    report: g.report,
    price: { value: g.priceValue, shares: g.priceShares },
    end: { place: g.endPlace, shares: g.endShares, nominal: g.endNominal },
  }));
}

/** What lies behind the last fixed request at or before a place. */
const AT_OR_BEFORE = (place: string): string =>
  `FROM staking.exit_request r WHERE pool_id = $1 AND place > $2::bigint AND place <= ${place} AND cum_shares IS NOT NULL ORDER BY r.place DESC LIMIT 1`;

/** A binary search over places, in the server: what it costs grows with the logarithm of the queue. The sums never fall along it. */
export const cutOf =
  (em: EntityManager, poolId: string): Cut =>
  async (by, after, most, last) => {
    const sum = by === 'nominal' ? 'cum_nominal' : 'cum_shares';
    const [row]: SumsRow[] = await em.query(
      `WITH RECURSIVE search (low, high) AS (
         VALUES ($2::bigint, $3::bigint)
         UNION ALL
         SELECT CASE WHEN fits THEN middle ELSE low END, CASE WHEN fits THEN high ELSE middle - 1 END
           FROM (SELECT low, high, middle, coalesce((SELECT ${sum} <= $4::numeric ${AT_OR_BEFORE('middle')}), true) AS fits
                   FROM (SELECT low, high, (low + high + 1) / 2 AS middle FROM search WHERE low < high) s) probe
       )
       SELECT place::text, cum_shares::text AS shares, cum_nominal::text AS nominal ${AT_OR_BEFORE('(SELECT low FROM search WHERE low = high)')}`,
      [poolId, after.place.toString(), last.toString(), most.toString()],
    );
    return row ? sumsOf(row) : null;
  };

/** What is accepted and not fixed yet: what it is worth, and how many they are. */
export async function waitingOf(em: EntityManager, poolId: string): Promise<{ requests: number; shares: bigint }> {
  const [row]: { requests: string; shares: string }[] = await em.query(
    `SELECT count(*)::text AS requests, coalesce(sum(shares), 0)::text AS shares FROM staking.exit_request WHERE pool_id = $1 AND state = 'waiting'`,
    [poolId],
  );
  return { requests: Number(row?.requests ?? '0'), shares: BigInt(row?.shares ?? '0') };
}

/** Of those accepted and not fixed, what came before one of them. */
export async function sharesBefore(em: EntityManager, poolId: string, seq: bigint): Promise<{ requests: number; shares: bigint }> {
  const [row]: { requests: string; shares: string }[] = await em.query(
    `SELECT count(*)::text AS requests, coalesce(sum(shares), 0)::text AS shares FROM staking.exit_request
      WHERE pool_id = $1 AND state = 'waiting' AND seq < $2::bigint`,
    [poolId, seq.toString()],
  );
  return { requests: Number(row?.requests ?? '0'), shares: BigInt(row?.shares ?? '0') };
}

/** Places between two that nobody waits in any more because the request was cancelled. */
export async function cancelledBetween(em: EntityManager, poolId: string, after: bigint, upTo: bigint): Promise<number> {
  const [row]: { n: string }[] = await em.query(
    `SELECT count(*)::text AS n FROM staking.exit_request WHERE pool_id = $1 AND state = 'cancelled' AND place > $2::bigint AND place <= $3::bigint`,
    [poolId, after.toString(), upTo.toString()],
  );
  return Number(row?.n ?? '0');
}

/** How many wait, and what they may ask for at most: nominals, and what is not fixed at the price of now. */
export async function queueNow(em: EntityManager, poolId: string, price: Price): Promise<{ orders: number; needed: Amount }> {
  const [head, end, waiting] = [await headOf(em, poolId), await fixedEndOf(em, poolId), await waitingOf(em, poolId)];
  const cancelled = await cancelledBetween(em, poolId, head.place, end.place);
  return { orders: Number(end.place - head.place) - cancelled + waiting.requests, needed: neededBy(head, end, waiting.shares, price) };
}

export async function neededOf(em: EntityManager, poolId: string, price: Price): Promise<Amount> {
  const [head, end, waiting] = [await headOf(em, poolId), await fixedEndOf(em, poolId), await waitingOf(em, poolId)];
  return neededBy(head, end, waiting.shares, price);
}

function neededBy(head: Sums, end: Sums, unfixed: bigint, price: Price): Amount {
  const worth = price.shares === 0n ? 0n : (unfixed * price.value) / price.shares;
  return amount(end.nominal - head.nominal + worth);
}

/** Nominals that are fixed and not paid. */
export async function fixedOf(em: EntityManager, poolId: string): Promise<Amount> {
  const [head, end] = [await headOf(em, poolId), await fixedEndOf(em, poolId)];
  return amount(end.nominal - head.nominal);
}

/** Marks a request as cancelled. It keeps its place, or gets one with the next report. */
export async function cancelRequest(em: EntityManager, orderId: string): Promise<boolean> {
  const result = await em.update(ExitRequest, { orderId, state: 'waiting' }, { state: 'cancelled', version: () => 'version + 1' });
  return result.affected === 1;
}

export const priceOfRange = (range: ExitRange): Price => ({ value: range.priceValue, shares: shares(range.priceShares) });
