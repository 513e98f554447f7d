import { Not, type EntityManager } from 'typeorm';
import type { Position } from '#http';
import { Validator } from './validator.entity.js';

/** Oldest first: the order in which they leave. */
const oldestFirst = { activationEpoch: 'ASC', index: 'ASC' } as const;

export const validatorsOf = (em: EntityManager, poolId: string): Promise<Validator[]> =>
  em.find(Validator, { where: { poolId }, order: oldestFirst });
export const livingOf = (em: EntityManager, poolId: string): Promise<Validator[]> =>
  em.find(Validator, { where: { poolId, state: Not('withdrawn') }, order: oldestFirst });
/** Newest first. */
export function pageOfValidators(
  em: EntityManager,
  filter: { poolId?: string; state?: string },
  limit: number,
  before: Position | undefined,
): Promise<Validator[]> {
  const rows = em.createQueryBuilder(Validator, 'v');
  if (filter.poolId !== undefined) rows.andWhere('v.poolId = :poolId', filter);
  if (filter.state !== undefined) rows.andWhere('v.state = :state', filter);
  if (before) rows.andWhere('(v.createdAt, v.pubkey) < (:at, :id)', { at: before.createdAt, id: before.id });
  return rows.orderBy('v.createdAt', 'DESC').addOrderBy('v.pubkey', 'DESC').limit(limit).getMany();
}
export const countLiving = (em: EntityManager, poolId: string): Promise<number> =>
  em.countBy(Validator, { poolId, state: Not('withdrawn') });
export const validatorOf = (em: EntityManager, pubkey: string): Promise<Validator | null> => em.findOneBy(Validator, { pubkey });
export const validatorByExit = (em: EntityManager, exitRequestId: string): Promise<Validator | null> =>
  em.findOneBy(Validator, { exitRequestId });
export async function saveValidator(em: EntityManager, validator: Validator): Promise<void> {
  await em.save(Validator, validator);
}
export async function insertValidator(em: EntityManager, validator: Validator): Promise<void> {
  await em.insert(Validator, validator);
}
