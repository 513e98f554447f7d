import type { EntityManager } from 'typeorm';

/** What the protocol paid out to a vault, as booked. */
export interface ProtocolCreditRow {
  readonly chain: string;
  readonly creditIndex: bigint;
  readonly validatorIndex: bigint;
  readonly poolId: string;
  readonly walletId: string;
  readonly amount: bigint;
  readonly blockNumber: bigint;
}

export async function insertCredits(em: EntityManager, rows: readonly ProtocolCreditRow[]): Promise<void> {
  if (rows.length === 0) return;
  await em.query(
    `INSERT INTO custody.protocol_credit (chain, credit_index, validator_index, pool_id, wallet_id, amount, block_number)
     SELECT * FROM unnest($1::text[], $2::bigint[], $3::bigint[], $4::text[], $5::uuid[], $6::numeric[], $7::bigint[])`,
    [
      rows.map((r) => r.chain),
      rows.map((r) => r.creditIndex.toString()),
      rows.map((r) => r.validatorIndex.toString()),
      rows.map((r) => r.poolId),
      rows.map((r) => r.walletId),
      rows.map((r) => r.amount.toString()),
      rows.map((r) => r.blockNumber.toString()),
    ],
  );
}

/** Everything ever paid out, by pool and validator. */
export async function creditedByValidator(em: EntityManager, chain: string): Promise<{ poolId: string; validatorIndex: bigint; amount: bigint }[]> {
  const rows: { pool_id: string; validator_index: string; amount: string }[] = await em.query(
    `SELECT pool_id, validator_index, sum(amount)::text AS amount FROM custody.protocol_credit WHERE chain = $1 GROUP BY 1, 2 ORDER BY 1, 2`,
    [chain],
  );
  return rows.map((r) => ({ poolId: r.pool_id, validatorIndex: BigInt(r.validator_index), amount: BigInt(r.amount) }));
}
