/** Whether the database's chart is the code's: checked at boot, by a spec and by the verifier. */
import type { EntityManager } from 'typeorm';
import { chartRows, type ChartRows, type Value } from './generate.js';

type Row = Readonly<Record<string, Value>>;

/** Differences in words, none when the chart of the database is that of this code. A room that finds one must not start. */
export async function chartDrift(em: EntityManager): Promise<string[]> {
  const rows: { chart: Record<keyof ChartRows, Row[] | null> }[] = await em.query('SELECT ledger.chart() AS chart');
  const stored = rows[0]?.chart;
  return stored ? differences(stored) : ['the database has no chart'];
}

export function differences(stored: Readonly<Record<keyof ChartRows, readonly Row[] | null>>): string[] {
  const expected = chartRows();
  return (Object.keys(expected) as (keyof ChartRows)[]).flatMap((table) => {
    const found = new Map((stored[table] ?? []).map((row) => [keyOf(row), row]));
    const wanted = new Map((expected[table] as readonly unknown[] as readonly Row[]).map((row) => [keyOf(row), row]));
    const missing = [...wanted.keys()].filter((key) => !found.has(key)).map((key) => `${table} ${key} is missing in the database`);
    const foreign = [...found.keys()].filter((key) => !wanted.has(key)).map((key) => `${table} ${key} is unknown to this code`);
    const changed = [...wanted].flatMap(([key, row]) => columnsThatDiffer(table, key, row, found.get(key)));
    return [...missing, ...foreign, ...changed];
  });
}

const keyOf = (row: Row): string => String(row['id'] ?? row['code']);

function columnsThatDiffer(table: string, key: string, wanted: Row, found: Row | undefined): string[] {
  if (!found) return [];
  const columns = new Set([...Object.keys(wanted), ...Object.keys(found)]);
  return [...columns]
    .filter((column) => wanted[column] !== found[column])
    .map((column) => `${table} ${key}.${column} is ${String(found[column])}, the code says ${String(wanted[column])}`);
}
