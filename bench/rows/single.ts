import { newUuid, uuid5 } from '#kernel';
import { transferKinds } from '#ledger';
import type pg from 'pg';
import { connect, numbers, sideBySide } from '../clients.js';
import type { BenchRow } from '../row.js';
import { CLIENTS, ledgerWorld } from './ledger-world.js';
import { oneCallFloor } from './one-call-floor.js';
import { randomBytes } from 'node:crypto';

/** One posting a transaction, by the same bare client as the floor: what the function itself costs. 16 side by side. */
export const singlePosting: BenchRow = {
  name: 'single posting / one-call floor',
  unit: 'transfers',
  target: 0.4,
  gate: 'rate',
  async prepare(bench) {
    await ledgerWorld(bench);
    const floor = await oneCallFloor(bench, CLIENTS * 2);
    const clients = await connect(bench.url('staking'), 16);
    const pairs = await accountPairs(bench.adminUrl);
    const next = numbers(13);
    const [hash, reference, at] = [randomBytes(32), uuid5('bench'), new Date('2026-01-01T00:00:00.000Z').toISOString()];
    const one = async (client: pg.Client): Promise<number> => {
      const pair = pairs[next(pairs.length)];
      await client.query({
        name: 'post_one',
        text: 'SELECT status, debit_balance, credit_balance FROM ledger.post_one($1, $2, $3::smallint, $4, $5, $6, $7, $8)',
        values: [newUuid(), hash, transferKinds['stake.reserve'].code, pair?.debit, pair?.credit, 1, at, reference],
      });
      return 1;
    };
    return {
      ours: sideBySide(clients.all, one),
      floor: floor.contender,
      done: async () => {
        await clients.close();
        await floor.close();
      },
    };
  },
};

async function accountPairs(adminUrl: string): Promise<{ debit: string; credit: string }[]> {
  const admin = await connect(adminUrl, 1);
  try {
    const rows = await admin.all[0]?.query<{ debit: string; credit: string }>(
      'SELECT a.id AS debit, r.id AS credit FROM ledger.account a JOIN ledger.account r ON r.owner = a.owner AND r.kind = 2 WHERE a.kind = 1',
    );
    return rows?.rows ?? [];
  } finally {
    await admin.close();
  }
}
