/** What the database says of a posting, and the outcome of a key known from before. */
import { InvariantBroken } from '#kernel';
import type { EntityManager } from 'typeorm';
import type { PostingOutcome, RefusalReason } from './ledger.js';

export interface StoredOutcome {
  readonly status: number;
  readonly debit_balance: string | null;
  readonly credit_balance: string | null;
}

const reasons: Readonly<Record<number, RefusalReason>> = {
  1: 'conflict',
  2: 'insufficient',
  3: 'invalid',
  4: 'held',
  5: 'forbidden',
  6: 'group',
};

export function outcomeFrom(row: StoredOutcome | undefined): PostingOutcome {
  if (row?.status === 0 && row.debit_balance !== null && row.credit_balance !== null) {
    return { status: 'posted', debitBalance: BigInt(row.debit_balance), creditBalance: BigInt(row.credit_balance) };
  }
  const reason = row && reasons[row.status];
  if (!reason) throw new InvariantBroken('ledger.unknown_status', { status: row?.status });
  return { status: 'refused', reason };
}

/** The stored outcome of an idempotency key (balances are those just after it), or null: never decided. */
export async function outcomeOf(em: EntityManager, key: string): Promise<PostingOutcome | null> {
  const rows: StoredOutcome[] = await em.query('SELECT status, debit_balance, credit_balance FROM ledger.outcome_of($1::uuid)', [key]);
  return rows[0] ? outcomeFrom(rows[0]) : null;
}
