import { Any, type EntityManager } from 'typeorm';
import type { Position } from '#http';
import { uuid5, type Amount } from '#kernel';
import { openIncident } from '../incidents/incidents.store.js';
import { earningShares, MINIMUM_SHARES, valueOf } from '../pools/pool.js';
import type { Held } from '../pools/pools.store.js';
import { CoverStepRow, Loss, LossHolder, LossPart } from './loss.entity.js';
import type { ReportLoss } from './report-loss.js';

export const lossIdOf = (reportId: string): string => uuid5('loss', reportId);

export type Kept = ReportLoss & { readonly borne: Amount; readonly covered: Amount };

/** The loss, what was covered and by what, and, where `snapshot` says so, who held at it: without that nothing of it can be given back. */
export async function insertLoss(em: EntityManager, { row }: Held, loss: Kept, snapshot: boolean): Promise<void> {
  const id = lossIdOf(loss.reportId);
  const weighing = loss.opened.shares < MINIMUM_SHARES ? byEntry : byPrice;
  const { text, values } = snapshot ? weighing(row.id, loss) : byNobody(row.id, loss);
  const at = values.length;
  await patiently(em, () =>
    em.query(
      `WITH ${text}, held AS (
       INSERT INTO staking.loss_holder (loss_id, client_id, weight) SELECT $${at + 1}, client_id, weight FROM weights RETURNING weight)
     INSERT INTO staking.loss (id, pool_id, report_id, report_number, last_report, covered, borne, added, of_clients, clients, weight, reimbursed, at)
     SELECT $${at + 1}, $1, $${at + 2}, $${at + 3}, $${at + 3}, $${at + 4}, $2, 0, least($2, div(coalesce(sum(weight), 0), (SELECT unit FROM units))), count(*), coalesce(sum(weight), 0), 0, $${at + 5}
       FROM held`,
      [...values, id, loss.reportId, loss.number, loss.covered.toString(), loss.at],
    ),
  );
  await addParts(em, row.id, id, loss);
}

/**
 * Who held is copied with the pool locked, and a million of them take longer than a statement may: a report must not fail for it, time after time.
 */
async function patiently(em: EntityManager, work: () => Promise<unknown>): Promise<void> {
  const [before]: { patience: string }[] = await em.query(`SELECT current_setting('statement_timeout') AS patience`);
  const set = (patience: string): Promise<unknown> => em.query(`SELECT set_config('statement_timeout', $1, true)`, [patience]);
  await set('0');
  await work();
  await set(before?.patience ?? '0');
}

export interface Known {
  readonly id: string;
  /** What the pool bore by reports after the one at which it was written down who held. */
  readonly added: Amount;
}

/** The newest loss of all these validators at which it was written down who held; where the pool bears nothing now, nobody need be. */
export async function knownLossOf(em: EntityManager, poolId: string, pubkeys: readonly string[], borne: Amount): Promise<Known | null> {
  const [row]: { id: string; added: string }[] = await em.query(
    `SELECT id, added::text FROM staking.loss l
      WHERE pool_id = $1 AND (weight > 0 OR $3::numeric = 0)
        AND NOT EXISTS (SELECT FROM unnest($2::text[]) AS k (pubkey)
              WHERE NOT EXISTS (SELECT FROM staking.loss_part p WHERE p.loss_id = l.id AND p.pubkey = k.pubkey))
      ORDER BY report_number DESC LIMIT 1`,
    [poolId, pubkeys, borne.toString()],
  );
  return row ? { id: row.id, added: BigInt(row.added) as Amount } : null;
}

/** What a later report took of the same validators falls on those who held at the loss, and on clients by the same part. The caller holds the pool. */
export async function addToLoss(em: EntityManager, { row }: Held, id: string, loss: Kept): Promise<void> {
  await em.query(
    `UPDATE staking.loss SET covered = covered + $2::numeric, borne = borne + $3::numeric, added = added + $3::numeric, last_report = $4,
            of_clients = of_clients + CASE WHEN borne > 0 THEN div($3::numeric * of_clients, borne) ELSE 0 END, version = version + 1
      WHERE id = $1`,
    [id, loss.covered.toString(), loss.borne.toString(), loss.number],
  );
  await addParts(em, row.id, id, loss);
}

