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

/** Credits to a pool's vault, the newest first: reports classify them in the chain's order. */
export async function creditedNewestFirst(
  em: EntityManager,
  chain: string,
  poolId: string,
): Promise<{ validatorIndex: bigint; amount: bigint }[]> {
  const rows: { validator_index: string; amount: string }[] = await em.query(
    `SELECT validator_index, amount::text FROM custody.protocol_credit WHERE chain = $1 AND pool_id = $2 ORDER BY credit_index DESC LIMIT 10000`,
    [chain, poolId],
  );
  return rows.map((r) => ({ validatorIndex: BigInt(r.validator_index), amount: BigInt(r.amount) }));
}
