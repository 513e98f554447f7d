// Alters one column of one row at a time, as a superuser without triggers could, asks for verification, and puts it back.
import pg from 'pg';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** One step away from what is there, by type. */
const ALTERED = {
  smallint: (c) => `coalesce(${c}, 0) + 1000`,
  integer: (c) => `coalesce(${c}, 0) + 1000`,
  bigint: (c) => `coalesce(${c}, 0) + 1000000`,
  numeric: (c) => `coalesce(${c}, 0) + 1`,
  text: (c) => `coalesce(${c}, '') || 'x'`,
  name: (c) => `(${c} || 'x')::name`,
  uuid: () => 'gen_random_uuid()',
  bytea: (c) => `CASE WHEN length(${c}) = 0 THEN '\\x00'::bytea ELSE set_byte(${c}, 0, (get_byte(${c}, 0) + 1) % 256) END`,
  boolean: (c) => `NOT ${c}`,
  xid8: (c) => `(${c}::text::numeric + 1)::text::xid8`,
  'timestamp with time zone': (c) => `${c} + interval '1 microsecond'`,
};

export async function alterEveryColumn(place, verify) {
  const { databaseUrl } = JSON.parse(readFileSync(join(place.dir, '.bailee/running.json'), 'utf8'));
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  const unseen = [];
  let found = 0;
  try {
    await client.query('SET session_replication_role = replica');
    const { rows } =
      await client.query(`SELECT c.table_name AS "table", c.column_name AS "column", c.data_type AS type FROM information_schema.columns c
      JOIN information_schema.tables t USING (table_schema, table_name) WHERE table_schema = 'ledger' AND t.table_type = 'BASE TABLE' ORDER BY 1, c.ordinal_position`);
    for (const { table, column, type } of rows) {
      const where = await oneRow(client, table);
      if (!where) continue;
      const before = (await client.query(`SELECT ${column}::text AS was FROM ledger.${table} WHERE ctid = $1`, [where])).rows[0].was;
      const change = ALTERED[type];
      if (!change) throw new Error(`no way to alter ${table}.${column} of type ${type}`);
      let at;
      try {
        at = (await client.query(`UPDATE ledger.${table} SET ${column} = ${change(column)} WHERE ctid = $1 RETURNING ctid`, [where]))
          .rows[0]?.ctid;
      } catch {
        found++; // the database itself refused such a row
        continue;
      }
      if ((await verify()) === 1) found++;
      else unseen.push(`${table}.${column}`);
      await client.query(`UPDATE ledger.${table} SET ${column} = $2::text::${type} WHERE ctid = $1`, [at, before]);
    }
  } finally {
    await client.end();
  }
  if ((await verify()) !== 0) unseen.push('(the ledger does not verify after everything was put back)');
  return { unseen, found };
}

async function oneRow(client, table) {
  const { rows } = await client.query(
    `SELECT ctid FROM ledger.${table} ORDER BY ctid OFFSET (SELECT count(*) / 2 FROM ledger.${table}) LIMIT 1`,
  );
  return rows[0]?.ctid ?? null;
}
