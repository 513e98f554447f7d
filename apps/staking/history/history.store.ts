import type { EntityManager } from 'typeorm';
import type { Actor } from '#audit';

export type Noun =
  | 'stake'
  | 'unstake'
  | 'part'
  | 'batch'
  | 'validator'
  | 'fee_sweep'
  | 'incident'
  | 'proposal'
  | 'partial_withdrawal'
  | 'pool'
  | 'exit_request'
  | 'distribution'
  | 'operator';
export type { Actor };
export const SYSTEM: Actor = { kind: 'system', id: 'staking' };

/** Who moved it, when and why: in the transaction of the move. */
export interface HistoryRow {
  readonly noun: Noun;
  readonly resourceId: string;
  /** Of the row after the move. */
  readonly version: number;
  readonly from: string;
  readonly to: string;
  readonly event: string;
  readonly actor: Actor;
  readonly reason?: string | null;
  readonly transactionHash?: string | null;
  readonly at: Date;
}

export async function writeHistory(em: EntityManager, rows: readonly HistoryRow[]): Promise<void> {
  if (rows.length === 0) return;
  await em.query(
    `INSERT INTO staking.history (noun, resource_id, version, from_state, to_state, event, actor_kind, actor_id, reason, transaction_hash, at)
     SELECT * FROM unnest($1::text[], $2::text[], $3::int[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[], $9::text[], $10::text[], $11::timestamptz[])`,
    [
      rows.map((r) => r.noun),
      rows.map((r) => r.resourceId),
      rows.map((r) => r.version),
      rows.map((r) => r.from),
      rows.map((r) => r.to),
      rows.map((r) => r.event),
      rows.map((r) => r.actor.kind),
      rows.map((r) => r.actor.id),
      rows.map((r) => r.reason ?? null),
      rows.map((r) => r.transactionHash ?? null),
      rows.map((r) => r.at),
    ],
  );
}

export interface HistoryStep {
  readonly resourceId: string;
  readonly to: string;
  readonly at: Date;
  readonly transactionHash: string | null;
  readonly reason: string | null;
}

/** The moves of several resources, oldest first. */
export async function stepsOf(em: EntityManager, noun: Noun, ids: readonly string[]): Promise<Map<string, HistoryStep[]>> {
  const rows: HistoryStep[] = await em.query(
    `SELECT resource_id AS "resourceId", to_state AS "to", at, transaction_hash AS "transactionHash", reason
       FROM staking.history WHERE noun = $1 AND resource_id = ANY ($2) ORDER BY resource_id, version`,
    [noun, ids],
  );
  const steps = new Map<string, HistoryStep[]>(ids.map((id) => [id, []]));
  for (const row of rows) steps.get(row.resourceId)?.push(row);
  return steps;
}