interface Weights {
  readonly text: string;
  /** $1 pool, $2 borne. */
  readonly values: readonly unknown[];
}

const NOT_FINAL = `state = 'fixed' AND place > (SELECT coalesce(max(to_place), 0) FROM staking.exit_range WHERE pool_id = $1)`;

/** What the instant buffer bought since the last report: it has no nominal, earns nothing, and bears its part. */
const OF_BUFFER = `state = 'waiting' AND client_id IS NULL`;

/**
 * By the price of the report: an exit whose nominal is fixed bears what the loss takes from min(nominal, value); what is left falls on the shares
 * that earn, those of exits not fixed yet among them. A weight is what somebody bore times the shares that earn, so that it is whole.
 */
function byPrice(poolId: string, { borne, opened }: Kept): Weights {
  const value = valueOf(opened);
  const text = `
    units AS (SELECT greatest($6::numeric, 1) AS unit),
    exits AS (
      SELECT client_id, least(nominal, div(shares * $3::numeric, $5::numeric)) - least(nominal, div(shares * $4::numeric, $5::numeric)) AS bore
        FROM staking.exit_request WHERE pool_id = $1 AND ${NOT_FINAL}
      UNION ALL SELECT client_id, div(shares * $3::numeric, $5::numeric) - div(shares * $4::numeric, $5::numeric)
        FROM staking.exit_request WHERE pool_id = $1 AND ${OF_BUFFER}),
    others AS (SELECT greatest($2::numeric - coalesce(sum(bore), 0), 0) AS bore FROM exits),
    weights AS (
      SELECT client_id, sum(weight) AS weight FROM (
        SELECT client_id, shares * others.bore AS weight FROM staking.holder, others WHERE pool_id = $1
        UNION ALL SELECT client_id, bore * unit FROM exits, units WHERE client_id IS NOT NULL) each
       GROUP BY client_id HAVING sum(weight) > 0)`;
  const values = [poolId, borne, value + borne, value, opened.shares, earningShares(opened)].map(String);
  return { text, values };
}

/** With too few shares to price anything by, one to one: whoever has shares, and whoever enters by this report. */
function byEntry(poolId: string, { borne, entering }: Kept): Weights {
  const text = `
    each AS (
      SELECT client_id, shares AS weight FROM staking.holder WHERE pool_id = $1
      UNION ALL SELECT client_id, shares FROM staking.exit_request WHERE pool_id = $1 AND (${NOT_FINAL} OR ${OF_BUFFER})
      UNION ALL SELECT * FROM unnest($3::uuid[], $4::numeric[])),
    weights AS (
      SELECT client_id, sum(weight) AS weight FROM each WHERE client_id IS NOT NULL AND $2::numeric > 0 GROUP BY client_id HAVING sum(weight) > 0),
    units AS (SELECT greatest(div(coalesce(sum(weight), 0), greatest($2::numeric, 1)), 1) AS unit FROM each)`;
  return { text, values: [poolId, borne.toString(), entering.map((e) => e.clientId), entering.map((e) => e.amount.toString())] };
}

/** Whoever held, nobody is written down. */
const byNobody = (poolId: string, { borne }: Kept): Weights => ({
  text: 'weights AS (SELECT NULL::uuid AS client_id, 0::numeric AS weight WHERE false), units AS (SELECT 1::numeric AS unit)',
  values: [poolId, borne.toString()],
});

