import type { EntityManager } from 'typeorm';
import type { Amount } from '#kernel';
import { INDEX_SCALE } from '../settlement/holder.js';

/**
 * Holders of a pool whose rebates are worth paying, by client, after the one named: at least `least` base units, or one where no shares are left.
 * The caller holds the pool.
 */
export async function rebatesDue(em: EntityManager, poolId: string, least: Amount, after: string | null, limit: number): Promise<string[]> {
  const rows: { client_id: string }[] = await em.query(
    `SELECT h.client_id FROM staking.holder h JOIN staking.pool_tier t ON t.pool_id = h.pool_id AND t.tier = h.tier
      WHERE h.pool_id = $1 AND ($4::uuid IS NULL OR h.client_id > $4)
        AND (t.reward_index - h.index_paid) * h.shares + h.remainder >= CASE WHEN h.shares = 0 THEN $2::numeric ELSE greatest($3::numeric, $2::numeric) END
      ORDER BY h.client_id LIMIT $5`,
    [poolId, INDEX_SCALE.toString(), (least * INDEX_SCALE).toString(), after, limit],
  );
  return rows.map((row) => row.client_id);
}
