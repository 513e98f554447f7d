import { Any, Not, type EntityManager } from 'typeorm';
import type { Position } from '#http';
import { amount, invariant, type Amount } from '#kernel';
import { writeHistory } from '../history/history.store.js';
import { step, type Why } from '../orders/order-moves.store.js';
import { distributionMachine, type DistributionEvent, type LineState } from './distribution.js';
import { Distribution, DistributionLine } from './distribution.entity.js';

/**
 * linesFor() of distribution.ts over who held at the loss, set by set: `$1` the loss, `$2` the total. uuids are ordered by their bytes, as their
 * lower-case text is.
 */
const LINES = `
  parts AS (
    SELECT client_id, div($2::numeric * weight, total) AS floor, ($2::numeric * weight) % total AS rest
      FROM staking.loss_holder, (SELECT sum(weight) AS total FROM staking.loss_holder WHERE loss_id = $1) t WHERE loss_id = $1),
  ranked AS (SELECT client_id, floor, row_number() OVER (ORDER BY rest DESC, client_id) AS rank FROM parts),
  lines AS (
    SELECT client_id, floor + CASE WHEN rank <= $2::numeric - (SELECT sum(floor) FROM parts) THEN 1 ELSE 0 END AS amount FROM ranked)`;

export interface Summary {
  readonly lines: number;
  readonly total: Amount;
  readonly largest: Amount;
  readonly linesHash: string;
}

/** What the lines would be, without writing any. */
export async function summaryOf(em: EntityManager, lossId: string, total: Amount): Promise<Summary> {
  const [row]: { lines: number; total: string; largest: string; hash: string }[] = await em.query(
    `WITH ${LINES}
     SELECT count(*)::int AS lines, coalesce(sum(amount), 0)::text AS total, coalesce(max(amount), 0)::text AS largest,
            encode(sha256(convert_to(coalesce(string_agg(client_id || ':' || amount, E'\\n' ORDER BY client_id), ''), 'UTF8')), 'hex') AS hash
       FROM lines WHERE amount > 0`,
    [lossId, total.toString()],
  );
  invariant(row !== undefined, 'distribution.no_summary', { loss: lossId });
  return { lines: row.lines, total: amount(BigInt(row.total)), largest: amount(BigInt(row.largest)), linesHash: row.hash };
}

export async function insertDistribution(em: EntityManager, distribution: Distribution): Promise<void> {
  const { id, lossId, total, createdAt } = distribution;
  await em.insert(Distribution, distribution);
  await em.query(
    `WITH ${LINES}
     INSERT INTO staking.distribution_line (distribution_id, client_id, amount, created_at)
     SELECT $3, client_id, amount, $4 FROM lines WHERE amount > 0`,
    [lossId, total.toString(), id, createdAt],
  );
}

/** Of what stands in the pool's recovery account: what distributions have promised and not paid. */
export async function promisedOf(em: EntityManager, poolId: string): Promise<Amount> {
  const [row]: { promised: string }[] = await em.query(
    `SELECT coalesce(sum(total - paid), 0)::text AS promised FROM staking.distribution WHERE pool_id = $1 AND state <> 'settled'`,
    [poolId],
  );
  return amount(BigInt(row?.promised ?? '0'));
}

export const openDistributions = (em: EntityManager): Promise<Distribution[]> =>
  em.find(Distribution, { where: { state: Not('settled') }, order: { createdAt: 'ASC', id: 'ASC' } });
export const distributionById = (em: EntityManager, id: string): Promise<Distribution | null> => em.findOneBy(Distribution, { id });
export const distributionsOf = (em: EntityManager, lossIds: readonly string[]): Promise<Distribution[]> =>
  em.find(Distribution, { where: { lossId: Any(lossIds) }, order: { createdAt: 'ASC', id: 'ASC' } });
export const lockDistribution = (em: EntityManager, id: string): Promise<Distribution> =>
  em.findOneOrFail(Distribution, { where: { id }, lock: { mode: 'pessimistic_write' } });

export async function moveDistribution(em: EntityManager, row: Distribution, event: DistributionEvent, why: Why): Promise<void> {
  const history = step(distributionMachine, 'distribution', row, row.id, event, why);
  const { id, state, stateSince, paid, version } = row;
  await em.update(Distribution, { id }, { state, stateSince, paid, version });
  await writeHistory(em, [history]);
}

export const linesIn = (
  em: EntityManager,
  distributionId: string,
  state: LineState,
  limit: number,
  after?: string,
): Promise<DistributionLine[]> => {
  const query = em
    .createQueryBuilder(DistributionLine, 'l')
    .where('l.distributionId = :distributionId AND l.state = :state', { distributionId, state });
  if (after !== undefined) query.andWhere('l.clientId > :after', { after });
  return query.orderBy('l.clientId', 'ASC').limit(limit).getMany();
};

