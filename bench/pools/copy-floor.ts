/**
 * COPY N + UPDATE N: what it costs to write N rows and to change N rows, with nothing that a ledger is. `plain`: rows of a key, an account, an amount, a balance
 * and a time, with one index. `alike`: the very rows that the ledger keeps of N transfers, with the indexes it has.
 */
import { join } from 'node:path';
import { newUuid } from '#kernel';
import { connect } from '../clients.js';
import type { Bench } from '../row.js';

export type Floor = 'plain' | 'alike';

export interface CopyFloor {
  /** Once: N rows copied, N changed, one transaction. */
  once(): Promise<void>;
  done(): Promise<void>;
}

const columns: Record<Floor, string> = {
  plain: 'id uuid PRIMARY KEY, account bigint NOT NULL, amount numeric NOT NULL, balance numeric NOT NULL, at timestamptz NOT NULL',
  alike: 'LIKE ledger.decision INCLUDING ALL',
};
const rowsOf: Record<Floor, (n: number) => string> = {
  plain: (n) => `SELECT gen_random_uuid(), i, 123456789012345678, 9876543210987654321, now() FROM generate_series(1, ${n}) i`,
  alike: (n) =>
    `SELECT 1, 7, i, i, 1, now(), i, 0, gen_random_uuid(), '${newUuid()}'::uuid, 0, 57, 1, 123456789012345678, 9876543210987654321, 9876543210987654321, sha256(int8send(i)) FROM generate_series(1, ${n}) i`,
};

/** The server reads and writes the file itself: it is on this machine, and this is its owner. */
export async function copyFloor(bench: Bench, floor: Floor, n: number): Promise<CopyFloor> {
  const name = `${floor}_${n}`;
  const [where] = await bench.rows<{ directory: string }>(`SELECT current_setting('data_directory') AS directory`);
  const file = join(where?.directory ?? '', `bench-${name}.copy`);
  await bench.rows('CREATE SCHEMA IF NOT EXISTS bench');
  await bench.rows(`CREATE TABLE IF NOT EXISTS bench.entry_${name} (${columns[floor]})`);
  await bench.rows(
    `CREATE TABLE IF NOT EXISTS bench.held_${name} (id bigint PRIMARY KEY, version bigint NOT NULL, balance numeric NOT NULL) WITH (fillfactor = 70)`,
  );
  await bench.rows(`INSERT INTO bench.held_${name} SELECT i, 0, 0 FROM generate_series(1, ${n}) i ON CONFLICT DO NOTHING`);
  await bench.rows(`VACUUM ANALYZE bench.held_${name}`);
  await bench.rows(`COPY (${rowsOf[floor](n)}) TO '${file}'`);
  const client = await connect(bench.adminUrl, 1);
  const run = async (sql: string): Promise<void> => void (await client.all[0]?.query(sql));
  return {
    once: async () => {
      await run('BEGIN');
      await run(`COPY bench.entry_${name} FROM '${file}'`);
      await run(`UPDATE bench.held_${name} SET balance = balance + 123456789012345678, version = version + 1`);
      await run('COMMIT');
      // so that its rows are new again the next time; a table is emptied in no time
      await run(`TRUNCATE bench.entry_${name}`);
    },
    done: async () => {
      await client.close();
      await bench.rows(`COPY (SELECT 1 WHERE false) TO '${file}'`);
      await bench.rows(`DROP TABLE bench.entry_${name}, bench.held_${name}`);
    },
  };
}
