import type { EntityManager } from 'typeorm';
import { invariant } from '#kernel';

/** Who acted. `system` acts by a rule; its id says which. */
export interface Actor {
  readonly kind: 'client' | 'staff' | 'system';
  readonly id: string;
}

export interface Act {
  readonly actor: Actor;
  /** `noun.verb`, e.g. deposit.release */
  readonly action: string;
  /** Public id of what was acted on. */
  readonly resource: string;
  readonly reason?: string;
  /** What makes the act checkable later; never personal data. */
  readonly details?: Readonly<Record<string, unknown>>;
}

/** Writes who did what and why, with a digest, in the transaction of the act. An act without an actor is a broken invariant. */
export async function record(em: EntityManager, { actor, action, resource, reason, details }: Act): Promise<void> {
  invariant(actor.id.trim() !== '', 'audit.actor_missing', { action, resource });
  await em.query('SELECT audit.record($1, $2, $3, $4, $5, $6)', [
    actor.kind,
    actor.id,
    action,
    resource,
    reason ?? null,
    JSON.stringify(details ?? {}),
  ]);
}
