import { DataSource, EntitySchema, In } from 'typeorm';
import { newUuid } from '#kernel';
import { mustPost, post } from '#ledger';
import { numbers, sideBySide } from '../clients.js';
import type { Bench, BenchRow, Contender } from '../row.js';
import { CLIENTS, ledgerWorld } from './ledger-world.js';

interface Account {
  id: number;
  balance: string;
}
interface LedgerEntry {
  id: string;
  account: number;
  amount: string;
  balance: string;
  transfer: string;
}
const Accounts = new EntitySchema<Account>({
  name: 'usual_account',
  schema: 'bench',
  columns: { id: { type: 'int', primary: true }, balance: { type: 'numeric' } },
});
const Entries = new EntitySchema<LedgerEntry>({
  name: 'usual_entry',
  schema: 'bench',
  columns: {
    id: { type: 'bigint', primary: true, generated: 'increment' },
    account: { type: 'int' },
    amount: { type: 'numeric' },
    balance: { type: 'numeric' },
    transfer: { type: 'uuid' },
  },
  indices: [{ columns: ['account', 'id'] }],
});

/**
 * The usual way: a transaction a transfer through the ORM. Two balances are read under lock (lower account first, or it would deadlock), changed
 * in memory and saved, and two entries inserted; 16 side by side. No idempotency key, no chart, no holds, no digest.
 */
async function usualWay(bench: Bench): Promise<{ contender: Contender; close: () => Promise<void> }> {
  const source = await new DataSource({ type: 'postgres', url: bench.adminUrl, entities: [Accounts, Entries], poolSize: 16 }).initialize();
  await source.query('CREATE SCHEMA IF NOT EXISTS bench');
  await source.synchronize();
  const accounts = CLIENTS * 2;
  await source.query('INSERT INTO bench.usual_account SELECT i, 1000000000 FROM generate_series(1, $1::int) i ON CONFLICT DO NOTHING', [
    accounts,
  ]);
  await source.query('VACUUM ANALYZE bench.usual_account');
  const next = numbers(29);
  const transfer = async (): Promise<number> => {
    const debit = 1 + next(accounts);
    const credit = 1 + ((debit + next(accounts - 1)) % accounts);
    await source.transaction(async (em) => {
      const both = await em.find(Accounts, {
        where: { id: In([debit, credit]) },
        order: { id: 'ASC' },
        lock: { mode: 'pessimistic_write' },
      });
      const id = newUuid();
      for (const account of both) account.balance = (BigInt(account.balance) + (account.id === debit ? -1n : 1n)).toString();
      await em.save(Accounts, both);
      await em.insert(
        Entries,
        both.map((account) => ({ account: account.id, amount: account.id === debit ? '-1' : '1', balance: account.balance, transfer: id })),
      );
    });
    return 1;
  };
  return { contender: sideBySide(Array.from({ length: 16 }), transfer), close: () => source.destroy() };
}

const against = (name: string, target: number, ours: (bench: Bench) => Promise<Contender>): BenchRow => ({
  name,
  unit: 'transfers',
  target,
  gate: 'rate',
  async prepare(bench) {
    const floor = await usualWay(bench);
    return { ours: await ours(bench), floor: floor.contender, done: floor.close };
  },
});

/** A room's batch of 100 against it. */
export const batchAgainstUsual = against('batch of 100 / a transaction a transfer through the ORM', 10, async (bench) => {
  const world = await ledgerWorld(bench);
  const batch = async (): Promise<number> => {
    const postings = Array.from({ length: 100 }, () => world.reserve());
    return (await world.staking.run((em) => post(em, postings))).length;
  };
  return sideBySide([1, 2, 3, 4], batch);
});

/** A room's transaction with one posting against it: what all invariants cost whoever does not batch. */
export const singleAgainstUsual = against('single posting of a room / a transaction a transfer through the ORM', 1, async (bench) => {
  const world = await ledgerWorld(bench);
  const one = async (): Promise<number> => {
    await world.staking.run((em) => mustPost(em, [world.reserve()]));
    return 1;
  };
  return sideBySide(Array.from({ length: 16 }), one);
});
