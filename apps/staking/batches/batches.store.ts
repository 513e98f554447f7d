import { Any, In, type EntityManager } from 'typeorm';
import { Batch } from './batch.entity.js';
import type { BatchState } from './batch.js';

const oldestFirst = { createdAt: 'ASC', id: 'ASC' } as const;

export const batchesIn = (em: EntityManager, poolId: string, states: readonly BatchState[]): Promise<Batch[]> =>
  em.find(Batch, { where: { poolId, state: In([...states]) }, order: oldestFirst });
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
