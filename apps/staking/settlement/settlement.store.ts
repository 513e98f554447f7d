import { In, type EntityManager } from 'typeorm';
import { HolderRow, Settlement } from './holder.entity.js';
import type { Holder } from './holder.js';

export async function holdersOf(em: EntityManager, poolId: string, clientIds: readonly string[]): Promise<Map<string, Holder>> {
  const rows = await em.find(HolderRow, { where: { poolId, clientId: In([...clientIds]) } });
  return new Map(rows.map((row) => [row.clientId, row]));
}
export const holderOf = (em: EntityManager, poolId: string, clientId: string): Promise<HolderRow | null> =>
  em.findOneBy(HolderRow, { poolId, clientId });

/** The next holders with something to settle, by client. The caller holds the pool. */
export function unsettled(em: EntityManager, poolId: string, index: bigint, after: string | null, limit: number): Promise<HolderRow[]> {
  const query = em
    .createQueryBuilder(HolderRow, 'h')
    .where('h.poolId = :poolId AND h.shares > 0 AND h.indexPaid < :index', { poolId, index: index.toString() });
  if (after !== null) query.andWhere('h.clientId > :after', { after });
  return query.orderBy('h.clientId', 'ASC').limit(limit).getMany();
}

/** Creates or replaces holders, in one statement. The caller holds the pool. */
export async function saveHolders(em: EntityManager, poolId: string, holders: readonly Holder[]): Promise<void> {
  if (holders.length === 0) return;
  await em.query(
    `INSERT INTO staking.holder AS h (pool_id, client_id, shares, index_paid, remainder)
     SELECT $1, * FROM unnest($2::uuid[], $3::numeric[], $4::numeric[], $5::numeric[])
     ON CONFLICT (pool_id, client_id) DO UPDATE SET shares = excluded.shares, index_paid = excluded.index_paid, remainder = excluded.remainder`,
    [
      poolId,
      holders.map((h) => h.clientId),
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
