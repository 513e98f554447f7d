import { In, Not, type EntityManager } from 'typeorm';
import type { Position } from '#http';
import { newestFirst } from '../keyset.js';
import { ScreeningRunRow } from '../screening/screening.entity.js';
import { ApplicationRow } from './application.entity.js';
import type { ApplicationState } from './application.js';

export const insertApplication = async (em: EntityManager, row: ApplicationRow): Promise<void> => {
  await em.insert(ApplicationRow, row);
};

export const findApplication = (em: EntityManager, id: string): Promise<ApplicationRow | null> =>
  em.findOne(ApplicationRow, { where: { id } });

export const lockApplication = (em: EntityManager, id: string): Promise<ApplicationRow | null> =>
  em.findOne(ApplicationRow, { where: { id }, lock: { mode: 'pessimistic_write' } });

/** The one application of a client that was not rejected. */
export const liveApplicationOf = (em: EntityManager, clientId: string): Promise<ApplicationRow | null> =>
  em.findOne(ApplicationRow, { where: { clientId, state: Not('rejected') } });

export const applicationsOf = (em: EntityManager, clientId: string): Promise<ApplicationRow[]> =>
  em.find(ApplicationRow, { where: { clientId }, order: { createdAt: 'DESC', id: 'DESC' } });

export const saveApplication = async (em: EntityManager, { id, ...row }: ApplicationRow): Promise<void> => {
  await em.update(ApplicationRow, { id }, row);
};

export interface CaseFilter {
  readonly state?: ApplicationState;
  readonly assignedTo?: string;
  readonly clientId?: string;
}

/** Cases for officers: what clients have handed in, not their drafts. */
export function listCases(em: EntityManager, filter: CaseFilter, limit: number, before?: Position): Promise<ApplicationRow[]> {
  const query = em.createQueryBuilder(ApplicationRow, 'a').where('a.submittedAt IS NOT NULL');
  if (filter.state) query.andWhere('a.state = :state', { state: filter.state });
  if (filter.assignedTo) query.andWhere('a.assignedTo = :assignedTo', { assignedTo: filter.assignedTo });
  if (filter.clientId) query.andWhere('a.clientId = :clientId', { clientId: filter.clientId });
  return newestFirst(query, 'a', limit, before).getMany();
}

/** States in which a person has to be screened against the list in force: on the way in, and for as long as it is a client. */
const SCREENED: readonly ApplicationState[] = ['screening', 'officer_review', 'rfi', 'second_review', 'approved'];

/** Applications whose newest screening is missing, failed or of another list than this version, in order of id. */
export async function staleApplications(em: EntityManager, version: number, afterId: string | null, limit: number): Promise<string[]> {
  const query = em
    .createQueryBuilder(ApplicationRow, 'a')
    .leftJoin(ScreeningRunRow, 'r', 'r.id = a.screeningRunId')
    .where({ state: In(SCREENED) })
    .andWhere("(r.id IS NULL OR r.outcome = 'error' OR r.listVersion <> :version)", { version });
  if (afterId !== null) query.andWhere('a.id > :afterId', { afterId });
  return (await query.orderBy('a.id').limit(limit).getMany()).map((row) => row.id);
}
