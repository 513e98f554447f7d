import type { EntityManager } from 'typeorm';
import { record } from '#audit';
import type { Position } from '#http';
import { newUuid } from '#kernel';
import { Incident } from './incident.entity.js';
import type { IncidentKind } from './incident.js';

export interface Matter {
  readonly poolId: string;
  readonly kind: IncidentKind;
  readonly subject: string;
  /** Nothing personal: staff of several roles read it. */
  readonly details: Readonly<Record<string, string | null>>;
}

/** Opens an incident, once a matter. Whether it is new: only then is anybody to be alarmed. */
export async function openIncident(em: EntityManager, matter: Matter, at: Date): Promise<boolean> {
  const { poolId, kind, subject, details } = matter;
  const opened: unknown[] = await em.query(
    `INSERT INTO staking.incident (id, pool_id, kind, subject, state, details, created_at, state_since, version)
     VALUES ($1, $2, $3, $4, 'open', $5, $6, $6, 1) ON CONFLICT (pool_id, kind, subject) WHERE state = 'open' DO NOTHING RETURNING id`,
    [newUuid(), poolId, kind, subject, JSON.stringify(details), at],
  );
  if (opened.length === 0) return false;
  await record(em, {
    actor: { kind: 'system', id: 'staking' },
    action: 'incident.open',
    resource: subject,
    details: { ...details, kind, pool: poolId },
  });
  return true;
}

/** Whether such an incident is open, or was closed after `since` (null: ever). */
export async function wasOpened(em: EntityManager, { poolId, kind, subject }: Matter, since: Date | null): Promise<boolean> {
  const rows: unknown[] = await em.query(
    `SELECT 1 FROM staking.incident WHERE pool_id = $1 AND kind = $2 AND subject = $3 AND (state = 'open' OR $4::timestamptz IS NULL OR state_since > $4)
      LIMIT 1`,
    [poolId, kind, subject, since],
  );
  return rows.length > 0;
}

export const incidentById = (em: EntityManager, id: string): Promise<Incident | null> =>
  em.findOne(Incident, { where: { id }, lock: { mode: 'pessimistic_write' } });

/** Newest first. */
export function pageOfIncidents(
  em: EntityManager,
  filter: { poolId?: string; state?: string; kind?: string },
  limit: number,
  before: Position | undefined,
): Promise<Incident[]> {
  const query = em.createQueryBuilder(Incident, 'i');
  if (filter.poolId !== undefined) query.andWhere('i.poolId = :poolId', filter);
  if (filter.state !== undefined) query.andWhere('i.state = :state', filter);
  if (filter.kind !== undefined) query.andWhere('i.kind = :kind', filter);
  if (before) query.andWhere('(i.createdAt, i.id) < (:at, :id)', { at: before.createdAt, id: before.id });
  return query.orderBy('i.createdAt', 'DESC').addOrderBy('i.id', 'DESC').limit(limit).getMany();
}
