import { money, named, wireTime } from '#http';
import { publicId, timestamp, type AssetCode } from '#kernel';
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
  due_at: wireTime(run.dueAt),
  occurrences: run.occurrences,
  report_number: run.reportNumber,
  ...named('min_amount', run.asset, run.minimum),
  ...named('budget', run.asset, run.budget),
  ...named('owed', run.asset, run.owed),
  ...named('total', run.asset, run.total),
  ...named('paid', run.asset, run.paid),
  ...named('returned', run.asset, run.returned),
  lines: run.lines,
  lines_paid: run.linesPaid,
  lines_held: run.linesHeld,
  ...named('held', run.asset, run.held),
  lines_below: run.linesBelow,
  ...named('below', run.asset, run.below),
  dry_run_hash: run.dryRunHash,
  verified_hash: run.verifiedHash,
  verified_at: wireTime(run.verifiedAt),
  ...(run.leftOver === null ? {} : named('left_over', run.asset, run.leftOver)),
  created_at: timestamp(run.createdAt),
  finished_at: wireTime(run.finishedAt),
});

export const lineView = (asset: AssetCode, line: Omit<StoredLine, 'id' | 'createdAt'>) => ({
  client_id: publicId('client', line.clientId),
  ...money(asset, line.amount),
  ...named('owed', asset, line.owed),
  state: line.state,
  reason: line.reason,
  restake_product_id: line.restakeProduct,
  paid_at: wireTime(line.paidAt),
});

export const runDetails = (run: PayoutRun, lines: readonly StoredLine[], steps: readonly HistoryStep[]) => ({
  ...runView(run),
  first_lines: lines.map((line) => lineView(run.asset, line)),
  steps: steps.map(stepView),
});
