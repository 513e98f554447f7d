import { Any, type EntityManager } from 'typeorm';
import { amount, NO_SHARES, type Amount } from '#kernel';
import { HolderRow, Settlement, SettlementChunk } from './holder.entity.js';
import { INDEX_SCALE, type Holder } from './holder.js';

/**
 * Holders of a pool. Who has held nothing yet comes with the tier that the client is of, at the index of now (`indexes`: by tier); a tier that
 * is not named has had no rewards.
 */
export async function holdersOf(
  em: EntityManager,
  poolId: string,
  clientIds: readonly string[],
  indexes: ReadonlyMap<string, bigint>,
): Promise<Map<string, Holder>> {
  const ids = [...new Set(clientIds)];
  const rows = await em.find(HolderRow, { where: { poolId, clientId: Any(ids) } });
  const holders = new Map<string, Holder>(rows.map((row) => [row.clientId, row]));
  const fresh = ids.filter((id) => !holders.has(id));
  if (fresh.length === 0) return holders;
  const tiers: { client_id: string; tier: string }[] = await em.query(
    `SELECT id AS client_id, coalesce(t.tier, 'standard') AS tier FROM unnest($1::uuid[]) AS id LEFT JOIN staking.client_tier t ON t.client_id = id`,
    [fresh],
  );
  for (const { client_id: clientId, tier } of tiers)
    holders.set(clientId, { clientId, tier, shares: NO_SHARES, indexPaid: indexes.get(tier) ?? 0n, remainder: 0n });
  return holders;
}
export const holderOf = (em: EntityManager, poolId: string, clientId: string): Promise<HolderRow | null> =>
  em.findOneBy(HolderRow, { poolId, clientId });

/**
 * Brings the next holders of a pool up to the index of their tier, in the order of clients, and returns what each is owed as `owner` and `amount`: settle()
 * of holder.ts for all of them in one statement. $7 pool, $8 client to begin after, $9 how many. An index that fell gives a negative amount, which nobody
 * can post. For fanOutOf(), which reads its own parameters before; the caller holds the pool.
 */
export const SETTLE_HOLDERS = `
  UPDATE staking.holder h SET index_paid = s.reward_index, remainder = mod(s.owed, ${INDEX_SCALE})
    FROM (SELECT u.client_id, t.reward_index, u.index_paid, (t.reward_index - u.index_paid) * u.shares + u.remainder AS owed
            FROM staking.holder u JOIN staking.pool_tier t ON t.pool_id = u.pool_id AND t.tier = u.tier
           WHERE u.pool_id = $7 AND ($8::uuid IS NULL OR u.client_id > $8) AND (u.shares > 0 AND u.index_paid < t.reward_index OR u.remainder >= ${INDEX_SCALE})
           ORDER BY u.client_id LIMIT $9::int) s
   WHERE h.pool_id = $7 AND h.client_id = s.client_id
  RETURNING h.client_id::text AS owner, CASE WHEN s.reward_index < s.index_paid THEN -1 ELSE div(s.owed, ${INDEX_SCALE}) END AS amount`;

/** The last chunk of a run's settlement, or null before the first. */
export const lastChunk = (em: EntityManager, runId: string): Promise<SettlementChunk | null> =>
  em.findOne(SettlementChunk, { where: { runId }, order: { number: 'DESC' } });
export async function insertChunk(em: EntityManager, chunk: SettlementChunk): Promise<void> {
  await em.insert(SettlementChunk, chunk);
}
/** What a run has settled so far. */
export async function settledBy(em: EntityManager, runId: string): Promise<{ holders: number; amount: Amount }> {
  const [row]: { holders: number; amount: string }[] = await em.query(
    'SELECT coalesce(sum(holders), 0)::int AS holders, coalesce(sum(amount), 0)::text AS amount FROM staking.settlement_chunk WHERE run_id = $1',
    [runId],
  );
  return { holders: row?.holders ?? 0, amount: amount(BigInt(row?.amount ?? '0')) };
}
/** Runs whose settlement has begun and not ended. */
export async function settlementsUnderWay(em: EntityManager): Promise<{ runId: string; poolId: string }[]> {
  const rows: { run_id: string; pool_id: string }[] = await em.query(
    `SELECT DISTINCT c.run_id, c.pool_id FROM staking.settlement_chunk c
      WHERE c.more AND NOT EXISTS (SELECT FROM staking.settlement s WHERE s.run_id = c.run_id) ORDER BY 1`,
  );
  return rows.map((row) => ({ runId: row.run_id, poolId: row.pool_id }));
}

/** Creates or replaces holders, in one statement. The caller holds the pool. */
export async function saveHolders(em: EntityManager, poolId: string, holders: readonly Holder[]): Promise<void> {
  if (holders.length === 0) return;
  await em.query(
    `INSERT INTO staking.holder AS h (pool_id, client_id, tier, shares, index_paid, remainder)
     SELECT $1, * FROM unnest($2::uuid[], $3::text[], $4::numeric[], $5::numeric[], $6::numeric[])
     ON CONFLICT (pool_id, client_id) DO UPDATE SET tier = excluded.tier, shares = excluded.shares, index_paid = excluded.index_paid,
       remainder = excluded.remainder`,
    [
      poolId,
      holders.map((h) => h.clientId),
      holders.map((h) => h.tier),
      holders.map((h) => h.shares.toString()),
      holders.map((h) => h.indexPaid.toString()),
      holders.map((h) => h.remainder.toString()),
    ],
  );
}

export const settlementOf = (em: EntityManager, runId: string): Promise<Settlement | null> => em.findOneBy(Settlement, { runId });
export async function insertSettlement(em: EntityManager, settlement: Settlement): Promise<void> {
  await em.insert(Settlement, settlement);
}
