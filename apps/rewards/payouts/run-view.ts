import { money, named } from '#http';
import { publicId, timestamp } from '#kernel';
import type { HistoryStep } from '../history/history.store.js';
import { stepView } from '../reports/report-view.js';
import type { PayoutRun } from './payout.entity.js';
import type { StoredLine } from './payouts.store.js';

/** A run as staff see it. */
export const runView = (run: PayoutRun) => ({
  id: publicId('payoutRun', run.id),
  pool_id: run.poolId,
  asset: run.asset,
  state: run.state,
  planned_by: run.plannedByKind === 'staff' ? publicId('staff', run.plannedById) : run.plannedById,
  report_number: run.reportNumber,
  ...named('budget', run.asset, run.budget),
  ...named('owed', run.asset, run.owed),
  ...named('total', run.asset, run.total),
  ...named('paid', run.asset, run.paid),
  ...named('returned', run.asset, run.returned),
  lines: run.lines,
  lines_paid: run.linesPaid,
  dry_run_hash: run.dryRunHash,
  created_at: timestamp(run.createdAt),
  finished_at: run.finishedAt === null ? null : timestamp(run.finishedAt),
});

export const runDetails = (run: PayoutRun, lines: readonly StoredLine[], steps: readonly HistoryStep[]) => ({
  ...runView(run),
  first_lines: lines.map((line) => ({
    client_id: publicId('client', line.clientId),
    ...money(run.asset, line.amount),
    ...named('owed', run.asset, line.owed),
    state: line.state,
    paid_at: line.paidAt === null ? null : timestamp(line.paidAt),
  })),
  steps: steps.map(stepView),
});
