import type { EntityManager } from 'typeorm';
import type { Position } from '#http';
import { newestFirst } from '../keyset.js';
import { DepositRow } from './deposit.entity.js';
import type { DepositState } from './deposit.js';

export const insertDeposit = async (em: EntityManager, row: DepositRow): Promise<void> => {
  await em.insert(DepositRow, row);
};

export const findDeposit = (em: EntityManager, id: string): Promise<DepositRow | null> => em.findOne(DepositRow, { where: { id } });

export const lockDeposit = (em: EntityManager, id: string): Promise<DepositRow | null> =>
  em.findOne(DepositRow, { where: { id }, lock: { mode: 'pessimistic_write' } });

export const saveDeposit = async (em: EntityManager, { id, ...row }: DepositRow): Promise<void> => {
  await em.update(DepositRow, { id }, row);
};

export interface DepositFilter {
  readonly state?: DepositState;
  readonly clientId?: string;
}

export function listDeposits(em: EntityManager, filter: DepositFilter, limit: number, before?: Position): Promise<DepositRow[]> {
  const query = em.createQueryBuilder(DepositRow, 'd').where('true');
  if (filter.state) query.andWhere('d.state = :state', { state: filter.state });
  if (filter.clientId) query.andWhere('d.clientId = :clientId', { clientId: filter.clientId });
  return newestFirst(query, 'd', limit, before).getMany();
}
