import type { EntityManager } from 'typeorm';
import type { Standing } from './standing.js';
import { StandingRow } from './standing.entity.js';

export const findStanding = (em: EntityManager, clientId: string): Promise<StandingRow | null> =>
  em.findOne(StandingRow, { where: { clientId } });

/** Locks a client's row: whoever changes what a client may do, or judges by it, does so one after the other. */
export const lockStanding = (em: EntityManager, clientId: string): Promise<StandingRow | null> =>
  em.findOne(StandingRow, { where: { clientId }, lock: { mode: 'pessimistic_write' } });

/** False when the client has one already. */
export async function insertStanding(em: EntityManager, standing: Standing, at: Date): Promise<boolean> {
  const result = await em
    .createQueryBuilder()
    .insert()
    .into(StandingRow)
    .values({ ...standing, createdAt: at, updatedAt: at })
    .orIgnore()
    .returning('client_id')
    .execute();
  return (result.raw as unknown[]).length === 1;
}

export async function saveStanding(em: EntityManager, { clientId, ...standing }: Standing, at: Date): Promise<void> {
  await em.update(StandingRow, { clientId }, { ...standing, updatedAt: at });
}
