import { In, type EntityManager } from 'typeorm';
import type { Position } from '#http';
import { accept, invariant, newUuid, ZERO, type Amount, type AssetCode } from '#kernel';
import type { DepositDataV1, Purpose } from '#messages';
import { writeHistory } from '../history.js';
import {
  committedStates,
  launchedStates,
  moveTransaction,
  unbuiltStates,
  type TransactionEvent,
  type TransactionState,
} from './transaction.js';
import { TransactionEntity } from './transaction.entity.js';

const openStates = [...unbuiltStates, ...committedStates];

/** The wish: what shall happen and why. Everything else is decided when it is built. */
export interface Intention {
  readonly requestId: string;
  readonly chain: string;
  readonly asset: AssetCode;
  readonly purpose: Purpose;
  readonly fromWalletId: string;
  readonly toWalletId?: string;
  readonly toAddress?: string;
  readonly amount?: Amount;
  readonly clientId?: string;
  readonly poolId?: string;
  readonly pubkey?: string;
  readonly targetPubkey?: string | undefined;
  readonly deposit?: DepositDataV1;
}

/** Null when this request is known already: asking twice is one transaction. */
export async function insertIntention(em: EntityManager, intention: Intention, at: Date, actor: string): Promise<string | null> {
  const id = newUuid();
  const {
    toWalletId = null,
    toAddress = null,
    amount = null,
    clientId = null,
    poolId = null,
    pubkey = null,
    targetPubkey = null,
    deposit = null,
    ...rest
  } = intention;
  const row = { ...rest, id, state: 'requested' as const, toWalletId, toAddress, amount, clientId, poolId, pubkey, targetPubkey, deposit };
  const inserted = await em
    .createQueryBuilder()
    .insert()
    .into(TransactionEntity)
    .values({ ...row, reserved: ZERO, attempts: 0, version: 1, createdAt: at, updatedAt: at })
    .orIgnore()
    .returning('id')
    .execute();
  if ((inserted.raw as unknown[]).length === 0) return null;
  await writeHistory(em, [{ subject: 'transaction', subjectId: id, version: 1, state: 'requested', at, actor, reason: intention.purpose }]);
  return id;
}

/** What a move may bring along. */
export type TransactionChange = Partial<
  Pick<
    TransactionEntity,
    | 'code'
    | 'detail'
    | 'target'
    | 'value'
    | 'data'
    | 'nonce'
    | 'worstCost'
    | 'reserved'
    | 'lacks'
    | 'unsigned'
    | 'signatureId'
    | 'signed'
    | 'hash'
    | 'blockNumber'
    | 'gasCost'
  >
>;

/** Moves a locked row and writes its history; answers the row as it is now. */
export async function moveRow(
  em: EntityManager,
  row: TransactionEntity,
  event: TransactionEvent,
  change: TransactionChange,
  at: Date,
): Promise<TransactionEntity> {
  const state = accept(moveTransaction(row.state, event));
  const next = { ...row, code: null, detail: null, ...change, state, version: row.version + 1, updatedAt: at };
  const { id, version, updatedAt, code, detail } = next;
  const updated = await em.update(TransactionEntity, { id, version: row.version }, { ...change, code, detail, state, version, updatedAt });
  invariant(updated.affected === 1, 'transaction.moved_meanwhile', { id });
  await writeHistory(em, [
    { subject: 'transaction', subjectId: id, version, state, at, actor: 'system', reason: code, transactionHash: next.hash },
  ]);
  return next;
}

/** Changes a locked row that stays in its state, and writes down why. */
export async function amendRow(
  em: EntityManager,
  row: TransactionEntity,
  change: TransactionChange,
  reason: string,
  at: Date,
): Promise<TransactionEntity> {
  const next = { ...row, ...change, version: row.version + 1, updatedAt: at };
  const { id, version, state } = next;
  const updated = await em.update(TransactionEntity, { id, version: row.version }, { ...change, version, updatedAt: at });
  invariant(updated.affected === 1, 'transaction.moved_meanwhile', { id });
  await writeHistory(em, [
    { subject: 'transaction', subjectId: id, version, state, at, actor: 'system', reason, transactionHash: next.hash },
  ]);
  return next;
}

/** Why it does not go on. */
export async function noteTrouble(em: EntityManager, id: string, { code, detail }: { code: string; detail: string }): Promise<void> {
  await em.update(TransactionEntity, { id }, { code, detail });
}

/** What its address lacks for a higher fee: policies feed it. */
export async function noteLack(em: EntityManager, id: string, lacks: Amount): Promise<void> {
  await em.update(TransactionEntity, { id }, { lacks });
}

export async function noteAttempt(em: EntityManager, id: string, refusal: { code: string; detail: string } | null): Promise<void> {
  const set = { attempts: () => 'attempts + 1', code: refusal?.code ?? null, detail: refusal?.detail ?? null };
  await em.createQueryBuilder().update(TransactionEntity).set(set).where('id = :id', { id }).execute();
}

