import type { EntityManager } from 'typeorm';
import { invariant } from '#kernel';
import { currentCorrelation } from '#runtime';

/** Who acts: a client or a member of staff by their uuid, or the system by the rule that acted (`deposit.known_sender`). */
export interface Actor {
  readonly kind: 'client' | 'staff' | 'system';
  readonly id: string;
}

export interface Act {
  readonly actor: Actor;
  /** `noun.verb`: `deposit.release`. */
  readonly action: string;
  /** The public id of what was acted upon: `dep_…`. */
  readonly resource: string;
  /** In the actor's own words, where there are any. */
  readonly reason?: string;
  /** Facts of the act, without personal data. */
  readonly details?: Readonly<Record<string, unknown>>;
}

/**
 * Writes who did what and why, in the transaction of the act: both are there or neither. An act without an actor is a broken invariant, and
 * the database refuses it as well.
 */
export async function record(em: EntityManager, act: Act): Promise<void> {
  const { actor, action, resource, reason, details = {} } = act;
  invariant(Boolean(actor?.kind) && Boolean(actor?.id?.trim()), 'audit.actor_missing', { action, resource });
  const correlation = currentCorrelation();
  const facts = correlation === undefined ? details : { ...details, correlation };
  await em.query('SELECT audit.record($1, $2, $3, $4, $5, $6)', [actor.kind, actor.id, action, resource, reason ?? null, plain(facts)]);
}

/** Amounts are bigint in code and decimal strings in the trail. */
const plain = (facts: object): string =>
  JSON.stringify(facts, (_key, value: unknown) => (typeof value === 'bigint' ? value.toString() : value));
