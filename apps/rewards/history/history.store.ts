import type { EntityManager } from 'typeorm';
import type { Actor } from '#audit';
import { accept, move, type Machine } from '#kernel';

export type Noun = 'pool' | 'report' | 'payout_run' | 'payout_schedule_change';
export type { Actor };
export const SYSTEM: Actor = { kind: 'system', id: 'rewards' };
export const staff = (staffId: string): Actor => ({ kind: 'staff', id: staffId });

export interface Why {
  readonly at: Date;
  readonly actor: Actor;
  readonly reason?: string | null;
}

/** A row with a state: each move raises its version and leaves a row of history. */
export interface Stateful<S extends string> {
  readonly id: string;
  state: S;
  version: number;
}

/** Moves the row along its machine and writes who, when and why. Throws Refused `<machine>.forbidden_move`. The caller saves the row. */
export async function step<S extends string, E extends string>(
  em: EntityManager,
  machine: Machine<S, E>,
  noun: Noun,
  row: Stateful<S>,
  event: E,
  why: Why,
): Promise<void> {
  const from = row.state;
  row.state = accept(move(machine, from, event));
  row.version += 1;
  await em.query(
    `INSERT INTO rewards.history (noun, resource_id, version, from_state, to_state, event, actor_kind, actor_id, reason, at)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`,
    [noun, row.id, row.version, from, row.state, event, why.actor.kind, why.actor.id, why.reason ?? null, why.at],
  );
}

export interface HistoryStep {
  readonly from: string;
  readonly to: string;
  readonly event: string;
  readonly actorKind: Actor['kind'];
  readonly actorId: string;
  readonly reason: string | null;
  readonly at: Date;
}

/** Who made a move of a resource last, of a kind of actor or of any. */
export async function lastActor(
  em: EntityManager,
  noun: Noun,
  id: string,
  event: string,
  kind: Actor['kind'] | null = null,
): Promise<Actor | null> {
  const [row]: Actor[] = await em.query(
    `SELECT actor_kind AS kind, actor_id AS id FROM rewards.history
      WHERE noun = $1 AND resource_id = $2 AND event = $3 AND ($4::text IS NULL OR actor_kind = $4) ORDER BY version DESC LIMIT 1`,
    [noun, id, event, kind],
  );
  return row ?? null;
}

/** The moves of one resource, oldest first. */
export const stepsOf = (em: EntityManager, noun: Noun, id: string): Promise<HistoryStep[]> =>
  em.query(
    `SELECT from_state AS "from", to_state AS "to", event, actor_kind AS "actorKind", actor_id AS "actorId", reason, at
       FROM rewards.history WHERE noun = $1 AND resource_id = $2 ORDER BY version`,
    [noun, id],
  );
