import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import type { DataSource } from 'typeorm';
import type { ShippedState } from './shipped-state.js';

const folder = join(import.meta.dirname, 'shipped');

export const shipped = (): ShippedState => JSON.parse(readFileSync(join(folder, 'state.json'), 'utf8')) as ShippedState;

/**
 * Loads what an exchange had written after its start and one tour: three clients, a validator, reports, a payout, a withdrawal. Lines are
 * {table}, its rows as PostgreSQL's row_to_json gave them, and {sequence, value}. Triggers and foreign keys sleep meanwhile.
 */
export async function loadShippedData(admin: DataSource): Promise<ReadonlyMap<string, number>> {
  const lines = gunzipSync(readFileSync(join(folder, 'data.jsonl.gz')))
    .toString('utf8')
    .trimEnd()
    .split('\n');
  const loaded = new Map<string, number>();
  await admin.transaction(async (em) => {
    await em.query('SET LOCAL session_replication_role = replica');
    let table = '';
    for (const line of lines) {
      const mark = /^\{"table":"([a-z_.]+)"\}$/.exec(line);
      const sequence = /^\{"sequence":"([a-z_.]+)","value":"(\d+)"\}$/.exec(line);
      if (mark) table = mark[1] ?? '';
      else if (sequence) await em.query('SELECT setval($1::regclass, $2)', [sequence[1], sequence[2]]);
      else {
        await em.query(
          `INSERT INTO ${table} OVERRIDING SYSTEM VALUE SELECT * FROM json_populate_record(NULL::${table}, $1) ON CONFLICT DO NOTHING`,
          [line],
        );
        loaded.set(table, (loaded.get(table) ?? 0) + 1);
      }
    }
  });
  return loaded;
}

/** All that a schema is, one line a thing: columns, constraints, indexes, functions, triggers, rights. The order of columns does not count. */
export async function describeSchema(admin: DataSource): Promise<string[]> {
  const rows = await admin.query<{ line: string }[]>(`
    WITH ours AS (SELECT oid, nspname FROM pg_namespace WHERE nspname IN ('ledger', 'audit', 'delivery', 'reception', 'compliance', 'custody', 'signer', 'staking', 'rewards'))
    SELECT format('column %s.%s.%s %s%s default %s', n.nspname, c.relname, a.attname, format_type(a.atttypid, a.atttypmod),
             CASE WHEN a.attnotnull THEN ' not null' ELSE '' END, coalesce(pg_get_expr(d.adbin, d.adrelid), '-')) AS line
      FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid AND c.relkind IN ('r', 'v', 'p') JOIN ours n ON n.oid = c.relnamespace
      LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum WHERE a.attnum > 0 AND NOT a.attisdropped
    UNION ALL SELECT format('constraint %s %s %s', o.conrelid::regclass, o.conname, pg_get_constraintdef(o.oid)) FROM pg_constraint o JOIN ours n ON n.oid = o.connamespace WHERE o.conrelid <> 0
    UNION ALL SELECT format('index %s', pg_get_indexdef(i.indexrelid)) FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid JOIN ours n ON n.oid = c.relnamespace
    UNION ALL SELECT format('function %s(%s) %s rights %s', p.oid::regproc, pg_get_function_identity_arguments(p.oid), md5(pg_get_functiondef(p.oid)),
             (SELECT string_agg(x::text, ',' ORDER BY x::text) FROM unnest(p.proacl) x)) FROM pg_proc p JOIN ours n ON n.oid = p.pronamespace
    UNION ALL SELECT format('trigger %s', pg_get_triggerdef(t.oid)) FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid JOIN ours n ON n.oid = c.relnamespace WHERE NOT t.tgisinternal
    UNION ALL SELECT format('table %s rights %s options %s', c.oid::regclass, (SELECT string_agg(x::text, ',' ORDER BY x::text) FROM unnest(c.relacl) x), c.reloptions)
      FROM pg_class c JOIN ours n ON n.oid = c.relnamespace WHERE c.relkind IN ('r', 'v', 'S')
    UNION ALL SELECT format('rights %s.%s %s', c.oid::regclass, a.attname, (SELECT string_agg(x::text, ',' ORDER BY x::text) FROM unnest(a.attacl) x))
      FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN ours n ON n.oid = c.relnamespace WHERE a.attacl IS NOT NULL
    ORDER BY 1`);
  return rows.map(({ line }) => line);
}
