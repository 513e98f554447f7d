import { publicId, timestamp } from '#kernel';
import { csvRow } from './csv.js';
import { pdfOf } from './statement.printer.js';
import type { StatementRow } from './statement-row.js';
import type { StatementHead } from './statements.store.js';
import { taxCsv } from './tax-csv.js';

/** Row by row from what is kept: never a whole statement in memory. */
export type Rows = AsyncIterable<readonly StatementRow[]>;
export type Renderer = (head: StatementHead, rows: Rows) => AsyncIterable<string | Buffer>;

export const csvColumns = [
  'time',
  'type',
  'asset',
  'account',
  'change',
  'balance',
  'reference',
  'entry_id',
  'value',
  'currency',
  'price',
  'price_source',
  'price_as_of',
  'no_price',
  'lot_id',
  'lots',
  'gain_type',
  'gain_quantity',
  'gain_value',
  'gain_lot_id',
  'pool_id',
  'tx_hash',
  'counted_at',
  'reverses',
] as const;
const padded = (fields: readonly string[]): string => csvRow([...fields, ...csvColumns.slice(fields.length).map(() => '')]);

/**
 * One row a line, between an `opening_balance` row and a `closing_balance` row for each account: opening + sum of `change` = closing.
 * Amounts are decimal strings in asset units.
 */
async function* csv(head: StatementHead, rows: Rows): AsyncGenerator<string> {
  yield csvRow(csvColumns);
  const from = head.from ? timestamp(head.from) : '';
  yield head.accounts.map((a) => padded([from, 'opening_balance', a.asset, a.account, '', a.opening, '', ''])).join('');
  for await (const part of rows) yield part.map(csvLine).join('');
  yield head.accounts.map((a) => padded([timestamp(head.to), 'closing_balance', a.asset, a.account, '', a.closing, '', ''])).join('');
}

const csvLine = (row: StatementRow): string =>
  csvRow([
    row.at,
    row.type,
    row.asset,
    row.account,
    row.change,
    row.balance,
    row.reference,
    row.entry_id,
    row.value?.amount ?? '',
    row.value?.currency ?? row.gain?.value?.currency ?? '',
    row.value?.price ?? row.gain?.value?.price ?? '',
    row.value?.source ?? row.gain?.value?.source ?? '',
    row.value?.as_of ?? row.gain?.value?.as_of ?? '',
    row.no_price ?? row.gain?.no_price ?? '',
    row.lot_id ?? '',
    (row.lots ?? []).map((lot) => `${lot.lot_id}:${lot.quantity}`).join(' '),
    row.gain?.type ?? '',
    row.gain?.quantity ?? '',
    row.gain?.value?.amount ?? '',
    row.gain?.lot_id ?? '',
    row.pool_id ?? '',
    row.tx_hash ?? '',
    row.counted_at ?? '',
    row.reverses ?? '',
  ]);

/** What a list shows of a statement, and what its JSON begins with. */
export const headView = (head: StatementHead) => ({
  schema_version: head.schemaVersion,
  id: publicId('statement', head.id),
  client_id: publicId('client', head.clientId),
  kind: head.kind,
  month: head.month,
  from: head.from ? timestamp(head.from) : null,
  to: timestamp(head.to),
  currency: head.currency,
  provisional: head.provisional,
  line_count: head.lines,
  unpriced_count: head.unpriced,
  content_sha256: head.contentSha256.toString('hex'),
  made_at: timestamp(head.madeAt),
});

async function* json(head: StatementHead, rows: Rows): AsyncGenerator<string> {
  const opened = JSON.stringify({ ...headView(head), accounts: head.accounts });
  yield `${opened.slice(0, -1)},"lines":[`;
  let first = true;
  for await (const part of rows) {
    if (part.length > 0) yield `${first ? '' : ',\n'}${part.map((row) => JSON.stringify(row)).join(',\n')}`;
    first &&= part.length === 0;
  }
  yield ']}\n';
}

export const formats = {
  json: { render: json, type: 'application/json; charset=utf-8', extension: 'json' },
  csv: { render: csv, type: 'text/csv; charset=utf-8; header=present', extension: 'csv' },
  pdf: { render: pdfOf, type: 'application/pdf', extension: 'pdf' },
  tax: { render: taxCsv, type: 'text/csv; charset=utf-8; header=present', extension: 'tax.csv' },
} as const satisfies Record<string, { readonly render: Renderer; readonly type: string; readonly extension: string }>;
export type Format = keyof typeof formats;
export const formatNames = Object.keys(formats) as Format[];
