import { In, type EntityManager } from 'typeorm';
import type { FeeQuote } from '#chains';
import { invariant } from '#kernel';
import { AttemptEntity } from './attempt.entity.js';
import { TransactionEntity } from './transaction.entity.js';

export interface AskedAttempt {
  readonly transactionId: string;
  readonly number: number;
  readonly chain: string;
  readonly signatureId: string;
  readonly unsigned: string;
  readonly fee: FeeQuote;
  readonly headNumber: bigint;
  readonly at: Date;
}

export async function insertAttempt(em: EntityManager, { fee, at, ...asked }: AskedAttempt): Promise<void> {
  const open = { state: 'asked' as const, signed: null, hash: null, code: null, detail: null, answeredAt: null };
  await em.insert(AttemptEntity, { ...asked, ...fee, ...open, createdAt: at });
}

/** The signer's answer, once. */
export async function answerAttempt(
  em: EntityManager,
  { transactionId, number }: AttemptEntity,
  answer: Pick<AttemptEntity, 'state'> & Partial<Pick<AttemptEntity, 'signed' | 'hash' | 'code' | 'detail'>>,
  at: Date,
): Promise<void> {
  const updated = await em.update(AttemptEntity, { transactionId, number, state: 'asked' }, { ...answer, answeredAt: at });
  invariant(updated.affected === 1, 'attempt.answered_twice', { transactionId, number });
}

export const attemptBySignature = (em: EntityManager, signatureId: string): Promise<AttemptEntity | null> =>
  em.findOneBy(AttemptEntity, { signatureId });

/** Attempts of several transactions, the oldest first. */
export async function attemptsOf(em: EntityManager, ids: readonly string[]): Promise<Map<string, AttemptEntity[]>> {
  const found = new Map<string, AttemptEntity[]>(ids.map((id) => [id, []]));
  if (ids.length === 0) return found;
  const rows = await em.find(AttemptEntity, { where: { transactionId: In([...ids]) }, order: { transactionId: 'ASC', number: 'ASC' } });
  for (const row of rows) found.get(row.transactionId)?.push(row);
  return found;
}

/** Transactions of ours by any hash that was ever signed for them, locked in one order. */
export async function lockByHashes(em: EntityManager, chain: string, hashes: readonly string[]): Promise<Map<string, TransactionEntity>> {
  if (hashes.length === 0) return new Map();
  const signed = await em.findBy(AttemptEntity, { chain, hash: In([...hashes]) });
  const ids = [...new Set(signed.map((attempt) => attempt.transactionId))];
  const rows = await em.find(TransactionEntity, { where: { id: In(ids) }, order: { id: 'ASC' }, lock: { mode: 'pessimistic_write' } });
  const byId = new Map(rows.map((row) => [row.id, row]));
  return new Map(
    signed.flatMap(({ hash, transactionId }) => {
      const row = byId.get(transactionId);
      return hash !== null && row ? [[hash, row] as const] : [];
    }),
  );
}
