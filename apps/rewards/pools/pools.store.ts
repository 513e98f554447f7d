import type { EntityManager } from 'typeorm';
import { invariant } from '#kernel';
import { Pool, Validator } from './pool.entity.js';

export const allPools = (em: EntityManager): Promise<Pool[]> => em.find(Pool, { order: { id: 'ASC' } });
/** Those that anybody may see. */
export const publicPools = (em: EntityManager): Promise<Pool[]> => em.find(Pool, { where: { dedicated: false }, order: { id: 'ASC' } });
export const poolOf = (em: EntityManager, id: string): Promise<Pool | null> => em.findOneBy(Pool, { id });

/** Whoever changes anything of a pool, its reports or its runs holds this row first. */
export async function lockPool(em: EntityManager, id: string): Promise<Pool> {
  const pool = await em.findOne(Pool, { where: { id }, lock: { mode: 'pessimistic_write' } });
  invariant(pool !== null, 'pool.unknown', { pool: id });
  return pool;
}

export const savePool = async (em: EntityManager, { id, ...fields }: Pool): Promise<void> => void (await em.update(Pool, { id }, fields));

/** A pool that is known already stays as it is. */
export async function insertPool(em: EntityManager, pool: Pool): Promise<void> {
  await em.createQueryBuilder().insert().into(Pool).values(pool).orIgnore().execute();
}

export async function insertValidator(em: EntityManager, validator: Validator): Promise<void> {
  await em.createQueryBuilder().insert().into(Validator).values(validator).orIgnore().execute();
}

/** Oldest first; also those that have left. */
export const validatorsOf = (em: EntityManager, poolId: string): Promise<Validator[]> =>
  em.find(Validator, { where: { poolId }, order: { activationEpoch: 'ASC', index: 'ASC' } });

/** When this room first heard of a validator of the pool. */
export async function firstSeen(em: EntityManager, poolId: string): Promise<Date | null> {
  const [row]: { at: Date | null }[] = await em.query('SELECT min(created_at) AS at FROM rewards.validator WHERE pool_id = $1', [poolId]);
  return row?.at ?? null;
}

/**
 * The closings of a report are the openings of the next; what was emptied has left, and is back where something came late. Principal grows
 * by what was put in and falls by what was merged into another; it falls to the closing where a withdrawal took of it, and nothing is left
 * of it where the balance was nothing.
 */
export async function closePeriod(em: EntityManager, reportId: string, number: number, toSlot: bigint): Promise<void> {
  await em.query(
    `UPDATE rewards.validator v
        SET opening = o.closing, since_slot = $3, left_in = CASE WHEN o.emptied THEN $2::int END,
            principal = CASE WHEN o.withdrawn > 0 AND NOT o.emptied AND o.closing < grown.principal THEN o.closing ELSE grown.principal END
       FROM rewards.observation o
       JOIN rewards.validator b ON b.pubkey = o.pubkey
       CROSS JOIN LATERAL (SELECT CASE WHEN b.opening = 0 THEN 0 ELSE b.principal END + o.deposited AS principal) there
       CROSS JOIN LATERAL (SELECT there.principal + o.consolidated_in - LEAST(o.consolidated_out, there.principal) AS principal) grown
      WHERE o.report_id = $1 AND o.pubkey = v.pubkey`,
    [reportId, number, toSlot.toString()],
  );
}

export interface Fee {
  readonly poolId: string;
  readonly tier: string;
  readonly version: number;
  readonly commissionBps: number;
  /** Reports that close at or after it take this rate. */
  readonly effectiveAt: Date;
}

/** A version of a tier's fee never changes. */
export async function insertFee(em: EntityManager, fee: Fee): Promise<void> {
  await em.query(
    `INSERT INTO rewards.fee_schedule (pool_id, tier, version, commission_bps, effective_at) VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING`,
    [fee.poolId, fee.tier, fee.version, fee.commissionBps, fee.effectiveAt],
  );
}

/** The highest commission of any tier that may be in force between two moments, basis points: what a report may be charged at most. */
export async function highestFee(em: EntityManager, pool: Pool, from: Date, to: Date): Promise<number> {
  const [row]: { bps: number | null }[] = await em.query(
    `SELECT max(commission_bps) AS bps FROM (
       SELECT commission_bps FROM rewards.fee_schedule WHERE pool_id = $1 AND effective_at > $2 AND effective_at <= $3
       UNION ALL
       (SELECT DISTINCT ON (tier) commission_bps FROM rewards.fee_schedule
         WHERE pool_id = $1 AND effective_at <= $2 ORDER BY tier, effective_at DESC, version DESC)) fees`,
    [pool.id, from, to],
  );
  return row?.bps ?? pool.commissionBps;
}

/** One voice for lifting the stop that a pool is under; false where this person has spoken already. Returns with how many there are. */
export async function addReleaseVoice(
  em: EntityManager,
  pool: Pool,
  staffId: string,
  comment: string,
  at: Date,
): Promise<{ isNew: boolean; voices: number }> {
  const of = [pool.id, pool.version];
  const added: unknown[] = await em.query(
    'INSERT INTO rewards.release_voice (pool_id, pool_version, staff_id, comment, at) VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING RETURNING 1',
    [...of, staffId, comment, at],
  );
  const [row]: { n: number }[] = await em.query(
    'SELECT count(*)::int AS n FROM rewards.release_voice WHERE pool_id = $1 AND pool_version = $2',
    of,
  );
  return { isNew: added.length > 0, voices: row?.n ?? 0 };
}