/** The quote of a try that found too little: what it would take. */
export async function noteNeed(em: EntityManager, id: string, value: Amount, worstCost: Amount): Promise<void> {
  await em.update(TransactionEntity, { id }, { value, worstCost });
}

export const lockTransaction = (em: EntityManager, id: string): Promise<TransactionEntity | null> =>
  em.findOne(TransactionEntity, { where: { id }, lock: { mode: 'pessimistic_write' } });

/** Addresses that have something to build. */
export async function sendersWithWork(em: EntityManager, chain: string): Promise<string[]> {
  const rows: { id: string }[] = await em.query(
    `SELECT from_wallet_id AS id FROM custody.transaction WHERE chain = $1 AND state = ANY ($2) GROUP BY 1 ORDER BY min(sequence)`,
    [chain, unbuiltStates],
  );
  return rows.map((r) => r.id);
}

export const unbuiltOf = (em: EntityManager, walletId: string): Promise<TransactionEntity[]> =>
  em.find(TransactionEntity, { where: { fromWalletId: walletId, state: In([...unbuiltStates]) }, order: { sequence: 'ASC' } });

export const isSigning = (em: EntityManager, walletId: string): Promise<boolean> =>
  em.existsBy(TransactionEntity, { fromWalletId: walletId, state: 'signing' });

export const launched = (em: EntityManager, chain: string): Promise<TransactionEntity[]> =>
  em.find(TransactionEntity, { where: { chain, state: In([...launchedStates]) }, order: { fromWalletId: 'ASC', nonce: 'ASC' } });

export const countIn = (em: EntityManager, chain: string, state: TransactionState): Promise<number> =>
  em.countBy(TransactionEntity, { chain, state });

export const openTransactions = (em: EntityManager, chain: string): Promise<TransactionEntity[]> =>
  em.findBy(TransactionEntity, { chain, state: In(openStates) });

/** Value and worst gas of what has left or may leave an address without being booked yet. */
export async function committedOf(em: EntityManager, walletId: string): Promise<bigint> {
  const [row]: { sum: string }[] = await em.query(
    `SELECT coalesce(sum(value + worst_cost), 0)::text AS sum FROM custody.transaction WHERE from_wallet_id = $1 AND state = ANY ($2)`,
    [walletId, committedStates],
  );
  return BigInt(row?.sum ?? '0');
}

/** When a purpose was last refused for an address. */
export async function lastRefusals(em: EntityManager, chain: string, since: Date): Promise<{ walletId: string; purpose: Purpose }[]> {
  return em.query(
    `SELECT DISTINCT from_wallet_id AS "walletId", purpose FROM custody.transaction WHERE chain = $1 AND state = 'refused' AND updated_at > $2`,
    [chain, since],
  );
}

/** Deposits of ours that are final, first ones and further ones: oldest first. */
export const finalisedDeposits = (em: EntityManager, where: { chain?: string; poolId?: string }): Promise<TransactionEntity[]> =>
  em.find(TransactionEntity, {
    where: { ...where, purpose: In(['stake_deposit', 'stake_top_up']), state: 'finalised' },
    order: { sequence: 'ASC' },
  });

/** Validators that were asked to be merged into another of ours, by final requests. */
export async function consolidatedInto(em: EntityManager, chain: string): Promise<{ source: string; target: string }[]> {
  const rows = await em.findBy(TransactionEntity, { chain, purpose: 'consolidation', state: 'finalised' });
  return rows.flatMap(({ pubkey, targetPubkey }) =>
    pubkey === null || targetPubkey === null ? [] : [{ source: pubkey, target: targetPubkey }],
  );
}

/** Validators of the pool that we have deposited to. */
export async function validatorsOfPool(em: EntityManager, chain: string, poolId: string): Promise<Set<string>> {
  return new Set((await finalisedDeposits(em, { chain, poolId })).flatMap((row) => row.pubkey ?? []));
}

export interface TransactionFilter {
  readonly state?: string | undefined;
  readonly purpose?: string | undefined;
}
export function listTransactions(
  em: EntityManager,
  filter: TransactionFilter,
  limit: number,
  before: Position | undefined,
): Promise<TransactionEntity[]> {
  const query = em.createQueryBuilder(TransactionEntity, 't').where('true');
  if (filter.state !== undefined) query.andWhere('t.state = :state', { state: filter.state });
  if (filter.purpose !== undefined) query.andWhere('t.purpose = :purpose', { purpose: filter.purpose });
  if (before) query.andWhere('(t.createdAt, t.id) < (:at, :id)', { at: before.createdAt, id: before.id });
  return query.orderBy('t.createdAt', 'DESC').addOrderBy('t.id', 'DESC').limit(limit).getMany();
}
export const transactionById = (em: EntityManager, id: string): Promise<TransactionEntity | null> =>
  em.findOneBy(TransactionEntity, { id });
