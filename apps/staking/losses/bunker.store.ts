import { In, type EntityManager } from 'typeorm';
import { record } from '#audit';
import { placeArrived } from '../exit-queue/fixing.store.js';
import { writeHistory, SYSTEM, type Actor } from '../history/history.store.js';
import { Incident } from '../incidents/incident.entity.js';
import { PoolRow } from '../pools/pool.entity.js';
import type { Held } from '../pools/pools.store.js';
import { bunkerOf } from './bunker.js';

interface Cause {
  readonly at: Date;
  readonly reason: string;
  /** When the trouble began, where that is known to be earlier: exits accepted since wait too. */
  readonly since?: Date | undefined;
  readonly actor?: Actor;
}

/** Pauses the pool, whose row the caller holds. False: it is paused already, from an earlier place. */
export async function enterBunker(em: EntityManager, held: Held, cause: Cause): Promise<boolean> {
  const { row } = held;
  if (bunkerOf(row) !== null) return false;
  const next = await placeArrived(em, row.id);
  const bunkerFromPlace = (await firstSince(em, row.id, cause.since)) ?? next;
  Object.assign(row, { bunkerFromPlace, bunkerSince: cause.at, bunkerReason: cause.reason });
  await save(em, held, 'enter_bunker', cause);
  return true;
}

/** False: it is not paused. */
export async function leaveBunker(em: EntityManager, held: Held, cause: Cause): Promise<boolean> {
  const { row } = held;
  if (bunkerOf(row) === null) return false;
  Object.assign(row, { bunkerFromPlace: null, bunkerSince: null, bunkerReason: null });
  await save(em, held, 'leave_bunker', cause);
  return true;
}

async function save(em: EntityManager, { row }: Held, event: 'enter_bunker' | 'leave_bunker', cause: Cause): Promise<void> {
  const { id, bunkerFromPlace, bunkerSince, bunkerReason } = row;
  const { at, reason, actor = SYSTEM } = cause;
  row.version += 1;
  await em.update(PoolRow, { id }, { bunkerFromPlace, bunkerSince, bunkerReason, version: row.version });
  const [from, to] = event === 'enter_bunker' ? ['open', 'bunker'] : ['bunker', 'open'];
  await writeHistory(em, [{ noun: 'pool', resourceId: id, version: row.version, from, to, event, actor, reason, at }]);
  await record(em, { actor, action: `pool.${event}`, resource: id, reason, details: { from_place: bunkerFromPlace?.toString() ?? null } });
}

/** Places are given under the pool's lock; requests that have come and have none yet get the next ones. */
export async function nextPlace(em: EntityManager, poolId: string): Promise<bigint> {
  const [row]: { place: string }[] = await em.query(
    `SELECT (coalesce((SELECT r.place FROM staking.exit_request r WHERE r.pool_id = $1 AND r.place IS NOT NULL ORDER BY r.place DESC LIMIT 1), 0)
       + (SELECT count(*) FROM staking.exit_request WHERE pool_id = $1 AND place IS NULL) + 1)::text AS place`,
    [poolId],
  );
  return BigInt(row?.place ?? '1');
}

/** The first of the exits not final that were accepted since then; null: none of those that have a place. */
export async function firstSince(em: EntityManager, poolId: string, since: Date | undefined): Promise<bigint | null> {
  if (since === undefined) return null;
  const [row]: { place: string | null }[] = await em.query(
    `SELECT min(place)::text AS place FROM staking.exit_request WHERE pool_id = $1 AND state IN ('waiting', 'fixed') AND accepted_at >= $2
        AND place > (SELECT coalesce(max(to_place), 0) FROM staking.exit_range WHERE pool_id = $1)`,
    [poolId, since],
  );
  return row?.place == null ? null : BigInt(row.place);
}

/** Exits that are not final, from a place on; those that have none yet get theirs in the order in which they came. */
export async function waitingFrom(em: EntityManager, poolId: string, place: bigint): Promise<{ requests: number; shares: bigint }> {
  const [row]: { requests: number; shares: string }[] = await em.query(
    `SELECT count(*)::int AS requests, coalesce(sum(shares), 0)::text AS shares FROM (
       SELECT shares, coalesce(r.place, last.place + row_number() OVER (PARTITION BY r.place IS NULL ORDER BY seq)) AS place
         FROM staking.exit_request r, (SELECT coalesce(max(place), 0) AS place FROM staking.exit_request WHERE pool_id = $1) last
        WHERE pool_id = $1 AND state IN ('waiting', 'fixed')) waiting
      WHERE place >= $2 AND place > (SELECT coalesce(max(to_place), 0) FROM staking.exit_range WHERE pool_id = $1)`,
    [poolId, place.toString()],
  );
  return { requests: row?.requests ?? 0, shares: BigInt(row?.shares ?? '0') };
}

/** Incidents of the kinds that pause a pool. */
export const openTroubles = (em: EntityManager, poolId: string): Promise<number> =>
  em.countBy(Incident, { poolId, state: 'open', kind: In(['validator.slashed', 'pool.loss']) });
