import { named, wireTime } from '#http';
import { publicId, timestamp } from '#kernel';
import type { Pool } from '../pools/pool.entity.js';
import type { Draft } from './draft.js';
import type { Nothing } from './observation.service.js';
import { reportView } from './report-view.js';
import type { Report } from './report.entity.js';
import type { EarlierApproval } from './reports.store.js';

/** What a report was judged by, and what people said of those before it. */
export const evidenceView = (report: Report, earlier: readonly EarlierApproval[]) => ({
  ...report.evidence,
  earlier_approvals: earlier.map(({ reportId, number, exceeded, staffId, comment, at }) => ({
    report_id: publicId('report', reportId),
    number,
    exceeded,
    staff_id: publicId('staff', staffId),
    comment,
    at: timestamp(at),
  })),
});

const nothing: Record<Nothing, string> = {
  report_open: 'A report of this pool is under way: the next period is observed when it is applied or rejected.',
  period_not_over: 'The period is not over, or there is nothing to observe.',
};

/** A dry run on the wire: without id and hash, as nothing is stored. */
export function previewView(pool: Pool, draft: Draft | Nothing, open: Report | null): object {
  const base = { pool_id: pool.id, stored: false };
  if (typeof draft === 'string')
    return {
      ...base,
      would: 'nothing',
      code: draft,
      detail: nothing[draft],
      open_report: open === null ? null : publicId('report', open.id),
    };
  const { id: _, state: __, created_at: ___, ...report } = reportView(draft.report, pool.asset);
  return {
    ...base,
    would: draft.report.exceeded.length === 0 ? 'be_sent' : 'be_held',
    report: { ...report, evidence: draft.report.evidence },
  };
}

/** What the rate of a pool is worth. */
export const standingView = (pool: Pool) => ({
  pool_id: pool.id,
  product_id: pool.productId,
  asset: pool.asset,
  mode: pool.mode,
  reports: pool.state,
  standing: pool.standing,
  standing_of_report: pool.standingNumber,
  standing_since: wireTime(pool.standingSince),
  last_report: pool.reportNumber === 0 ? null : pool.reportNumber,
  last_report_at: wireTime(pool.reportedAt),
  ...named('loss_carried_at_most', pool.asset, pool.lossCarried),
  trouble: pool.trouble === null ? null : { code: pool.trouble, since: wireTime(pool.troubleAt) },
});
