import type { EntityManager } from 'typeorm';
import { emit } from '#delivery';
import { invariant } from '#kernel';
import { TransactionFinalised, TransactionRefused, TransactionSigned } from '#messages';
import { moveReturnOf } from '../unattributed/unattributed.store.js';
import type { WithdrawalEvent } from '../withdrawals/withdrawal.js';
import { moveWithdrawalOf } from '../withdrawals/withdrawals.store.js';
import { requestedByStaking, type TransactionEvent } from './transaction.js';
import type { TransactionEntity } from './transaction.entity.js';

/** Tells whoever asked for a transaction what became of it, in the transaction in which it became so. */
export async function announce(em: EntityManager, row: TransactionEntity, event: TransactionEvent, at: Date): Promise<void> {
  if (requestedByStaking(row.purpose)) await tellStaking(em, row, event);
  else if (row.purpose === 'withdrawal') await tellWithdrawal(em, row, event, at);
  else if (row.purpose === 'fund_return') await tellReturn(em, row, event, at);
}

async function tellStaking(em: EntityManager, row: TransactionEntity, event: TransactionEvent): Promise<void> {
  const { requestId, purpose } = row;
  if (event === 'refuse') {
    const payload = { requestId, purpose, code: row.code ?? 'transaction.refused', detail: row.detail ?? '' };
    return emit(em, TransactionRefused, { aggregate: requestId, payload });
  }
  const step = (): { requestId: string; transactionId: string; purpose: typeof purpose; transactionHash: string } => {
    invariant(row.hash !== null, 'transaction.without_hash', { id: row.id });
    return { requestId, transactionId: row.id, purpose, transactionHash: row.hash };
  };
  if (event === 'sign') return emit(em, TransactionSigned, { aggregate: requestId, payload: step() });
  if (event === 'finalise' || event === 'revert') {
    const payload = { ...step(), blockNumber: String(row.blockNumber), succeeded: event === 'finalise' };
    return emit(em, TransactionFinalised, { aggregate: requestId, payload });
  }
}

const withdrawalEvents: Partial<Record<TransactionEvent, WithdrawalEvent>> = {
  sign: 'sign',
  broadcast: 'broadcast',
  include: 'include',
  displace: 'displace',
  finalise: 'settle',
  revert: 'return',
  refuse: 'return',
};

async function tellWithdrawal(em: EntityManager, row: TransactionEntity, event: TransactionEvent, at: Date): Promise<void> {
  const told = withdrawalEvents[event];
  if (told === undefined) return;
  const code = told === 'return' ? { code: event === 'revert' ? 'withdrawal.reverted' : (row.code ?? 'transaction.refused') } : {};
  await moveWithdrawalOf(em, row.requestId, told, { ...(row.hash === null ? {} : { hash: row.hash }), ...code }, at);
}

/** Money that nobody could be credited for has gone back where it came from; or has not, and is open again. */
async function tellReturn(em: EntityManager, row: TransactionEntity, event: TransactionEvent, at: Date): Promise<void> {
  if (event === 'finalise') return moveReturnOf(em, row.id, 'settle', at);
  if (event === 'revert' || event === 'refuse') return moveReturnOf(em, row.id, 'fail', at);
}
