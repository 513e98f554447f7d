import { In, type EntityManager } from 'typeorm';
import type { Position } from '#http';
import { newestFirst } from '../keyset.js';
import type { MatchState } from './match.js';
import { MatchRow, ScreeningRunRow } from './screening.entity.js';

export const insertRun = async (em: EntityManager, row: ScreeningRunRow): Promise<void> => {
  await em.insert(ScreeningRunRow, row);
};

export const findRun = (em: EntityManager, id: string): Promise<ScreeningRunRow | null> => em.findOne(ScreeningRunRow, { where: { id } });

export const runsOf = (em: EntityManager, subjectId: string): Promise<ScreeningRunRow[]> =>
  em.find(ScreeningRunRow, { where: { subjectId }, order: { at: 'ASC' } });

/** The match of this subject, entry and content: the known one, or the new one. */
export async function keepMatch(em: EntityManager, row: MatchRow): Promise<{ match: MatchRow; isNew: boolean }> {
  const inserted = await em.createQueryBuilder().insert().into(MatchRow).values(row).orIgnore().returning('id').execute();
  if ((inserted.raw as unknown[]).length === 1) return { match: row, isNew: true };
  const { subjectId, entryId, contentHash, inputHash, kind } = row;
  return { match: await em.findOneOrFail(MatchRow, { where: { subjectId, entryId, contentHash, inputHash, kind } }), isNew: false };
}

export const matchesOf = (em: EntityManager, run: ScreeningRunRow): Promise<MatchRow[]> =>
  run.matchIds.length === 0 ? Promise.resolve([]) : em.find(MatchRow, { where: { id: In(run.matchIds) }, order: { id: 'ASC' } });

export const findMatch = (em: EntityManager, id: string): Promise<MatchRow | null> => em.findOne(MatchRow, { where: { id } });

export const lockMatch = (em: EntityManager, id: string): Promise<MatchRow | null> =>
  em.findOne(MatchRow, { where: { id }, lock: { mode: 'pessimistic_write' } });

export const saveMatch = async (
  em: EntityManager,
  id: string,
  change: Pick<MatchRow, 'version' | 'state' | 'updatedAt'>,
): Promise<void> => {
  await em.update(MatchRow, { id }, change);
};

export interface MatchFilter {
  readonly state?: MatchState;
  readonly clientId?: string;
  readonly subjectId?: string;
}

export function listMatches(em: EntityManager, filter: MatchFilter, limit: number, before?: Position): Promise<MatchRow[]> {
  const query = em.createQueryBuilder(MatchRow, 'm').where('true');
  if (filter.state) query.andWhere('m.state = :state', { state: filter.state });
  if (filter.clientId) query.andWhere('m.clientId = :clientId', { clientId: filter.clientId });
  if (filter.subjectId) query.andWhere('m.subjectId = :subjectId', { subjectId: filter.subjectId });
  return newestFirst(query, 'm', limit, before).getMany();
}
