import { assets, invariant, type AssetCode } from '#kernel';
import type { EntityManager } from 'typeorm';
import { accountKinds, type AccountKindName } from './chart/chart.js';
import type { AccountRef, Balance } from './ledger.js';
import { accountKindName, assetName } from './names.js';

/** 0 when the account was never opened. */
export async function balanceOf(em: EntityManager, ref: AccountRef): Promise<bigint> {
  const rows: { balance: string | null }[] = await em.query('SELECT ledger.balance_of($1::smallint, $2::text, $3::smallint) AS balance', [
    accountKinds[ref.kind].code,
    ref.owner,
    assets[ref.asset].id,
  ]);
  return BigInt(rows[0]?.balance ?? '0');
}

/** Every account of an owner, zeros too, by kind and asset. */
export async function ownerBalances(em: EntityManager, owner: string): Promise<Balance[]> {
  const rows: { kind: number; asset: number; balance: string }[] = await em.query(
    'SELECT kind, asset, balance FROM ledger.owner_balances($1::text)',
    [owner],
  );
  return rows.map((row) => ({ kind: accountKindName(row.kind), owner, asset: assetName(row.asset), balance: BigInt(row.balance) }));
}

export interface KindPage {
  /** Only owners after this one, in the order of their bytes. */
  readonly afterOwner?: string;
  /** 1..10,000; 1,000 when not given. */
  readonly limit?: number;
  readonly nonZero?: boolean;
}

/** Accounts of one kind and asset, ordered by owner; the next page starts after the last owner of this one. */
export async function balancesOfKind(em: EntityManager, kind: AccountKindName, asset: AssetCode, page: KindPage = {}): Promise<Balance[]> {
  const limit = page.limit ?? 1_000;
  invariant(Number.isInteger(limit) && limit >= 1 && limit <= 10_000, 'ledger.page_limit', { limit });
  const rows: { owner: string; balance: string }[] = await em.query(
    'SELECT owner, balance FROM ledger.balances_of_kind($1::smallint, $2::smallint, $3::text, $4::int, $5::boolean)',
    [accountKinds[kind].code, assets[asset].id, page.afterOwner ?? null, limit, page.nonZero ?? false],
  );
  return rows.map((row) => ({ kind, owner: row.owner, asset, balance: BigInt(row.balance) }));
}
