import { Not, type EntityManager } from 'typeorm';
import type { Position } from '#http';
import { newestFirst } from '../keyset.js';
import { holdScopeNames, type HoldScopeName } from '../standing/standing.js';
import { HoldRow } from './hold.entity.js';
import type { HoldState } from './hold.js';

export const insertHold = async (em: EntityManager, row: HoldRow): Promise<void> => {
  await em.insert(HoldRow, row);
};

export const lockHold = (em: EntityManager, id: string): Promise<HoldRow | null> =>
  em.findOne(HoldRow, { where: { id }, lock: { mode: 'pessimistic_write' } });

export const findHold = (em: EntityManager, id: string): Promise<HoldRow | null> => em.findOne(HoldRow, { where: { id } });

export const saveHold = async (
  em: EntityManager,
  id: string,
  change: { version: number; state: HoldState; updatedAt: Date },
): Promise<void> => {
  await em.update(HoldRow, { id }, change);
};

/** What is held of a client by all of its holds together. */
export async function scopesHeld(em: EntityManager, clientId: string): Promise<HoldScopeName[]> {
  const rows = await em.find(HoldRow, { where: { clientId, state: Not('released') } });
  const held = new Set(rows.flatMap((row) => row.scopes));
  return holdScopeNames.filter((scope) => held.has(scope));
}

/** Holds that a match placed and nobody has lifted. */
export const holdsOfMatch = (em: EntityManager, matchId: string): Promise<HoldRow[]> =>
  em.find(HoldRow, { where: { matchId, state: Not('released') } });

export interface HoldFilter {
  readonly clientId?: string;
  readonly state?: HoldState;
}

export function listHolds(em: EntityManager, filter: HoldFilter, limit: number, before?: Position): Promise<HoldRow[]> {
  const query = em.createQueryBuilder(HoldRow, 'h').where('true');
  if (filter.clientId) query.andWhere('h.clientId = :clientId', { clientId: filter.clientId });
  if (filter.state) query.andWhere('h.state = :state', { state: filter.state });
  return newestFirst(query, 'h', limit, before).getMany();
}
