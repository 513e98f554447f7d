import type { EntityManager } from 'typeorm';
import type { AssetCode } from '#kernel';
import { balancesOfKind, type AccountKindName, type Balance } from '#ledger';

const PAGE = 5_000;

/** Every account of a kind that is not at zero, read page by page. */
export async function allOfKind(em: EntityManager, kind: AccountKindName, asset: AssetCode): Promise<Balance[]> {
  const all: Balance[] = [];
  for (;;) {
    const last = all.at(-1);
    const page = await balancesOfKind(em, kind, asset, { nonZero: true, limit: PAGE, ...(last ? { afterOwner: last.owner } : {}) });
    all.push(...page);
    if (page.length < PAGE) return all;
  }
}
