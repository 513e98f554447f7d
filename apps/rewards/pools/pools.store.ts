import { IsNull, type EntityManager } from 'typeorm';
import { invariant } from '#kernel';
import { Pool, Validator } from './pool.entity.js';

export const allPools = (em: EntityManager): Promise<Pool[]> => em.find(Pool, { order: { id: 'ASC' } });
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

/** Those that a report has not seen empty, oldest first. */
export const livingValidators = (em: EntityManager, poolId: string): Promise<Validator[]> =>
  em.find(Validator, { where: { poolId, leftIn: IsNull() }, order: { activationEpoch: 'ASC', index: 'ASC' } });

/**
 * The closings of a report are the openings of the next; what was emptied has left. Principal grows by what was put in; it falls to the
 * closing where a withdrawal took of it.
 */
export async function closePeriod(em: EntityManager, reportId: string, number: number, toSlot: bigint): Promise<void> {
  await em.query(
    `UPDATE rewards.validator v
        SET opening = o.closing, since_slot = $3, left_in = CASE WHEN o.emptied THEN $2::int END,
            principal = CASE WHEN o.withdrawn > 0 AND NOT o.emptied AND o.closing < v.principal + o.deposited THEN o.closing
                             ELSE v.principal + o.deposited END
       FROM rewards.observation o WHERE o.report_id = $1 AND o.pubkey = v.pubkey`,
    [reportId, number, toSlot.toString()],
  );
}
