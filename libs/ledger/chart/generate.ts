/**
 * The chart as rows. One source (chart.ts and the kernel's assets), three readers: the migration's SQL, the check at boot and the verifier.
 */
import { assets } from '#kernel';
import { accountKinds, entities, holdScopes, transferKinds, type AccountKind, type TransferKind } from './chart.js';

export interface EntityRow {
  readonly code: number;
  readonly name: string;
}
export interface AssetRow {
  readonly id: number;
  readonly code: string;
  readonly decimals: number;
  readonly kind: string;
}
export interface AccountKindRow {
  readonly code: number;
  readonly name: string;
  readonly entity: number;
  readonly owner: string;
  readonly side: string;
  readonly asset: string;
  readonly floor: number | null;
  readonly ceiling: number | null;
  readonly stripes: number;
}
export interface TransferKindRow {
  readonly code: number;
  readonly name: string;
  readonly debit_kind: number;
  readonly credit_kind: number;
  readonly entity: number;
  readonly role: string;
  readonly hold_scope: number;
  /** Never from one client, or one pool, to another. */
  readonly same_owner: boolean;
  readonly crossing: string | null;
  readonly reversible: boolean;
}
/** Rows by table, each in the order of its key; the fields are the columns. */
export interface ChartRows {
  readonly entity: readonly EntityRow[];
  readonly asset: readonly AssetRow[];
  readonly account_kind: readonly AccountKindRow[];
  readonly transfer_kind: readonly TransferKindRow[];
}

export const roleOfRoom = (room: string): string => `bailee_${room}`;

export function chartRows(): ChartRows {
  const kinds: Readonly<Record<string, AccountKind>> = accountKinds;
  return {
    entity: Object.entries(entities)
      .map(([name, code]) => ({ code, name }))
      .sort((a, b) => a.code - b.code),
    asset: Object.values(assets)
      .map(({ id, code, decimals, kind }) => ({ id, code, decimals, kind }))
      .sort((a, b) => a.id - b.id),
    account_kind: Object.entries(kinds)
      .map(([name, kind]) => accountKindRow(name, kind))
      .sort((a, b) => a.code - b.code),
    transfer_kind: Object.entries(transferKinds as Readonly<Record<string, TransferKind>>)
      .map(([name, kind]) => transferKindRow(name, kind))
      .sort((a, b) => a.code - b.code),
  };
}

function accountKindRow(name: string, kind: AccountKind): AccountKindRow {
  const liability = kind.side === 'liability';
  return {
    code: kind.code,
    name,
    entity: entities[kind.entity],
    owner: kind.owner,
    side: kind.side,
    asset: kind.asset,
    floor: liability ? 0 : null,
    ceiling: liability ? null : 0,
    stripes: kind.stripes ?? 0,
  };
}

/** Whether both sides must belong to one owner: wherever a client meets a client, or a pool a pool. */
export function sameOwner(kind: TransferKind): boolean {
  const { owner } = accountKinds[kind.debit];
  return (owner === 'client' || owner === 'pool') && accountKinds[kind.credit].owner === owner;
}

function transferKindRow(name: string, kind: TransferKind): TransferKindRow {
  return {
    code: kind.code,
    name,
    debit_kind: accountKinds[kind.debit].code,
    credit_kind: accountKinds[kind.credit].code,
    entity: entities[accountKinds[kind.debit].entity],
    role: roleOfRoom(kind.role),
    hold_scope: kind.hold ? holdScopes[kind.hold] : 0,
    same_owner: sameOwner(kind),
    crossing: kind.crossing ?? null,
    reversible: kind.reversible ?? false,
  };
}

export type Value = string | number | boolean | null;

const literal = (value: Value): string =>
  value === null ? 'NULL' : typeof value !== 'string' ? String(value) : `'${value.replaceAll("'", "''")}'`;

function insert(table: keyof ChartRows, key: string, rows: readonly object[]): string {
  const columns = Object.keys(rows[0] ?? {});
  const values = rows.map((row) => `  (${columns.map((column) => literal((row as Record<string, Value>)[column] ?? null)).join(', ')})`);
  return `INSERT INTO ledger.${table}(${columns.join(', ')}) VALUES\n${values.join(',\n')}\n  ON CONFLICT (${key}) DO NOTHING;`;
}

/** The one thing of a row that may change: how a kind is handled, not what it means. */
function policy(table: keyof ChartRows, column: string, otherwise: Value, rows: readonly object[]): string {
  const special = rows.map((row) => row as Record<string, Value>).filter((row) => row[column] !== otherwise);
  const cases = special.map((row) => `WHEN ${literal(row['code'] ?? null)} THEN ${literal(row[column] ?? null)}`);
  return [
    `ALTER TABLE ledger.${table} DISABLE TRIGGER append_only;`,
    `UPDATE ledger.${table} SET ${column} = CASE code ${cases.join(' ')} ELSE ${literal(otherwise)} END;`,
    `ALTER TABLE ledger.${table} ENABLE TRIGGER append_only;`,
  ].join('\n');
}

/** Adds what is missing of the chart, and sets its policies: a later migration may run it again after the chart has grown. */
export function chartSql(): string {
  const rows = chartRows();
  return [
    insert('entity', 'code', rows.entity),
    insert('asset', 'id', rows.asset),
    insert('account_kind', 'code', rows.account_kind),
    insert('transfer_kind', 'code', rows.transfer_kind),
    policy('account_kind', 'stripes', 0, rows.account_kind),
    policy('transfer_kind', 'reversible', false, rows.transfer_kind),
  ].join('\n');
}

/** The module that the migration imports. */
export const chartModule = (): string =>
  `// Generated from libs/ledger/chart/chart.ts by \`npm run ledger:generate\`; a test compares the two.\nexport const chartRows = \`\n${chartSql()}\n\`;\n`;
