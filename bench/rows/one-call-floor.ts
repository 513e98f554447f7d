/**
 * The one-call floor: what any ledger must at least do for a transfer. A plain function moves two balances (lower account first) and inserts one row; a bare client
 * calls it, 16 side by side, one transaction a call. No idempotency key, no chart, no holds, no digest.
 */
import type pg from 'pg';
import { connect, numbers, sideBySide } from '../clients.js';
import type { Bench, Contender } from '../row.js';

const SETUP = `
  CREATE SCHEMA IF NOT EXISTS bench;
  CREATE TABLE IF NOT EXISTS bench.account(id bigint PRIMARY KEY, balance numeric NOT NULL) WITH (fillfactor = 70);
  CREATE TABLE IF NOT EXISTS bench.transfer(
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, debit bigint NOT NULL, credit bigint NOT NULL, amount numeric NOT NULL, at timestamptz NOT NULL DEFAULT now());
  CREATE OR REPLACE FUNCTION bench.transfer(p_debit bigint, p_credit bigint, p_amount numeric) RETURNS void LANGUAGE plpgsql AS $$
  BEGIN
    IF p_debit < p_credit THEN
      UPDATE bench.account SET balance = balance - p_amount WHERE id = p_debit;
      UPDATE bench.account SET balance = balance + p_amount WHERE id = p_credit;
    ELSE
      UPDATE bench.account SET balance = balance + p_amount WHERE id = p_credit;
      UPDATE bench.account SET balance = balance - p_amount WHERE id = p_debit;
    END IF;
    INSERT INTO bench.transfer(debit, credit, amount) VALUES (p_debit, p_credit, p_amount);
  END $$;
`;

export async function oneCallFloor(bench: Bench, accounts: number): Promise<{ contender: Contender; close: () => Promise<void> }> {
  const clients = await connect(bench.adminUrl, 16);
  await clients.all[0]?.query(SETUP);
  await clients.all[0]?.query('INSERT INTO bench.account SELECT i, 1000000000 FROM generate_series(1, $1) i ON CONFLICT DO NOTHING', [
    accounts,
  ]);
  await clients.all[0]?.query('VACUUM ANALYZE bench.account');
  const next = numbers(7);
  const call = async (client: pg.Client): Promise<number> => {
    const debit = 1 + next(accounts);
    const credit = 1 + ((debit + next(accounts - 1)) % accounts);
    await client.query({ name: 'floor', text: 'SELECT bench.transfer($1, $2, $3)', values: [debit, credit, 1] });
    return 1;
  };
  return { contender: sideBySide(clients.all, call), close: () => clients.close() };
}
