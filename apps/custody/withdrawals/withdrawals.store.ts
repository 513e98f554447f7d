import type { EntityManager } from 'typeorm';
import { emit } from '#delivery';
import type { Position } from '#http';
import { accept, invariant } from '#kernel';
import { WithdrawalStateChanged } from '#messages';
import { writeHistory } from '../history.js';
import { moveWithdrawal, type WithdrawalEvent } from './withdrawal.js';
import { WithdrawalEntity } from './withdrawal.entity.js';

export async function insertWithdrawal(em: EntityManager, withdrawal: WithdrawalEntity): Promise<void> {
  await em.insert(WithdrawalEntity, withdrawal);
  await noted(em, withdrawal, `client:${withdrawal.clientId}`);
}

/** The withdrawal follows its transaction. */
export async function moveWithdrawalOf(
  em: EntityManager,
  operationId: string,
  event: WithdrawalEvent,
  change: { hash?: string; code?: string },
  at: Date,
): Promise<void> {
  const row = await em.findOne(WithdrawalEntity, { where: { id: operationId }, lock: { mode: 'pessimistic_write' } });
  invariant(row !== null, 'withdrawal.absent', { operationId });
  const state = accept(moveWithdrawal(row.state, event));
  const next = { ...row, ...change, state, version: row.version + 1, updatedAt: at };
  await em.update(WithdrawalEntity, { id: row.id }, { ...change, state, version: next.version, updatedAt: at });
  await noted(em, next, 'system');
}

async function noted(em: EntityManager, w: WithdrawalEntity, actor: string): Promise<void> {
  const step = { subject: 'withdrawal' as const, subjectId: w.id, version: w.version, state: w.state, at: w.updatedAt, actor };
  await writeHistory(em, [{ ...step, reason: w.code, transactionHash: w.hash }]);
  const payload = { operationId: w.id, clientId: w.clientId, state: w.state, asset: w.asset, amount: w.amount.toString() };
  await emit(em, WithdrawalStateChanged, { aggregate: w.id, payload: w.hash === null ? payload : { ...payload, transactionHash: w.hash } });
}

/** Only the client's own. */
export const withdrawalOfClient = (em: EntityManager, clientId: string, id: string): Promise<WithdrawalEntity | null> =>
  em.findOneBy(WithdrawalEntity, { id, clientId });

export function listWithdrawals(
  em: EntityManager,
  clientId: string,
  limit: number,
  before: Position | undefined,
): Promise<WithdrawalEntity[]> {
  const query = em.createQueryBuilder(WithdrawalEntity, 'w').where('w.clientId = :clientId', { clientId });
  if (before) query.andWhere('(w.createdAt, w.id) < (:at, :id)', { at: before.createdAt, id: before.id });
  return query.orderBy('w.createdAt', 'DESC').addOrderBy('w.id', 'DESC').limit(limit).getMany();
}
