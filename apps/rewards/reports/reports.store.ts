import { In, IsNull, Not, type EntityManager } from 'typeorm';
import type { Position } from '#http';
import { amount, delta } from '#kernel';
import type { Trailing } from './limits.js';
import { Report } from './report.entity.js';
import type { Observation } from './report.js';
import type { Next } from './standing.js';

export const reportOf = (em: EntityManager, id: string): Promise<Report | null> => em.findOneBy(Report, { id });

/** The one report of a pool that is neither applied nor rejected. */
export const openReport = (em: EntityManager, poolId: string): Promise<Report | null> =>
  em.findOneBy(Report, { poolId, state: Not(In(['applied', 'rejected'])) });

/** How the reports with a number of a pool stand: one that counts at most, and those that were rejected. */
export const reportsNumbered = (em: EntityManager, poolId: string, number: number): Promise<Next[]> =>
  em.query('SELECT state, sent_at AS "sentAt" FROM rewards.report WHERE pool_id = $1 AND number = $2', [poolId, number]);

/** Reports that may go to staking and have not. */
export const unsentReport = (em: EntityManager, poolId: string): Promise<Report | null> =>
  em.findOneBy(Report, { poolId, state: In(['within_limits', 'approved']), sentAt: IsNull() });

export const saveReport = async (em: EntityManager, { id, ...fields }: Report): Promise<void> =>
  void (await em.update(Report, { id }, fields));

export async function insertReport(em: EntityManager, report: Report, observations: readonly Observation[]): Promise<void> {
  await em.insert(Report, report);
  if (observations.length === 0) return;
  const list = (pick: (o: Observation) => bigint): string[] => observations.map((o) => pick(o).toString());
  await em.query(
    `INSERT INTO rewards.observation (report_id, pubkey, opening, closing, withdrawn, deposited, consolidated_in, consolidated_out, reward, emptied)
     SELECT $1, * FROM unnest($2::text[], $3::numeric[], $4::numeric[], $5::numeric[], $6::numeric[], $7::numeric[], $8::numeric[], $9::numeric[], $10::boolean[])`,
    [
      report.id,
      observations.map((o) => o.pubkey),
      list((o) => o.opening),
      list((o) => o.closing),
      list((o) => o.withdrawn),
      list((o) => o.deposited),
      list((o) => o.consolidatedIn),
      list((o) => o.consolidatedOut),
      list((o) => o.reward),
      observations.map((o) => o.emptied),
    ],
  );
}

type Figure = 'opening' | 'closing' | 'withdrawn' | 'deposited' | 'consolidatedIn' | 'consolidatedOut';

export async function observationsOf(em: EntityManager, reportId: string): Promise<Observation[]> {
  const rows: (Record<'pubkey' | 'reward' | Figure, string> & { emptied: boolean })[] = await em.query(
    `SELECT pubkey, opening::text, closing::text, withdrawn::text, deposited::text, consolidated_in::text AS "consolidatedIn",
            consolidated_out::text AS "consolidatedOut", reward::text, emptied
       FROM rewards.observation WHERE report_id = $1 ORDER BY pubkey`,
    [reportId],
  );
  return rows.map((row) => {
    const wei = (figure: Figure) => amount(BigInt(row[figure]));
    return {
      pubkey: row.pubkey,
      opening: wei('opening'),
      closing: wei('closing'),
      withdrawn: wei('withdrawn'),
      deposited: wei('deposited'),
      consolidatedIn: wei('consolidatedIn'),
      consolidatedOut: wei('consolidatedOut'),
      reward: delta(BigInt(row.reward)),
      emptied: row.emptied,
    };
  });
}

/** Applied reports that end after a slot, summed. */
export async function trailing(em: EntityManager, poolId: string, afterSlot: bigint): Promise<Trailing> {
  const [row]: { reward: string; exposure: string }[] = await em.query(
    `SELECT coalesce(sum(reward), 0)::text AS reward, coalesce(sum(principal * seconds), 0)::text AS exposure
       FROM rewards.report WHERE pool_id = $1 AND state = 'applied' AND to_slot > $2`,
    [poolId, afterSlot.toString()],
  );
  return { reward: BigInt(row?.reward ?? '0'), exposure: BigInt(row?.exposure ?? '0') };
}

/** Newest first. */
export function pageOfReports(
  em: EntityManager,
  filter: { poolId?: string; state?: string },
  limit: number,
  before: Position | undefined,
): Promise<Report[]> {
  const query = em.createQueryBuilder(Report, 'r');
  if (filter.poolId !== undefined) query.andWhere('r.poolId = :poolId', filter);
  if (filter.state !== undefined) query.andWhere('r.state = :state', filter);
  if (before) query.andWhere('(r.createdAt, r.id) < (:at, :id)', { at: before.createdAt, id: before.id });
  return query.orderBy('r.createdAt', 'DESC').addOrderBy('r.id', 'DESC').limit(limit).getMany();
}

export interface Approval {
  readonly staffId: string;
  readonly comment: string;
  readonly at: Date;
  /** What was approved; approvals of before it was kept have none. */
  readonly contentHash: string | null;
}
export const approvalsOf = (em: EntityManager, reportId: string): Promise<Approval[]> =>
  em.query(
    'SELECT staff_id AS "staffId", comment, at, content_hash AS "contentHash" FROM rewards.approval WHERE report_id = $1 ORDER BY at',
    [reportId],
  );

/** What people have approved of this pool before, newest first. */
export interface EarlierApproval extends Approval {
  readonly reportId: string;
  readonly number: number;
  readonly exceeded: readonly string[];
}
export const earlierApprovals = (em: EntityManager, report: Report, limit: number): Promise<EarlierApproval[]> =>
  em.query(
    `SELECT a.staff_id AS "staffId", a.comment, a.at, a.content_hash AS "contentHash", r.id AS "reportId", r.number, r.exceeded
       FROM rewards.report r JOIN rewards.approval a ON a.report_id = r.id
      WHERE r.pool_id = $1 AND r.number < $2 AND cardinality(r.exceeded) > 0 ORDER BY r.number DESC, a.at DESC LIMIT $3`,
    [report.poolId, report.number, limit],
  );

export async function insertApproval(em: EntityManager, reportId: string, { staffId, comment, at, contentHash }: Approval): Promise<void> {
  await em.query('INSERT INTO rewards.approval (report_id, staff_id, comment, at, content_hash) VALUES ($1, $2, $3, $4, $5)', [
    reportId,
    staffId,
    comment,
    at,
    contentHash,
  ]);
}
