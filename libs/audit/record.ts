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
  /** Of the request that asked for it, where acts of several requests are recorded together; else the current one. */
  readonly correlation?: string | undefined;
}

/**
 * Writes who did what and why, in the transaction of the act: both are there or neither. An act without an actor is a broken invariant, and
 * the database refuses it as well.
 */
export const record = (em: EntityManager, act: Act): Promise<void> => recordMany(em, [act]);

/** The same of several acts, in their order, in one call. */
export async function recordMany(em: EntityManager, acts: readonly Act[]): Promise<void> {
  if (acts.length === 0) return;
  for (const { actor, action, resource } of acts)
    invariant(Boolean(actor?.kind) && Boolean(actor?.id?.trim()), 'audit.actor_missing', { action, resource });
  const current = currentCorrelation();
  await em.query('SELECT audit.record_many($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::jsonb[])', [
    acts.map(({ actor }) => actor.kind),
    acts.map(({ actor }) => actor.id),
    acts.map(({ action }) => action),
    acts.map(({ resource }) => resource),
    acts.map(({ reason }) => reason ?? null),
    acts.map(({ details, correlation = current }) => plain({ ...details, correlation })),
  ]);
}

/** Amounts are bigint in code and decimal strings in the trail. */
const plain = (facts: object): string =>
  JSON.stringify(facts, (_key, value: unknown) => (typeof value === 'bigint' ? value.toString() : value));
