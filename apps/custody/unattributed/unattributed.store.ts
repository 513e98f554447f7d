import type { EntityManager } from 'typeorm';
import type { Position } from '#http';
import { accept, invariant } from '#kernel';
import { writeHistory } from '../history.js';
import { moveUnattributed, type UnattributedEvent } from './unattributed.js';
import { UnattributedEntity } from './unattributed.entity.js';

export type Found = Omit<
  UnattributedEntity,
  'state' | 'proposal' | 'proposedBy' | 'decidedBy' | 'transactionId' | 'version' | 'createdAt' | 'updatedAt'
>;

export async function insertUnattributed(em: EntityManager, found: Found, at: Date): Promise<UnattributedEntity> {
  const undecided = { state: 'open' as const, proposal: null, proposedBy: null, decidedBy: null, transactionId: null };
  const row: UnattributedEntity = { ...found, ...undecided, version: 1, createdAt: at, updatedAt: at };
  await em.insert(UnattributedEntity, row);
  await noted(em, row, 'system', found.cause);
  return row;
}

export type UnattributedChange = Partial<Pick<UnattributedEntity, 'proposal' | 'proposedBy' | 'decidedBy' | 'transactionId'>>;

/** Moves a locked row and writes its history. */
export async function moveUnattributedRow(
  em: EntityManager,
  row: UnattributedEntity,
  event: UnattributedEvent,
  change: UnattributedChange,
  by: { at: Date; actor: string; reason: string },
): Promise<UnattributedEntity> {
  const state = accept(moveUnattributed(row.state, event));
  const next = { ...row, ...change, state, version: row.version + 1, updatedAt: by.at };
  const updated = await em.update(
    UnattributedEntity,
    { id: row.id, version: row.version },
    { ...change, state, version: next.version, updatedAt: by.at },
  );
  invariant(updated.affected === 1, 'unattributed.moved_meanwhile', { id: row.id });
  await noted(em, next, by.actor, by.reason);
  return next;
}

/** The transaction that sends it back has come to its end. */
export async function moveReturnOf(em: EntityManager, transactionId: string, event: 'settle' | 'fail', at: Date): Promise<void> {
  const row = await em.findOne(UnattributedEntity, { where: { transactionId }, lock: { mode: 'pessimistic_write' } });
  invariant(row !== null, 'unattributed.absent', { transactionId });
  const change = event === 'fail' ? { proposal: null, proposedBy: null, decidedBy: null, transactionId: null } : {};
  await moveUnattributedRow(em, row, event, change, { at, actor: 'system', reason: `transaction ${transactionId}` });
}

const noted = (em: EntityManager, row: UnattributedEntity, actor: string, reason: string): Promise<void> =>
  writeHistory(em, [
    { subject: 'unattributed', subjectId: row.id, version: row.version, state: row.state, at: row.updatedAt, actor, reason },
  ]);

export const lockUnattributed = (em: EntityManager, id: string): Promise<UnattributedEntity | null> =>
  em.findOne(UnattributedEntity, { where: { id }, lock: { mode: 'pessimistic_write' } });
export const unattributedById = (em: EntityManager, id: string): Promise<UnattributedEntity | null> =>
  em.findOneBy(UnattributedEntity, { id });

/** What the books must hold for nobody, by this register. */
export async function unattributedSum(em: EntityManager, chain: string): Promise<{ sum: bigint; count: number }> {
  const [row]: { sum: string; count: number }[] = await em.query(
    `SELECT coalesce(sum(amount), 0)::text AS sum, count(*)::int AS count FROM custody.unattributed
      WHERE chain = $1 AND state NOT IN ('attributed', 'returned')`,
    [chain],
  );
  return { sum: BigInt(row?.sum ?? 0), count: row?.count ?? 0 };
}

export async function knownIds(em: EntityManager, ids: readonly string[]): Promise<Set<string>> {
  const rows: { id: string }[] = await em.query('SELECT id FROM custody.unattributed WHERE id = ANY ($1)', [ids]);
  return new Set(rows.map((row) => row.id));
}

export function listUnattributed(
  em: EntityManager,
  { state, to }: { readonly state?: string | undefined; readonly to?: string | undefined },
  limit: number,
  before: Position | undefined,
): Promise<UnattributedEntity[]> {
  const query = em.createQueryBuilder(UnattributedEntity, 'u').where('true');
  if (state !== undefined) query.andWhere('u.state = :state', { state });
  if (to !== undefined) query.andWhere(`u.proposal ->> 'to' = :to`, { to });
  if (before) query.andWhere('(u.createdAt, u.id) < (:at, :id)', { at: before.createdAt, id: before.id });
  return query.orderBy('u.createdAt', 'DESC').addOrderBy('u.id', 'DESC').limit(limit).getMany();
}
