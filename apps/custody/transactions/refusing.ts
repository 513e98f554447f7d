import type { EntityManager } from 'typeorm';
import { amount, invariant, uuid5, type Refusal } from '#kernel';
import { mustPost, type Posting } from '#ledger';
import { ofChain, ofClient } from '../accounts.js';
import { announce } from './announcer.js';
import type { TransactionEntity } from './transaction.entity.js';
import { moveRow } from './transactions.store.js';

/** It was never signed and never will be: whoever asked hears of it, and what was set aside goes back. The row is locked. */
export async function refuseTransaction(
  em: EntityManager,
  row: TransactionEntity,
  refusal: Pick<Refusal, 'code' | 'detail'>,
  at: Date,
): Promise<void> {
  const refused = await moveRow(em, row, 'refuse', { code: refusal.code, detail: refusal.detail }, at);
  await announce(em, refused, 'refuse', at);
  await mustPost(em, givingBack(row, at));
}

function givingBack(row: TransactionEntity, at: Date): Posting[] {
  const { chain, asset } = row;
  const postings: Posting[] = [];
  const cause = { effectiveAt: at, reference: row.id };
  if (row.reserved > 0n) {
    const [debit, credit] = [ofChain('trust.gas_reserved', chain, asset), ofChain('trust.gas_float', chain, asset)];
    postings.push({ key: uuid5('gas.release', row.id), kind: 'gas.release', debit, credit, amount: row.reserved, ...cause });
  }
  if (row.purpose === 'withdrawal') {
    invariant(row.clientId !== null && row.amount !== null, 'transaction.without_client', { id: row.id });
    const [debit, credit] = [ofClient('client.reserved', row.clientId, asset), ofClient('client.available', row.clientId, asset)];
    postings.push({
      key: uuid5('withdrawal.return', row.id),
      kind: 'withdrawal.return',
      debit,
      credit,
      amount: amount(row.amount),
      ...cause,
    });
  }
  return postings;
}
