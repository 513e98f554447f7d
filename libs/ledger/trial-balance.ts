import type { AssetCode } from '#kernel';
import type { EntityManager } from 'typeorm';
import type { AccountKindName, Entity } from './chart/chart.js';
import { accountKindName, assetName, entityName } from './names.js';

export interface TrialBalanceLine {
  readonly entity: Entity;
  readonly kind: AccountKindName;
  readonly asset: AssetCode;
  /** Sum over all accounts of the kind. The lines of one entity and asset sum to zero. */
  readonly balance: bigint;
}

export interface TrialBalanceRow {
  readonly entity: number;
  readonly kind: number;
  readonly asset: number;
  readonly balance: string;
}

export const trialBalanceFrom = (rows: readonly TrialBalanceRow[]): TrialBalanceLine[] =>
  rows.map((row) => ({
    entity: entityName(row.entity),
    kind: accountKindName(row.kind),
    asset: assetName(row.asset),
    balance: BigInt(row.balance),
  }));

export async function trialBalance(em: EntityManager): Promise<TrialBalanceLine[]> {
  return trialBalanceFrom(await em.query<TrialBalanceRow[]>('SELECT entity, kind, asset, balance FROM ledger.trial_balance()'));
}
