import type { EntityManager } from 'typeorm';
import type { ChainBlock } from '#chains';
import { emit } from '#delivery';
import { ExecutionRewardReceived } from '#messages';
import type { Books, ExecutionArrival } from './books.js';

/** Keeps what a block paid to a pool's vault, and tells the rewards room, which counts it in the first report that reaches the block. */
export async function receiveReward(
  em: EntityManager,
  { chain, asset }: Pick<Books, 'chain' | 'asset'>,
  block: Pick<ChainBlock, 'number'>,
  { id, poolId, component, amount }: ExecutionArrival,
): Promise<void> {
  await em.query(
    'INSERT INTO custody.execution_reward (chain, block_number, component, pool_id, amount, reference) VALUES ($1, $2, $3, $4, $5, $6)',
    [chain, block.number.toString(), component, poolId, amount.toString(), id],
  );
  const payload = { poolId, chain, asset, component, amount: amount.toString(), blockNumber: block.number.toString() };
  await emit(em, ExecutionRewardReceived, { aggregate: poolId, payload });
}

/** The newest first, until their sum reaches `balance`: reports count them in the order in which they were booked. */
export async function uncountedRewards(
  em: EntityManager,
  chain: string,
  poolId: string,
  balance: bigint,
): Promise<{ sum: bigint; count: number }> {
  const rows: { amount: string }[] = await em.query(
    `SELECT amount::text FROM (
       SELECT amount, sequence, sum(amount) OVER (ORDER BY sequence DESC) - amount AS newer
         FROM custody.execution_reward WHERE chain = $1 AND pool_id = $2) r
      WHERE newer < $3::numeric`,
    [chain, poolId, balance.toString()],
  );
  return { sum: rows.reduce((total, row) => total + BigInt(row.amount), 0n), count: rows.length };
}
