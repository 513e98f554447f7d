import type { EntityManager } from 'typeorm';
import { inForce, STANDARD, type Fee } from './fee-schedule.js';

/** Every version of every tier of a product, oldest first. */
export const feesOf = (em: EntityManager, productId: string): Promise<Fee[]> =>
  em.query(
    `SELECT tier, version, commission_bps AS "commissionBps", effective_at AS "effectiveAt" FROM staking.fee_schedule
      WHERE product_id = $1 ORDER BY effective_at, tier, version`,
    [productId],
  );

/** By tier, the commission that a report which closes at a time takes, basis points. */
export async function feesInForce(em: EntityManager, productId: string, at: Date): Promise<Map<string, number>> {
  return new Map([...inForce(await feesOf(em, productId), at)].map(([tier, fee]) => [tier, fee.commissionBps]));
}

export async function insertFee(em: EntityManager, productId: string, fee: Fee, proposalId: string, at: Date): Promise<void> {
  await em.query(
    `INSERT INTO staking.fee_schedule (product_id, tier, version, commission_bps, effective_at, proposal_id, created_at)
     VALUES ($1, $2, $3, $4, $5, $6, $7)`,
    [productId, fee.tier, fee.version, fee.commissionBps, fee.effectiveAt, proposalId, at],
  );
}

export async function tierOf(em: EntityManager, clientId: string): Promise<string> {
  const [row]: { tier: string }[] = await em.query('SELECT tier FROM staking.client_tier WHERE client_id = $1', [clientId]);
  return row?.tier ?? STANDARD;
}

export async function saveTier(em: EntityManager, clientId: string, tier: string, proposalId: string, at: Date): Promise<void> {
  await em.query(
    `INSERT INTO staking.client_tier (client_id, tier, proposal_id, since) VALUES ($1, $2, $3, $4)
     ON CONFLICT (client_id) DO UPDATE SET tier = excluded.tier, proposal_id = excluded.proposal_id, since = excluded.since`,
    [clientId, tier, proposalId, at],
  );
}
