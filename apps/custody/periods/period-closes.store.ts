import type { EntityManager } from 'typeorm';
import type { Position } from '#http';
import { invariant } from '#kernel';
import type { Entity as LegalEntity } from '#ledger';
import { writeHistory } from '../history.js';
import { PeriodCloseEntity } from './period-close.entity.js';

export async function insertPeriodClose(em: EntityManager, row: PeriodCloseEntity, reason: string): Promise<void> {
  await em.insert(PeriodCloseEntity, row);
  await noted(em, row, row.proposedBy, reason);
}

export async function savePeriodClose(em: EntityManager, row: PeriodCloseEntity, by: string, reason: string): Promise<void> {
  const { id, state, decidedBy, seq, digest, version, updatedAt } = row;
  const updated = await em.update(PeriodCloseEntity, { id, version: version - 1 }, { state, decidedBy, seq, digest, version, updatedAt });
  invariant(updated.affected === 1, 'period.moved_meanwhile', { id });
  await noted(em, row, by, reason);
}

const noted = (em: EntityManager, row: PeriodCloseEntity, by: string, reason: string): Promise<void> =>
  writeHistory(em, [
    {
      subject: 'period_close',
      subjectId: row.id,
      version: row.version,
      state: row.state,
      at: row.updatedAt,
      actor: `staff:${by}`,
      reason,
    },
  ]);

export const lockPeriodClose = (em: EntityManager, id: string): Promise<PeriodCloseEntity | null> =>
  em.findOne(PeriodCloseEntity, { where: { id }, lock: { mode: 'pessimistic_write' } });
export const openPeriodClose = (em: EntityManager, entity: LegalEntity): Promise<PeriodCloseEntity | null> =>
  em.findOneBy(PeriodCloseEntity, { entity, state: 'requested' });

export function listPeriodCloses(em: EntityManager, limit: number, before: Position | undefined): Promise<PeriodCloseEntity[]> {
  const query = em.createQueryBuilder(PeriodCloseEntity, 'p').where('true');
  if (before) query.andWhere('(p.createdAt, p.id) < (:at, :id)', { at: before.createdAt, id: before.id });
  return query.orderBy('p.createdAt', 'DESC').addOrderBy('p.id', 'DESC').limit(limit).getMany();
}
