import { type AssetCode, asset, formatDecimal, timestamp } from '#kernel';
import type { Period, Statement } from './statement.js';

export const csvColumns = ['time', 'type', 'asset', 'account', 'change', 'balance', 'reference', 'entry_id'] as const;

const DECIMAL = /^-?\d+(\.\d+)?$/;

/** RFC 4180. A text that a spreadsheet would take for a formula is shown as text; a negative amount stays a number. */
export function csvField(text: string): string {
  const safe = /^[=+\-@\t\r]/.test(text) && !DECIMAL.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

const row = (fields: readonly string[]): string => `${fields.map(csvField).join(',')}\r\n`;
const money = (code: AssetCode, units: bigint): string => formatDecimal(asset(code), units);

/**
 * One row a line, between an `opening_balance` row and a `closing_balance` row for each account: opening + sum of `change` = closing.
 * Amounts are decimal strings in asset units.
 */
export function statementCsv(statement: Statement, period: Period, until: Date): string {
  const from = period.from ? timestamp(period.from) : '';
  const opening = statement.accounts.map((a) => row([from, 'opening_balance', a.asset, a.account, '', money(a.asset, a.opening), '', '']));
  const lines = statement.lines.map((line) =>
    row([
      timestamp(line.at),
      line.type,
      line.asset,
      line.account,
      money(line.asset, line.change),
      money(line.asset, line.balance),
      line.reference,
      line.entryId,
    ]),
  );
  const closing = statement.accounts.map((a) =>
    row([timestamp(until), 'closing_balance', a.asset, a.account, '', money(a.asset, a.closing), '', '']),
  );
  return [row(csvColumns), ...opening, ...lines, ...closing].join('');
}
