import { Any, type EntityManager, type SelectQueryBuilder } from 'typeorm';
import { Batch } from './batch.entity.js';
import { closedStates, type OpenState } from './batch.js';

const oldestFirst = { createdAt: 'ASC', id: 'ASC' } as const;

/** As the index batch_open says it, so that it serves whatever else is asked. */
const OPEN = closedStates.map((state) => `'${state}'`).join(', ');
const openOf = (em: EntityManager, poolId: string): SelectQueryBuilder<Batch> =>
  em.createQueryBuilder(Batch, 'b').where(`b.poolId = :poolId AND b.state NOT IN (${OPEN})`, { poolId });

/** On their way, oldest first. */
export const openBatches = (em: EntityManager, poolId: string): Promise<Batch[]> =>
  openOf(em, poolId).orderBy('b.createdAt', 'ASC').addOrderBy('b.id', 'ASC').getMany();
export const countOpen = (em: EntityManager, poolId: string): Promise<number> => openOf(em, poolId).getCount();
export const batchesIn = (em: EntityManager, poolId: string, states: readonly OpenState[]): Promise<Batch[]> =>
  openOf(em, poolId).andWhere('b.state = ANY (:states)', { states }).orderBy('b.createdAt', 'ASC').addOrderBy('b.id', 'ASC').getMany();
export const batchesById = (em: EntityManager, ids: readonly string[]): Promise<Batch[]> =>
  em.find(Batch, { where: { id: Any(ids) }, order: oldestFirst });
/** By the request of either of its deposits. */
export const batchByKeyRequest = (em: EntityManager, request: string): Promise<Batch | null> =>
  em.findOne(Batch, { where: [{ keyRequestId: request }, { topUpKeyRequestId: request }] });
export const batchByTransaction = (em: EntityManager, request: string): Promise<Batch | null> =>
  em.findOne(Batch, { where: [{ transactionRequestId: request }, { topUpRequestId: request }] });
export async function insertBatch(em: EntityManager, batch: Batch): Promise<void> {
  await em.insert(Batch, batch);
}
export async function saveBatch(em: EntityManager, batch: Batch): Promise<void> {
  await em.save(Batch, batch);
}

/** Differs when something has changed that a new batch of the pool hangs on. What passes with time, as a hold or a contract, has no mark. */
export async function markOf(em: EntityManager, poolId: string): Promise<string> {
  const [row]: { mark: string }[] = await em.query(
    `SELECT concat_ws('/', (SELECT version FROM staking.pool WHERE id = $1),
       coalesce((SELECT min(place) FROM staking.orders WHERE pool_id = $1 AND unallocated > 0), 0),
       coalesce((SELECT max(place) FROM staking.orders WHERE pool_id = $1 AND unallocated > 0), 0),
       (SELECT sum(version) FROM staking.operator), (SELECT count(*) FROM staking.operator_assessment),
       (SELECT count(*) FROM staking.allocation_caps)) AS mark`,
    [poolId],
  );
  return row?.mark ?? '';
}

/** Staff's list, newest first. */
export function pageOfBatches(
  em: EntityManager,
  filter: { poolId?: string; state?: string },
  limit: number,
  before?: { createdAt: Date; id: string },
): Promise<Batch[]> {
  const query = em.createQueryBuilder(Batch, 'b');
  if (filter.poolId !== undefined) query.andWhere('b.poolId = :poolId', { poolId: filter.poolId });
  if (filter.state !== undefined) query.andWhere('b.state = :state', { state: filter.state });
  if (before) query.andWhere('(b.createdAt, b.id) < (:at, :id)', { at: before.createdAt, id: before.id });
  return query.orderBy('b.createdAt', 'DESC').addOrderBy('b.id', 'DESC').limit(limit).getMany();
}
