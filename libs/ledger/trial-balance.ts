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

export async function trialBalance(em: EntityManager): Promise<TrialBalanceLine[]> {
  const rows: { entity: number; kind: number; asset: number; balance: string }[] = await em.query(
    'SELECT entity, kind, asset, balance FROM ledger.trial_balance()',
  );
  return rows.map((row) => ({
    entity: entityName(row.entity),
    kind: accountKindName(row.kind),
    asset: assetName(row.asset),
    balance: BigInt(row.balance),
  }));
}
