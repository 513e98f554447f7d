/** Names behind the numbers that the database keeps. */
import { assets, InvariantBroken, type AssetCode } from '#kernel';
import { accountKinds, entities, transferKinds, type AccountKindName, type Entity, type TransferKindName } from './chart/chart.js';

function naming<N extends string>(what: string, codes: readonly (readonly [N, number])[]): (code: number) => N {
  const names = new Map(codes.map(([name, code]) => [code, name]));
  return (code) => {
    const name = names.get(code);
    if (name === undefined) throw new InvariantBroken('ledger.unknown_code', { what, code });
    return name;
  };
}

const keys = <N extends string>(record: Readonly<Record<N, unknown>>): N[] => Object.keys(record) as N[];

export const accountKindName = naming<AccountKindName>(
  'account kind',
  keys(accountKinds).map((n) => [n, accountKinds[n].code] as const),
);
export const transferKindName = naming<TransferKindName>(
  'transfer kind',
  keys(transferKinds).map((n) => [n, transferKinds[n].code] as const),
);
export const assetName = naming<AssetCode>(
  'asset',
  keys(assets).map((n) => [n, assets[n].id] as const),
);
export const entityName = naming<Entity>(
  'entity',
  keys(entities).map((n) => [n, entities[n]] as const),
);
