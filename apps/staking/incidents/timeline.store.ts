import { Any, type EntityManager } from 'typeorm';
import type { Loss } from '../losses/loss.entity.js';
import { lossesById, lossesOfReports, partsOfIncidents } from '../losses/losses.store.js';
import type { Position } from '#http';
import { IncidentComment } from './incident-comment.entity.js';
import { Incident } from './incident.entity.js';
import { kindsForClients } from './incident.js';

export interface Happened {
  readonly noun: string;
  readonly resource: string;
  readonly event: string;
  readonly to: string;
  readonly actorKind: string;
  readonly actorId: string;
  readonly reason: string | null;
  readonly at: Date;
}

/** The losses that an incident is about: those of its validator, or of its report. */
export async function lossesOf(em: EntityManager, incident: Incident): Promise<Loss[]> {
  if (incident.kind === 'pool.loss') return lossesOfReports(em, incident.poolId, [Number(incident.subject)]);
  const parts = await partsOfIncidents(em, [incident.id]);
  return lossesById(
    em,
    parts.map((part) => part.lossId),
  );
}

/** What history tells of these rows, and of the pauses of the pool while the incident was open. */
export function historyOf(
  em: EntityManager,
  incident: Incident,
  resources: readonly (readonly [noun: string, id: string])[],
): Promise<Happened[]> {
  return em.query(
    `SELECT noun, resource_id AS resource, event, to_state AS "to", actor_kind AS "actorKind", actor_id AS "actorId", reason, at
       FROM staking.history
      WHERE (noun, resource_id) IN (SELECT * FROM unnest($1::text[], $2::text[]))
         OR (noun = 'pool' AND resource_id = $3 AND event IN ('enter_bunker', 'leave_bunker') AND at >= $4 AND at <= coalesce($5::timestamptz, 'infinity'))
      ORDER BY at, noun, version`,
    [
      resources.map(([noun]) => noun),
      resources.map(([, id]) => id),
      incident.poolId,
      incident.createdAt,
      incident.state === 'closed' ? incident.stateSince : null,
    ],
  );
}

/** Proposals to give something back of these losses. */
export async function recoveriesOf(
  em: EntityManager,
  lossIds: readonly string[],
): Promise<{ id: string; at: Date; by: string; comment: string; state: string }[]> {
  if (lossIds.length === 0) return [];
  return em.query(
    `SELECT id, created_at AS at, proposed_by AS by, comment, state FROM staking.proposal
      WHERE kind = 'recovery' AND terms ->> 'loss_id' = ANY ($1::text[]) ORDER BY created_at`,
    [lossIds],
  );
}

export const commentsOf = (em: EntityManager, incidentIds: readonly string[]): Promise<IncidentComment[]> =>
  em.find(IncidentComment, { where: { incidentId: Any(incidentIds) }, order: { at: 'ASC', id: 'ASC' } });
export async function insertComment(em: EntityManager, comment: IncidentComment): Promise<void> {
  await em.insert(IncidentComment, comment);
}

/** Those that clients of a pool are told of, newest first. */
export function pageForClients(em: EntityManager, poolId: string, limit: number, before: Position | undefined): Promise<Incident[]> {
  const query = em
    .createQueryBuilder(Incident, 'i')
    .where('i.poolId = :poolId AND i.kind IN (:...kinds)', { poolId, kinds: kindsForClients });
  if (before) query.andWhere('(i.createdAt, i.id) < (:at, :id)', { at: before.createdAt, id: before.id });
  return query.orderBy('i.createdAt', 'DESC').addOrderBy('i.id', 'DESC').limit(limit).getMany();
}
