import { csvRow } from './csv.js';
import { meaningOf, type RowType } from './row-types.js';
import type { Rows } from './render.js';
import type { StatementRow, WireValue } from './statement-row.js';
import type { StatementHead } from './statements.store.js';
import type { TransferKindName } from '#ledger';

/** The universal layout that tax tools import (docs/statements.md has the mapping and its sources). */
export const taxColumns = [
  'Date',
  'Sent Amount',
  'Sent Currency',
  'Received Amount',
  'Received Currency',
  'Fee Amount',
  'Fee Currency',
  'Net Worth Amount',
  'Net Worth Currency',
  'Label',
  'Description',
  'TxHash',
] as const;

/** Words that those tools know; a row without one is an ordinary arrival or departure. */
const labels: Partial<Record<RowType, string>> = { staking_reward: 'reward', mev_reward: 'reward', rebate: 'cashback', slash: 'lost' };

interface TaxRow {
  readonly at: string;
  /** Signed. */
  readonly quantity: string;
  readonly asset: string;
  readonly value: WireValue | null | undefined;
  readonly type: RowType;
  readonly description: string;
  readonly txHash: string;
}

/**
 * Only what a tax tool must see: what came, what went, what was earned or lost. Staking and unstaking dispose of nothing and are no rows; neither are moves
 * from one account of the client to another.
 */
export async function* taxCsv(_head: StatementHead, rows: Rows): AsyncGenerator<string> {
  yield csvRow(taxColumns);
  for await (const part of rows) yield part.flatMap(taxRows).map(line).join('');
}

function taxRows(row: StatementRow): TaxRow[] {
  const { effect } = meaningOf(row.kind as TransferKindName);
  const common = { at: row.at, asset: row.asset, txHash: row.tx_hash ?? '' };
  const own: TaxRow[] =
    effect === 'income' || effect === 'arrival' || effect === 'departure'
      ? [{ ...common, quantity: row.change, value: row.value, type: row.type, description: described(row, row.type, row.lot_id) }]
      : [];
  if (!row.gain) return own;
  const gain = row.gain;
  // on a row of shares the gain is of what they claimed: a loss of everything
  const asset = effect === 'shares_redeemed' ? (row.asset.split('-')[0] ?? row.asset) : row.asset;
  return [
    ...own,
    { ...common, asset, quantity: gain.quantity, value: gain.value, type: gain.type, description: described(row, gain.type, gain.lot_id) },
  ];
}

const described = (row: StatementRow, type: RowType, lotId: string | undefined): string =>
  [type, row.entry_id, ...(row.pool_id ? [row.pool_id] : []), ...(lotId ? [lotId] : [])].join(' ');

function line(row: TaxRow): string {
  const out = row.quantity.startsWith('-');
  const quantity = out ? row.quantity.slice(1) : row.quantity;
  const worth = row.value?.amount.replace(/^-/, '') ?? '';
  return csvRow([
    `${row.at.slice(0, 10)} ${row.at.slice(11, 19)} UTC`,
    out ? quantity : '',
    out ? row.asset : '',
    out ? '' : quantity,
    out ? '' : row.asset,
    '',
    '',
    worth,
    worth === '' ? '' : (row.value?.currency ?? ''),
    labels[row.type] ?? '',
    row.description,
    row.txHash,
  ]);
}
