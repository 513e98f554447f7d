import type { EntityManager } from 'typeorm';
import type { Actor } from '#audit';
import { move, ok, type Result } from '#kernel';
import { recordChange } from '../history/history.store.js';
import { type ApplicationEvent, applicationMachine } from './application.js';
import type { ApplicationRow } from './application.entity.js';
import { saveApplication } from './application.store.js';

export interface Cause {
  readonly actor: Actor;
  readonly at: Date;
  /** A code, never prose. */
  readonly reason?: string;
  readonly details?: Readonly<Record<string, unknown>>;
}

/** Moves a locked application along its machine and writes it down. Refusal: `application.forbidden_move`. */
export async function advance(em: EntityManager, row: ApplicationRow, event: ApplicationEvent, cause: Cause): Promise<Result<void>> {
  const next = move(applicationMachine, row.state, event);
  if (!next.ok) return next;
  const from = row.state;
  row.state = next.value;
  if (event === 'submit') row.submittedAt = cause.at;
  await keep(em, row, from, event, cause);
  return ok(undefined);
}

/** Writes down a change that leaves the state as it is: new data, a new screening, another officer. */
export const amend = (em: EntityManager, row: ApplicationRow, event: 'amend' | 'rescreen' | 'claim', cause: Cause): Promise<void> =>
  keep(em, row, row.state, event, cause);

async function keep(em: EntityManager, row: ApplicationRow, from: string, event: string, cause: Cause): Promise<void> {
  row.version += 1;
  row.updatedAt = cause.at;
  await saveApplication(em, row);
  await recordChange(em, {
    noun: 'application',
    id: row.id,
    version: row.version,
    from,
    to: row.state,
    event,
    actor: cause.actor,
    ...(cause.reason === undefined ? {} : { reason: cause.reason }),
    ...(cause.details === undefined ? {} : { details: cause.details }),
    at: cause.at,
  });
}
