import { In, type EntityManager } from 'typeorm';
import type { BlockRef } from '#chains';
import type { Position } from '#http';
import { accept, invariant, type Amount, type AssetCode } from '#kernel';
import { writeHistory } from '../history.js';
import { moveDeposit, type DepositEvent, type DepositState } from './deposit.js';
import { DepositEntity } from './deposit.entity.js';

/** A transfer to a deposit address, in a block. */
export interface Arrival {
  readonly depositId: string;
  readonly chain: string;
  readonly asset: AssetCode;
  readonly walletId: string;
  readonly clientId: string;
  readonly amount: Amount;
  readonly sender: string;
  readonly transactionHash: string;
  readonly block: BlockRef;
}

export async function insertDeposit(
  em: EntityManager,
  arrival: Arrival,
  state: Extract<DepositState, 'seen' | 'suspense'>,
  at: Date,
): Promise<DepositEntity> {
  const { depositId, block, ...rest } = arrival;
  const release = { releaseBasis: null, releaseReference: null, releaseStaff: null, releaseAttempts: 0 };
  const place = { blockNumber: block.number, blockHash: block.hash, blockTime: block.time };
  const row: DepositEntity = { id: depositId, ...rest, ...place, ...release, state, version: 1, createdAt: at, updatedAt: at };
  await em.insert(DepositEntity, row);
  await noted(em, row, 'system', null);
  return row;
}

/** Moves a locked row and writes its history. */
export async function moveDepositRow(
  em: EntityManager,
  row: DepositEntity,
  event: DepositEvent,
  change: Partial<
    Pick<
      DepositEntity,
      'blockNumber' | 'blockHash' | 'blockTime' | 'releaseBasis' | 'releaseReference' | 'releaseStaff' | 'releaseAttempts'
    >
  >,
  by: { at: Date; actor: string; reason?: string },
): Promise<DepositEntity> {
  const state = accept(moveDeposit(row.state, event));
  const next: DepositEntity = { ...row, ...change, state, version: row.version + 1, updatedAt: by.at };
  const updated = await em.update(
    DepositEntity,
    { id: row.id, version: row.version },
    { ...change, state, version: next.version, updatedAt: by.at },
  );
  invariant(updated.affected === 1, 'deposit.moved_meanwhile', { id: row.id });
  await noted(em, next, by.actor, by.reason ?? null);
  return next;
}

const noted = (em: EntityManager, d: DepositEntity, actor: string, reason: string | null): Promise<void> =>
  writeHistory(em, [
    {
      subject: 'deposit',
      subjectId: d.id,
      version: d.version,
      state: d.state,
      at: d.updatedAt,
      actor,
      reason,
      transactionHash: d.transactionHash,
    },
  ]);

export async function noteReleaseAttempt(em: EntityManager, row: DepositEntity): Promise<void> {
  await em.update(DepositEntity, { id: row.id }, { releaseAttempts: row.releaseAttempts + 1 });
}

export const lockDeposit = (em: EntityManager, id: string): Promise<DepositEntity | null> =>
  em.findOne(DepositEntity, { where: { id }, lock: { mode: 'pessimistic_write' } });

export async function lockDeposits(em: EntityManager, ids: readonly string[]): Promise<Map<string, DepositEntity>> {
  const rows = await em.find(DepositEntity, { where: { id: In([...ids]) }, order: { id: 'ASC' }, lock: { mode: 'pessimistic_write' } });
  return new Map(rows.map((row) => [row.id, row]));
}

/** Seen in blocks that may still vanish. */
export const lockSeen = (em: EntityManager, chain: string): Promise<DepositEntity[]> =>
  em.find(DepositEntity, { where: { chain, state: 'seen' }, order: { id: 'ASC' }, lock: { mode: 'pessimistic_write' } });

export const heldDeposits = (em: EntityManager): Promise<DepositEntity[]> =>
  em.find(DepositEntity, { where: { state: 'held' }, order: { createdAt: 'ASC' } });

/** Final but not cleared, at one address. */
export async function suspenseAt(em: EntityManager, walletId: string): Promise<bigint> {
  const [row]: { sum: string }[] = await em.query(
    `SELECT coalesce(sum(amount), 0)::text AS sum FROM custody.deposit WHERE wallet_id = $1 AND state IN ('suspense', 'held')`,
    [walletId],
  );
  return BigInt(row?.sum ?? '0');
}

/** Only the client's own. */
export const depositOfClient = (em: EntityManager, clientId: string, id: string): Promise<DepositEntity | null> =>
  em.findOneBy(DepositEntity, { id, clientId });

export function listDeposits(em: EntityManager, clientId: string, limit: number, before: Position | undefined): Promise<DepositEntity[]> {
  const query = em.createQueryBuilder(DepositEntity, 'd').where('d.clientId = :clientId', { clientId });
  if (before) query.andWhere('(d.createdAt, d.id) < (:at, :id)', { at: before.createdAt, id: before.id });
  return query.orderBy('d.createdAt', 'DESC').addOrderBy('d.id', 'DESC').limit(limit).getMany();
}

export async function depositCounts(em: EntityManager, chain: string): Promise<Record<string, number>> {
  const rows: { state: string; n: number }[] = await em.query(
    'SELECT state, count(*)::int AS n FROM custody.deposit WHERE chain = $1 GROUP BY 1',
    [chain],
  );
  return Object.fromEntries(rows.map((r) => [r.state, r.n]));
}
