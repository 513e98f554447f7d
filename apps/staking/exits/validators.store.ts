import { Not, type EntityManager } from 'typeorm';
import { Validator } from './validator.entity.js';

/** Oldest first: the order in which they leave. */
const oldestFirst = { activationEpoch: 'ASC', index: 'ASC' } as const;

export const validatorsOf = (em: EntityManager, poolId: string): Promise<Validator[]> =>
  em.find(Validator, { where: { poolId }, order: oldestFirst });
export const livingOf = (em: EntityManager, poolId: string): Promise<Validator[]> =>
  em.find(Validator, { where: { poolId, state: Not('withdrawn') }, order: oldestFirst });
export const validatorOf = (em: EntityManager, pubkey: string): Promise<Validator | null> => em.findOneBy(Validator, { pubkey });
export const validatorByExit = (em: EntityManager, exitRequestId: string): Promise<Validator | null> =>
  em.findOneBy(Validator, { exitRequestId });
export async function saveValidator(em: EntityManager, validator: Validator): Promise<void> {
  await em.save(Validator, validator);
}
export async function insertValidator(em: EntityManager, validator: Validator): Promise<void> {
  await em.insert(Validator, validator);
}
