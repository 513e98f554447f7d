import type { EntityManager } from 'typeorm';
import { amount, type Amount } from '#kernel';

/** What an operator runs of a pool that is not leaving yet. `booked`: what it is worth, `stake`: what was put in. */
export async function stakeOfOperator(
  em: EntityManager,
  poolId: string,
  operatorId: string,
): Promise<{ validators: number; booked: Amount; stake: Amount }> {
  const [row]: [{ validators: number; booked: string; stake: string }] = await em.query(
    `SELECT count(*)::int AS validators, coalesce(sum(booked), 0)::text AS booked, coalesce(sum(principal), 0)::text AS stake
       FROM staking.validator WHERE pool_id = $1 AND operator_id = $2 AND state IN ('active', 'exit_requested', 'exit_refused')`,
    [poolId, operatorId],
  );
  return { validators: row.validators, booked: amount(BigInt(row.booked)), stake: amount(BigInt(row.stake)) };
}

/** Whose exits would wait behind the operator's validators. */
export async function leaversBehind(em: EntityManager, poolId: string): Promise<{ clients: number; orders: number; nominal: Amount }> {
  const [row]: [{ clients: number; orders: number; nominal: string }] = await em.query(
    `SELECT count(DISTINCT client_id)::int AS clients, count(*)::int AS orders, coalesce(sum(nominal), 0)::text AS nominal
       FROM staking.orders WHERE pool_id = $1 AND type = 'unstake' AND state IN ('accepted', 'exit_scheduled', 'unbonding')`,
    [poolId],
  );
  return { clients: row.clients, orders: row.orders, nominal: amount(BigInt(row.nominal)) };
}
