import { In, type EntityManager } from 'typeorm';
import { NO_SHARES } from '#kernel';
import { HolderRow, Settlement } from './holder.entity.js';
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
  const rows = await em.find(HolderRow, { where: { poolId, clientId: In(ids) } });
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

/** The next holders with something to settle, by client, each with the index of its tier. The caller holds the pool. */
export async function unsettled(
  em: EntityManager,
  poolId: string,
  after: string | null,
  limit: number,
): Promise<{ holder: Holder; index: bigint }[]> {
  const query = em
    .createQueryBuilder(HolderRow, 'h')
    .innerJoin('staking.pool_tier', 't', 't.pool_id = h.poolId AND t.tier = h.tier')
    .addSelect('t.reward_index::text', 'index')
    .where('h.poolId = :poolId AND (h.shares > 0 AND h.indexPaid < t.reward_index OR h.remainder >= :whole)', {
      poolId,
      whole: INDEX_SCALE.toString(),
    });
  if (after !== null) query.andWhere('h.clientId > :after', { after });
  const { entities, raw } = await query.orderBy('h.clientId', 'ASC').limit(limit).getRawAndEntities<{ index: string }>();
  return entities.map((holder, i) => ({ holder, index: BigInt(raw[i]?.index ?? '0') }));
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
