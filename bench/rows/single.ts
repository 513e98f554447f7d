import { randomBytes } from 'node:crypto';
import type pg from 'pg';
import { newUuid, uuid5 } from '#kernel';
import { transferKinds, type TransferKindName } from '#ledger';
import { connect, numbers, sideBySide } from '../clients.js';
import type { Bench, BenchRow, Contender } from '../row.js';
import { CLIENTS, ledgerWorld } from './ledger-world.js';
import { oneCallFloor } from './one-call-floor.js';

/** One posting a transaction, by the same bare client as the floor: what the function itself costs. 16 side by side. */
export const singlePosting: BenchRow = {
  name: 'single posting / one-call floor',
  unit: 'transfers',
  target: 0.4,
  gate: 'rate',
  async prepare(bench) {
    const floor = await oneCallFloor(bench, CLIENTS * 2);
    const ours = await barePostings(bench, 'random');
    return {
      ours: ours.contender,
      floor: floor.contender,
      done: async () => {
        await ours.close();
        await floor.close();
      },
    };
  },
};

/** `ledger.post_one` by bare clients: random pairs of one client's accounts, or every debit at one wallet. */
export async function barePostings(
  bench: Bench,
  accounts: 'random' | 'hot',
): Promise<{ contender: Contender; close: () => Promise<void> }> {
  await ledgerWorld(bench);
  const { room, kind, pairs } =
    accounts === 'random'
      ? { room: 'staking', kind: 'stake.reserve' as TransferKindName, pairs: await bench.rows<Pair>(RANDOM) }
      : { room: 'custody', kind: 'deposit.receive' as TransferKindName, pairs: await bench.rows<Pair>(HOT) };
  const clients = await connect(bench.url(room), 16);
  const next = numbers(13);
  const [hash, reference, at] = [randomBytes(32), uuid5('bench'), new Date('2026-01-01T00:00:00.000Z').toISOString()];
  const one = async (client: pg.Client): Promise<number> => {
    const pair = pairs[next(pairs.length)];
    await client.query({
      name: 'post_one',
      text: 'SELECT status, debit_balance, credit_balance FROM ledger.post_one($1, $2, $3::smallint, $4, $5, $6, $7, $8)',
      values: [newUuid(), hash, transferKinds[kind].code, pair?.debit, pair?.credit, 1, at, reference],
    });
    return 1;
  };
  return { contender: sideBySide(clients.all, one), close: () => clients.close() };
}

interface Pair {
  readonly debit: string;
  readonly credit: string;
}
const RANDOM =
  'SELECT a.id AS debit, r.id AS credit FROM ledger.account a JOIN ledger.account r ON r.owner = a.owner AND r.kind = 2 WHERE a.kind = 1';
const HOT = `SELECT (SELECT min(w.id) FROM ledger.account w WHERE w.kind = 30) AS debit, a.id AS credit FROM ledger.account a WHERE a.kind = 6`;
