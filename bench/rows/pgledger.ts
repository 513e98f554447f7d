import { readFileSync } from 'node:fs';
import type pg from 'pg';
import { post } from '#ledger';
import { environment } from '#runtime';
import { connect, numbers, sideBySide } from '../clients.js';
import type { Bench, BenchRow, Contender } from '../row.js';
import { CLIENTS, ledgerWorld } from './ledger-world.js';
import { barePostings } from './single.js';

/** The SQL of the closest open PostgreSQL ledger, by its path: none of it is in this project. Its rows run only where it is given. */
const sqlPath = environment()['PGLEDGER_SQL'];
const BATCH = 100;

let installed: Promise<readonly string[]> | undefined;

/** In the bench's own database, with as many accounts as our ledger has. */
const install = (bench: Bench): Promise<readonly string[]> =>
  (installed ??= (async () => {
    const admin = await connect(bench.adminUrl, 1);
    try {
      const [client] = admin.all;
      await client?.query(readFileSync(sqlPath ?? '', 'utf8'));
      await client?.query(`SELECT count(*) FROM generate_series(1, $1::int) i, LATERAL pgledger_create_account('bench ' || i, 'ETH') a`, [
        CLIENTS * 2,
      ]);
      await client?.query('VACUUM ANALYZE pgledger_accounts');
      const accounts = await client?.query<{ id: string }>('SELECT id FROM pgledger_accounts ORDER BY id');
      return (accounts?.rows ?? []).map(({ id }) => id);
    } finally {
      await admin.close();
    }
  })());

/** `size` transfers a call; `hot`: every credit into one account. */
async function theirs(bench: Bench, size: number, hot: boolean): Promise<{ contender: Contender; close: () => Promise<void> }> {
  const accounts = await install(bench);
  const clients = await connect(bench.adminUrl, size === 1 ? 16 : 4);
  const next = numbers(31);
  const call = async (client: pg.Client): Promise<number> => {
    const rows = Array.from({ length: size }, () => {
      const from = 1 + next(accounts.length - 1);
      const to = hot ? 0 : (from + 1 + next(accounts.length - 1)) % accounts.length;
      return `(${accounts[from] ?? ''},${accounts[to] ?? ''},1)`;
    });
    await client.query({ name: 'theirs', text: 'SELECT count(*) FROM pgledger_create_transfers($1::transfer_request[])', values: [rows] });
    return size;
  };
  return { contender: sideBySide(clients.all, call), close: () => clients.close() };
}

/** A room's batches; singles by a bare client, as theirs are. */
async function ours(bench: Bench, size: number, hot: boolean): Promise<{ contender: Contender; close: () => Promise<void> }> {
  if (size === 1) return barePostings(bench, hot ? 'hot' : 'random');
  const world = await ledgerWorld(bench);
  const wallet = world.randomWallet();
  const batch = async (): Promise<number> => {
    const postings = Array.from({ length: size }, () => (hot ? world.deposit(wallet) : world.reserve()));
    return (await (hot ? world.custody : world.staking).run((em) => post(em, postings))).length;
  };
  return { contender: sideBySide([1, 2, 3, 4], batch), close: () => Promise.resolve() };
}

const row = (what: string, target: number, sizes: { ours: number; theirs: number }, hot: boolean): BenchRow => ({
  name: `${what} / pgledger, ${hot ? 'one hot account' : 'random accounts'}`,
  unit: 'transfers',
  target,
  gate: 'rate',
  async prepare(bench) {
    const floor = await theirs(bench, sizes.theirs, hot);
    const our = await ours(bench, sizes.ours, hot);
    return {
      ours: our.contender,
      floor: floor.contender,
      done: async () => {
        await our.close();
        await floor.close();
      },
    };
  },
});

/** Only where PGLEDGER_SQL names its file. */
export const againstPgledger: readonly BenchRow[] =
  sqlPath === undefined
    ? []
    : [false, true].flatMap((hot) => [
        row('batch of 100 to its batch call', 5, { ours: BATCH, theirs: BATCH }, hot),
        row('batch of 100 to its single calls', hot ? 50 : 15, { ours: BATCH, theirs: 1 }, hot),
        row('single posting to its single calls', 3, { ours: 1, theirs: 1 }, hot),
      ]);
