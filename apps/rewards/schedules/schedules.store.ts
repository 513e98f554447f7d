import type { EntityManager } from 'typeorm';
import { PayoutSchedule, ScheduleChange } from './schedule.entity.js';

export const scheduleOf = (em: EntityManager, poolId: string): Promise<PayoutSchedule | null> => em.findOneBy(PayoutSchedule, { poolId });
export const allSchedules = (em: EntityManager): Promise<PayoutSchedule[]> => em.find(PayoutSchedule, { order: { poolId: 'ASC' } });
export const insertSchedule = async (em: EntityManager, schedule: PayoutSchedule): Promise<void> =>
  void (await em.insert(PayoutSchedule, schedule));
export const saveSchedule = async (em: EntityManager, { poolId, createdAt: _, ...fields }: PayoutSchedule): Promise<void> =>
  void (await em.update(PayoutSchedule, { poolId }, fields));

export const changeOf = (em: EntityManager, poolId: string, id: string): Promise<ScheduleChange | null> =>
  em.findOneBy(ScheduleChange, { poolId, id });
/** Newest first. */
export const changesOf = (em: EntityManager, poolId: string, limit: number): Promise<ScheduleChange[]> =>
  em.find(ScheduleChange, { where: { poolId }, order: { createdAt: 'DESC', id: 'DESC' }, take: limit });
export const openChange = (em: EntityManager, poolId: string): Promise<ScheduleChange | null> =>
  em.findOneBy(ScheduleChange, { poolId, state: 'proposed' });
export const insertChange = async (em: EntityManager, change: ScheduleChange): Promise<void> =>
  void (await em.insert(ScheduleChange, change));
export const saveDecision = async (em: EntityManager, { id, state, decidedBy, decidedAt, version }: ScheduleChange): Promise<void> =>
  void (await em.update(ScheduleChange, { id }, { state, decidedBy, decidedAt, version }));
