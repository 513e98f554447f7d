/** Balances as of a time, by either clock. */
import { assets } from '#kernel';
import type { EntityManager } from 'typeorm';
import { accountKinds } from './chart/chart.js';
import type { AccountRef } from './ledger.js';
import { trialBalanceFrom, type TrialBalanceLine, type TrialBalanceRow } from './trial-balance.js';

/**
 * recordedAt, the system's clock: what the ledger had recorded by then. Final once no transaction that began before is still open.
 * effectiveAt, the business's clock: what counts at or before then, by what is known now. A posting counts at its effective time, but one recorded after its
 * day was closed counts from the start of the first open day: so the answer for a closed day never changes.
 */
export type AsOf = { readonly recordedAt: Date } | { readonly effectiveAt: Date };

const clockOf = (asOf: AsOf): { clock: 'recorded' | 'effective'; at: string } =>
  'recordedAt' in asOf
    ? { clock: 'recorded', at: asOf.recordedAt.toISOString() }
    : { clock: 'effective', at: asOf.effectiveAt.toISOString() };

/** Exact, however much is rolled up. 0 when the account was not there yet. */
export async function balanceAsOf(em: EntityManager, ref: AccountRef, asOf: AsOf): Promise<bigint> {
  const { clock, at } = clockOf(asOf);
  const rows: { balance: string | null }[] = await em.query(
    `SELECT ledger.balance_${clock}($1::smallint, $2::text, $3::smallint, $4::timestamptz) AS balance`,
    [accountKinds[ref.kind].code, ref.owner, assets[ref.asset].id, at],
  );
  return BigInt(rows[0]?.balance ?? '0');
}

/** All kinds that have accounts now, zeros too. The lines of one entity and asset sum to zero. */
export async function trialBalanceAsOf(em: EntityManager, asOf: AsOf): Promise<TrialBalanceLine[]> {
  const { clock, at } = clockOf(asOf);
  const rows: TrialBalanceRow[] = await em.query(
    `SELECT entity, kind, asset, balance FROM ledger.trial_balance_${clock}($1::timestamptz)`,
    [at],
  );
  return trialBalanceFrom(rows);
}
