import type { EntityManager } from 'typeorm';
import { type Actor, record } from '#audit';
import { publicId } from '#kernel';
import { matchId } from '../screening/match.js';
import { HistoryRow } from './history.entity.js';

export type Noun = 'standing' | 'application' | 'match' | 'decision' | 'deposit' | 'hold';

/** How a row of each kind is named to people, in the audit trail too. */
const named: Readonly<Record<Noun, (uuid: string) => string>> = {
  standing: (uuid) => publicId('client', uuid),
  application: (uuid) => publicId('application', uuid),
  match: matchId,
  decision: (uuid) => publicId('decision', uuid),
  deposit: (uuid) => publicId('deposit', uuid),
  hold: (uuid) => publicId('hold', uuid),
};
export const nameOf = (noun: Noun, uuid: string): string => named[noun](uuid);

export interface Change {
  readonly noun: Noun;
  readonly id: string;
  /** The version of the row after the change. */
  readonly version: number;
  readonly from: string | null;
  readonly to: string;
  readonly event: string;
  readonly actor: Actor;
  /** A code, never prose: prose may hold personal data. */
  readonly reason?: string;
  readonly details?: Readonly<Record<string, unknown>>;
  readonly at: Date;
}

/** One change, one row of history and one audit row, in the transaction of the change. */
export async function recordChange(em: EntityManager, change: Change): Promise<void> {
  await em.insert(HistoryRow, {
    noun: change.noun,
    resourceId: change.id,
    version: change.version,
    fromState: change.from,
    toState: change.to,
    event: change.event,
    actorKind: change.actor.kind,
    actorId: change.actor.id,
    reason: change.reason ?? null,
    at: change.at,
  });
  await record(em, {
    actor: change.actor,
    action: `${change.noun}.${change.event}`,
    resource: nameOf(change.noun, change.id),
    ...(change.reason === undefined ? {} : { reason: change.reason }),
    details: { from: change.from, to: change.to, version: change.version, ...change.details },
  });
}

/** Somebody looked at what is kept sealed: who, at what, and where it was said, what for. */
export const recordLook = (em: EntityManager, staff: { staffId: string }, noun: Noun, id: string, purpose?: string): Promise<void> =>
  record(em, {
    actor: { kind: 'staff', id: staff.staffId },
    action: noun === 'application' ? 'personal_data.read' : `${noun}.read`,
    resource: nameOf(noun, id),
    ...(purpose === undefined ? {} : { reason: purpose }),
  });

export const historyOf = (em: EntityManager, noun: Noun, id: string): Promise<HistoryRow[]> =>
  em.find(HistoryRow, { where: { noun, resourceId: id }, order: { version: 'ASC' } });

/** A change of a state-carrying row as staff reads it. */
export const historyView = (row: HistoryRow) => ({
  version: row.version,
  from: row.fromState,
  to: row.toState,
  event: row.event,
  actor: { kind: row.actorKind, id: row.actorId },
  reason: row.reason,
  at: row.at.toISOString(),
});
