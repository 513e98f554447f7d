import type { EntityManager } from 'typeorm';
import { amount, newUuid, type Amount } from '#kernel';
import type { ExecutionRewardReceivedV1 } from '#messages';
import type { Report } from '../reports/report.entity.js';
import type { Execution } from '../reports/report.js';

/** Received and final; counted by the first report that reaches its block. */
export async function insertExecution(em: EntityManager, message: ExecutionRewardReceivedV1, at: Date): Promise<void> {
  await em.query(
    `INSERT INTO rewards.execution_reward (id, pool_id, component, amount, block_number, received_at) VALUES ($1, $2, $3, $4, $5, $6)`,
    [newUuid(), message.poolId, message.component, message.amount, message.blockNumber, at],
  );
}

/** What no report has counted, of blocks up to this one: also of earlier periods, where the news of it came late. The caller holds the pool. */
export async function waitingExecution(
  em: EntityManager,
  poolId: string,
  toBlock: bigint,
): Promise<Execution & { readonly largest: Amount }> {
  const [row]: { fees: string; mev: string; largest: string }[] = await em.query(
    `SELECT coalesce(max(amount), 0)::text AS largest, coalesce(sum(amount) FILTER (WHERE component = 'priority_fees'), 0)::text AS fees,
            coalesce(sum(amount) FILTER (WHERE component = 'mev'), 0)::text AS mev
       FROM rewards.execution_reward WHERE pool_id = $1 AND report_id IS NULL AND block_number <= $2`,
    [poolId, toBlock.toString()],
  );
  return {
    priorityFees: amount(BigInt(row?.fees ?? '0')),
    mev: amount(BigInt(row?.mev ?? '0')),
    largest: amount(BigInt(row?.largest ?? '0')),
  };
}

/** Exactly what `waitingExecution` summed is this report's from now on. */
export async function countExecution(em: EntityManager, { id, poolId, toBlock }: Report): Promise<void> {
  await em.query('UPDATE rewards.execution_reward SET report_id = $1 WHERE pool_id = $2 AND report_id IS NULL AND block_number <= $3', [
    id,
    poolId,
    toBlock.toString(),
  ]);
}

/** A report that came to nothing lets go: the next one counts it. */
export async function releaseExecution(em: EntityManager, { id }: Report): Promise<void> {
  await em.query('UPDATE rewards.execution_reward SET report_id = NULL WHERE report_id = $1', [id]);
}
