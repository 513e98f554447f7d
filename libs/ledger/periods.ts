/** Closed periods, and the background work that business time stands on. For custody, which keeps the books. */
import { InvariantBroken } from '#kernel';
import type { EntityManager } from 'typeorm';
import { entities, type Entity } from './chart/chart.js';
import { trialBalanceFrom, type TrialBalanceLine, type TrialBalanceRow } from './trial-balance.js';

/** Decisions that one step rolls up, so that its transaction stays short. */
const MOST_DECISIONS = 20_000;

/**
 * One step of the roll-up by account and day, to be called every few seconds, first in a transaction of its own; returns the batches it rolled up. It goes as far
 * as every batch is settled: a step sets a fence, and the next one that finds all transactions older than it ended passes it. No answer depends on when it runs.
 */
export async function rollUp(em: EntityManager, most = MOST_DECISIONS): Promise<number> {
  const rows: { rolled: string }[] = await em.query('SELECT ledger.roll_up($1::bigint) AS rolled', [most]);
  return Number(rows[0]?.rolled ?? 0);
}

export interface PeriodClose {
  readonly entity: Entity;
  /** The last day of the period, UTC, `YYYY-MM-DD`. It must be over. */
  readonly through: string;
  /** Who closes it (staff id). */
  readonly closedBy: string;
}

export interface ClosedPeriod {
  readonly entity: Entity;
  /** 1, 2, … for each entity. */
  readonly seq: number;
  readonly through: string;
  readonly closedBy: string;
  readonly closedAt: Date;
  /** Hex. Covers the trial balance and the digest of the period before. */
  readonly digest: string;
}

/**
 * already_closed: a later day is closed · not_over: the day is not over · unsettled: postings of the period are not rolled up yet, ask again after the next
 * rollUp() or two.
 */
export type CloseRefusal = 'already_closed' | 'not_over' | 'unsettled';
export type CloseOutcome =
  { readonly status: 'closed'; readonly period: ClosedPeriod } | { readonly status: 'refused'; readonly reason: CloseRefusal };

/**
 * Closes the books of an entity up to and with a day: stores its trial balance, which never changes again. A posting that comes late is not refused: it keeps its
 * effective time and counts in the first open day. Closing the last closed day again answers with what is stored.
 */
export async function closePeriod(em: EntityManager, close: PeriodClose): Promise<CloseOutcome> {
  const rows: { outcome: string; seq: number | null }[] = await em.query(
    'SELECT outcome, closed_seq AS seq FROM ledger.close_period($1::smallint, $2::date, $3::text)',
    [entities[close.entity], close.through, close.closedBy],
  );
  const [row] = rows;
  if (row?.outcome !== 'closed') return { status: 'refused', reason: refusalOf(row?.outcome) };
  const period = (await closedPeriods(em, close.entity)).find((p) => p.seq === row.seq);
  if (!period) throw new InvariantBroken('ledger.period_missing', { entity: close.entity, through: close.through });
  return { status: 'closed', period };
}

function refusalOf(outcome: string | undefined): CloseRefusal {
  if (outcome === 'already_closed' || outcome === 'not_over' || outcome === 'unsettled') return outcome;
  throw new InvariantBroken('ledger.unknown_status', { status: outcome });
}

/** The closed periods of an entity, oldest first. */
export async function closedPeriods(em: EntityManager, entity: Entity): Promise<ClosedPeriod[]> {
  const rows: { seq: number; through: string; closed_by: string; recorded_at: Date; digest: Buffer }[] = await em.query(
    'SELECT seq, through::text, closed_by, recorded_at, digest FROM ledger.periods($1::smallint)',
    [entities[entity]],
  );
  return rows.map((row) => ({
    entity,
    seq: row.seq,
    through: row.through,
    closedBy: row.closed_by,
    closedAt: row.recorded_at,
    digest: row.digest.toString('hex'),
  }));
}

/** The trial balance that was stored when the period was closed: balances at the end of its last day. */
export async function closedTrialBalance(em: EntityManager, period: Pick<ClosedPeriod, 'entity' | 'seq'>): Promise<TrialBalanceLine[]> {
  const rows: TrialBalanceRow[] = await em.query(
    'SELECT entity, kind, asset, balance FROM ledger.closed_trial_balance($1::smallint, $2::int)',
    [entities[period.entity], period.seq],
  );
  return trialBalanceFrom(rows);
}
