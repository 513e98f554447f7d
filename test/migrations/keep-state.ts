/**
 * Keeps the state of the running exchange of this home as the one that later migrations start from: node dist/test/migrations/keep-state.js FOLDER.
 * Run it on a demo (npm start, one tour) of what was delivered: what it writes goes into the project. It holds a demo's data and no secret in clear.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import pg from 'pg';
import { withHomeDatabase } from '#runtime';
import { migrations } from '../../migrations/index.js';
import { stateOf } from './shipped-state.js';

const SCHEMAS = ['ledger', 'audit', 'delivery', 'reception', 'compliance', 'custody', 'signer', 'staking', 'rewards'];

async function main(): Promise<void> {
  const [target] = process.argv.slice(2);
  if (!target) throw new Error('say where: node dist/test/migrations/keep-state.js FOLDER');
  mkdirSync(target, { recursive: true });
  await withHomeDatabase(async (url) => {
    const client = new pg.Client({ connectionString: url });
    await client.connect();
    await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY');
    writeFileSync(join(target, 'state.json'), `${JSON.stringify(await stateOf(migrations), null, 2)}\n`);
    writeFileSync(join(target, 'data.jsonl.gz'), gzipSync(`${(await dump(client)).join('\n')}\n`, { level: 9 }));
    await client.end();
  });
}

async function dump(client: pg.Client): Promise<string[]> {
  const { rows: tables } = await client.query<{ name: string }>(
    `SELECT n.nspname || '.' || c.relname AS name FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.relkind = 'r' AND n.nspname = ANY ($1) ORDER BY 1`,
    [SCHEMAS],
  );
  const lines: string[] = [];
  for (const { name } of tables) {
    const { rows } = await client.query<{ row: string }>(`SELECT row_to_json(x)::text AS row FROM ${name} x`);
    if (rows.length > 0) lines.push(JSON.stringify({ table: name }), ...rows.map(({ row }) => row.replaceAll('\n', ' ')));
  }
  const { rows: sequences } = await client.query<{ sequence: string; value: string }>(
    `SELECT schemaname || '.' || sequencename AS sequence, last_value AS value FROM pg_sequences WHERE schemaname = ANY ($1) AND last_value IS NOT NULL`,
    [SCHEMAS],
  );
  return [...lines, ...sequences.map((sequence) => JSON.stringify(sequence))];
}

await main();