async function addParts(em: EntityManager, poolId: string, lossId: string, { steps, left, at }: Kept): Promise<void> {
  const incidents: { subject: string; id: string }[] = await em.query(
    `SELECT DISTINCT ON (subject) subject, id FROM staking.incident WHERE pool_id = $1 AND kind = 'validator.slashed' AND subject = ANY ($2)
      ORDER BY subject, created_at DESC`,
    [poolId, [...left.keys()]],
  );
  const incidentOf = new Map(incidents.map(({ subject, id }) => [subject, id]));
  const coveredOf = (pubkey: string): bigint => steps.reduce((sum, step) => (step.pubkey === pubkey ? sum + step.amount : sum), 0n);
  for (const [pubkey, borne] of left) {
    const covered = coveredOf(pubkey) as Amount;
    if (covered + borne === 0n) continue;
    await em.query(
      `INSERT INTO staking.loss_part (loss_id, pubkey, incident_id, covered, borne) VALUES ($1, $2, $3, $4, $5)
         ON CONFLICT (loss_id, pubkey) DO UPDATE SET covered = loss_part.covered + excluded.covered, borne = loss_part.borne + excluded.borne`,
      [lossId, pubkey, incidentOf.get(pubkey) ?? null, covered.toString(), borne.toString()],
    );
  }
  const before = await em.countBy(CoverStepRow, { lossId });
  for (const [index, { source, pubkey, operator, amount }] of steps.entries())
    await em.insert(CoverStepRow, { lossId, step: before + index + 1, pubkey, source, operatorId: operator, amount, at });
}

/** For people to look at, and for clients to read of. */
export async function incidentOfLoss(
  em: EntityManager,
  poolId: string,
  report: number,
  { borne, covered }: { readonly borne: Amount; readonly covered: Amount },
  at: Date,
): Promise<void> {
  const details = { report: String(report), borne_atomic: borne.toString(), covered_atomic: covered.toString() };
  await openIncident(em, { poolId, kind: 'pool.loss', subject: String(report), details }, at);
}

export const lossById = (em: EntityManager, id: string): Promise<Loss | null> => em.findOneBy(Loss, { id });
export const lockLoss = (em: EntityManager, id: string): Promise<Loss | null> =>
  em.findOne(Loss, { where: { id }, lock: { mode: 'pessimistic_write' } });

export const partsOf = (em: EntityManager, lossIds: readonly string[]): Promise<LossPart[]> =>
  em.find(LossPart, { where: { lossId: Any(lossIds) }, order: { lossId: 'ASC', pubkey: 'ASC' } });
export const stepsOfLosses = (em: EntityManager, lossIds: readonly string[]): Promise<CoverStepRow[]> =>
  em.find(CoverStepRow, { where: { lossId: Any(lossIds) }, order: { lossId: 'ASC', step: 'ASC' } });
export const lossesOfReports = (em: EntityManager, poolId: string, reports: readonly number[]): Promise<Loss[]> =>
  em.find(Loss, { where: { poolId, reportNumber: Any(reports) }, order: { reportNumber: 'ASC' } });
export const lossesById = (em: EntityManager, ids: readonly string[]): Promise<Loss[]> =>
  em.find(Loss, { where: { id: Any(ids) }, order: { reportNumber: 'ASC' } });
export const partsOfIncidents = (em: EntityManager, incidentIds: readonly string[]): Promise<LossPart[]> =>
  em.find(LossPart, { where: { incidentId: Any(incidentIds) } });

/** How heavily losses fell on one client. */
export const weightsOf = (em: EntityManager, lossIds: readonly string[], clientId: string): Promise<LossHolder[]> =>
  em.find(LossHolder, { where: { lossId: Any(lossIds), clientId } });

/** Newest first. */
export function pageOfLosses(em: EntityManager, filter: { poolId?: string }, limit: number, before: Position | undefined): Promise<Loss[]> {
  const query = em.createQueryBuilder(Loss, 'l');
  if (filter.poolId !== undefined) query.andWhere('l.poolId = :poolId', filter);
  if (before) query.andWhere('(l.at, l.id) < (:at, :id)', { at: before.createdAt, id: before.id });
  return query.orderBy('l.at', 'DESC').addOrderBy('l.id', 'DESC').limit(limit).getMany();
}
