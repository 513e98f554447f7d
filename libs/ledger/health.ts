/** What operations watch of the ledger. */
import type { AssetCode } from '#kernel';
import type { EntityManager } from 'typeorm';
import type { Entity } from './chart/chart.js';
import { assetName, entityName } from './names.js';

export interface LedgerHealth {
  /** The sum of all balances of each entity and asset, in base units: anything but 0 is an alarm. */
  readonly imbalances: readonly { readonly entity: Entity; readonly asset: AssetCode; readonly imbalance: bigint }[];
  /** Decisions that the roll-up by day has not reached: rises without end only when nobody calls rollUp(), or a transaction never ends. */
  readonly notRolledUp: number;
}

/** Reads every balance row: for a gauge that is read every minute, not every second. For custody. */
export async function ledgerHealth(em: EntityManager): Promise<LedgerHealth> {
  const rows: { entity: number; asset: number; imbalance: string; not_rolled_up: string }[] = await em.query(
    'SELECT entity, asset, imbalance, not_rolled_up FROM ledger.health()',
  );
  return {
    imbalances: rows.map((row) => ({ entity: entityName(row.entity), asset: assetName(row.asset), imbalance: BigInt(row.imbalance) })),
    notRolledUp: Number(rows[0]?.not_rolled_up ?? 0),
  };
}
