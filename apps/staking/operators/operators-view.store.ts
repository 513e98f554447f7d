import type { EntityManager } from 'typeorm';
import { wireTime } from '#http';

/** Incidents that name the operator, newest first. */
export async function breachesOf(em: EntityManager, operatorId: string): Promise<object[]> {
  const rows: { id: string; kind: string; poolId: string; subject: string; state: string; createdAt: Date }[] = await em.query(
    `SELECT id, kind, pool_id AS "poolId", subject, state, created_at AS "createdAt" FROM staking.incident
      WHERE details ->> 'operator' = $1 ORDER BY created_at DESC, id DESC LIMIT 100`,
    [operatorId],
  );
  return rows.map(({ id, kind, poolId, subject, state, createdAt }) => ({
    id,
    kind,
    pool_id: poolId,
    subject,
    state,
    created_at: wireTime(createdAt),
  }));
}

/** How many keys it has by state, and what of their mediums of withdrawal is verified. */
export async function keysOfOperator(em: EntityManager, operatorId: string): Promise<object> {
  const states: { state: string; keys: number }[] = await em.query(
    `SELECT state, count(*)::int AS keys FROM staking.validator WHERE operator_id = $1 GROUP BY state ORDER BY state`,
    [operatorId],
  );
  const mediums: { state: string; type: string; keys: number; oldest: Date }[] = await em.query(
    `SELECT type, state, count(*)::int AS keys, min(verified_at) AS oldest FROM staking.withdrawal_medium
      WHERE operator_id = $1 GROUP BY type, state ORDER BY type, state`,
    [operatorId],
  );
  return {
    by_state: Object.fromEntries(states.map(({ state, keys }) => [state, keys])),
    mediums: mediums.map(({ type, state, keys, oldest }) => ({ type, state, keys, oldest_look: wireTime(oldest) })),
  };
}
