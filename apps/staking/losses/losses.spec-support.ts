import type { OpenStaking } from '../staking.spec-support.js';

/** An operator of that name runs this validator. */
export async function operatorBond(s: OpenStaking, pubkey: string, operator: string): Promise<void> {
  await s.query(
    `INSERT INTO staking.operator (id, name, jurisdiction, client_type, contract_reference, contract_from, sla_effectiveness_bps, sla_proposals_bps, fee_bps,
       self_bond, fee_recipients, mev_policy, relays, builders, weight, stake_limit_bps, exit_threshold_bps, state, created_at, state_since)
     VALUES ($1, $1, 'HK', 'lodestar', 'a contract', date '2026-01-01', 9500, 9500, 0, 0, '{}', 'any', '{}', '{}', 100, 10000, 10000, 'active', now(), now())`,
    [operator],
  );
  await s.query('UPDATE staking.validator SET operator_id = $2 WHERE pubkey = $1', [pubkey, operator]);
}

/** Exits whose nominal is fixed and whose rate is not final. */
export async function exitsFixed(s: OpenStaking): Promise<number> {
  const [row] = await s.query<{ n: number }>(`SELECT count(*)::int AS n FROM staking.exit_request WHERE state = 'fixed'`);
  return row?.n ?? 0;
}
