import { LessThanOrEqual, type EntityManager } from 'typeorm';
import type { Position } from '#http';
import { newestFirst } from '../keyset.js';
import { DecisionRow } from './decision.entity.js';
import type { DecisionActionName, DecisionState } from './decision.js';

export const insertDecision = async (em: EntityManager, row: DecisionRow): Promise<void> => {
  await em.insert(DecisionRow, row);
};

export const findDecision = (em: EntityManager, id: string): Promise<DecisionRow | null> => em.findOne(DecisionRow, { where: { id } });

export const lockDecision = (em: EntityManager, id: string): Promise<DecisionRow | null> =>
  em.findOne(DecisionRow, { where: { id }, lock: { mode: 'pessimistic_write' } });

/** The one decision on a resource that waits for its checker. */
export const openDecisionOf = (em: EntityManager, resourceId: string): Promise<DecisionRow | null> =>
  em.findOne(DecisionRow, { where: { resourceId, state: 'requested' } });

export type DecisionUpdate = Pick<DecisionRow, 'version' | 'state' | 'checkerId' | 'answer' | 'decidedAt'>;
export const saveDecision = async (em: EntityManager, id: string, change: DecisionUpdate): Promise<void> => {
  await em.update(DecisionRow, { id }, change);
};

export const expiredDecisions = async (em: EntityManager, now: Date, limit: number): Promise<string[]> => {
  const rows = await em.find(DecisionRow, {
    where: { state: 'requested', expiresAt: LessThanOrEqual(now) },
    order: { expiresAt: 'ASC' },
    take: limit,
  });
  return rows.map((row) => row.id);
};

export interface DecisionFilter {
  readonly state?: DecisionState;
  readonly action?: DecisionActionName;
}

export function listDecisions(em: EntityManager, filter: DecisionFilter, limit: number, before?: Position): Promise<DecisionRow[]> {
  const query = em.createQueryBuilder(DecisionRow, 'd').where('true');
  if (filter.state) query.andWhere('d.state = :state', { state: filter.state });
  if (filter.action) query.andWhere('d.action = :action', { action: filter.action });
  return newestFirst(query, 'd', limit, before).getMany();
}