export async function markPaid(em: EntityManager, row: Distribution, lines: readonly DistributionLine[], at: Date): Promise<void> {
  row.paid = amount(lines.reduce<bigint>((sum, line) => sum + line.amount, row.paid));
  await em.update(Distribution, { id: row.id }, { paid: row.paid });
  await setState(em, row.id, clientsOf(lines), { state: 'paid', reason: null, paidAt: at });
}
export const markHeld = (em: EntityManager, id: string, clientIds: readonly string[], reason: string): Promise<void> =>
  setState(em, id, clientIds, { state: 'held', reason, paidAt: null });
export const markPending = (em: EntityManager, id: string, clientIds: readonly string[]): Promise<void> =>
  setState(em, id, clientIds, { state: 'pending', reason: null, paidAt: null });

const clientsOf = (lines: readonly DistributionLine[]): string[] => lines.map((line) => line.clientId);

async function setState(
  em: EntityManager,
  id: string,
  clientIds: readonly string[],
  to: Pick<DistributionLine, 'state' | 'reason' | 'paidAt'>,
): Promise<void> {
  if (clientIds.length === 0) return;
  await em.query(
    `UPDATE staking.distribution_line SET state = $3, reason = $4, paid_at = $5
      WHERE distribution_id = $1 AND client_id = ANY ($2::uuid[]) AND state <> 'paid'`,
    [id, clientIds, to.state, to.reason, to.paidAt],
  );
}

/** Of these clients: whose account is closed. */
export async function closedAmong(em: EntityManager, clientIds: readonly string[]): Promise<Set<string>> {
  const rows: { id: string }[] = await em.query(
    `SELECT client_id AS id FROM staking.standing WHERE client_id = ANY ($1::uuid[]) AND state = 'closed'`,
    [clientIds],
  );
  return new Set(rows.map((row) => row.id));
}

export interface StateSum {
  readonly state: LineState;
  readonly lines: number;
  readonly amount: Amount;
}
export async function sumsOf(em: EntityManager, id: string): Promise<StateSum[]> {
  const rows: { state: LineState; lines: number; amount: string }[] = await em.query(
    `SELECT state, count(*)::int AS lines, sum(amount)::text AS amount FROM staking.distribution_line WHERE distribution_id = $1 GROUP BY state ORDER BY state`,
    [id],
  );
  return rows.map((row) => ({ ...row, amount: amount(BigInt(row.amount)) }));
}

/** Newest first. */
export function pageOfDistributions(
  em: EntityManager,
  filter: { poolId?: string; state?: string },
  limit: number,
  before: Position | undefined,
): Promise<Distribution[]> {
  const query = em.createQueryBuilder(Distribution, 'd');
  if (filter.poolId !== undefined) query.andWhere('d.poolId = :poolId', filter);
  if (filter.state !== undefined) query.andWhere('d.state = :state', filter);
  if (before) query.andWhere('(d.createdAt, d.id) < (:at, :id)', { at: before.createdAt, id: before.id });
  return query.orderBy('d.createdAt', 'DESC').addOrderBy('d.id', 'DESC').limit(limit).getMany();
}

/** By client, the last first: all lines of one distribution are of one moment. */
export function pageOfLines(
  em: EntityManager,
  distributionId: string,
  state: LineState | undefined,
  limit: number,
  before: Position | undefined,
): Promise<DistributionLine[]> {
  const query = em.createQueryBuilder(DistributionLine, 'l').where('l.distributionId = :distributionId', { distributionId });
  if (state !== undefined) query.andWhere('l.state = :state', { state });
  if (before) query.andWhere('l.clientId < :id', { id: before.id });
  return query.orderBy('l.clientId', 'DESC').limit(limit).getMany();
}

export function linesOfClient(
  em: EntityManager,
  clientId: string,
  limit: number,
  before: Position | undefined,
): Promise<DistributionLine[]> {
  const query = em.createQueryBuilder(DistributionLine, 'l').where('l.clientId = :clientId', { clientId });
  if (before) query.andWhere('(l.createdAt, l.distributionId) < (:at, :id)', { at: before.createdAt, id: before.id });
  return query.orderBy('l.createdAt', 'DESC').addOrderBy('l.distributionId', 'DESC').limit(limit).getMany();
}
export const distributionsByIds = (em: EntityManager, ids: readonly string[]): Promise<Distribution[]> =>
  em.find(Distribution, { where: { id: Any(ids) } });
