import { asset, formatDecimal } from '#kernel';

/** A pool at the end: base units as decimal strings. */
export interface PoolRow {
  readonly pool: string;
  readonly mode: string;
  readonly staked: string;
  readonly left: string;
  /** Net of losses. */
  readonly rewards: string;
  readonly commission: string;
  /** What the pool bore, recovered or not. */
  readonly losses: string;
  readonly cover: string;
  readonly compounded: string;
  /** Settled to clients. */
  readonly payouts: string;
  readonly payable: string;
  readonly dustCarried: string;
  readonly shares: string;
  readonly difference: string;
}

const columns = [
  'pool',
  'staked',
  'left',
  'rewards',
  'commission',
  'losses',
  'cover',
  'compounded',
  'payouts',
  'payable',
  'dustCarried',
  'difference',
] as const;

/** For people: ETH, and the difference to the wei. */
export function tableOf(rows: readonly PoolRow[]): string {
  const cells = rows.map((row) =>
    columns.map((column) =>
      column === 'pool' || column === 'dustCarried' || column === 'difference'
        ? row[column]
        : formatDecimal(asset('ETH'), BigInt(row[column])),
    ),
  );
  const lines = [columns.map((column) => (column === 'dustCarried' ? 'dust carried' : column)), ...cells];
  const widths = columns.map((_, i) => Math.max(...lines.map((line) => line[i]?.length ?? 0)));
  return lines.map((line) => line.map((cell, i) => cell.padStart(widths[i] ?? 0)).join('  ')).join('\n');
}
