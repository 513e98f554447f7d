import { money, named, wireTime } from '#http';
import { publicId, timestamp, type AssetCode } from '#kernel';
import type { HistoryStep } from '../history/history.store.js';
import type { Report } from './report.entity.js';
import type { Observation } from './report.js';
import { APPROVALS } from './report.js';
import type { Approval } from './reports.store.js';

/** A report as staff see it. */
export const reportView = (report: Report, asset: AssetCode) => ({
  id: publicId('report', report.id),
  pool_id: report.poolId,
  number: report.number,
  state: report.state,
  from_slot: report.fromSlot.toString(),
  to_slot: report.toSlot.toString(),
  to_epoch: report.toEpoch.toString(),
  to_block: report.toBlock.toString(),
  to_block_root: report.toBlockRoot,
  seconds: report.seconds.toString(),
  validators: report.validators,
  ...named('principal', asset, report.principal),
  ...named('reward', asset, report.reward),
  /** What the reward is made of: a list, open to further components and denoms. */
  components: componentsOf(report, asset),
  ...named('covered', asset, report.covered),
  ...named('expected_commission', asset, report.expectedCommission),
  commission: report.commission === null ? null : named('commission', asset, report.commission).commission,
  commission_atomic: report.commission === null ? null : report.commission.toString(),
  annual_bps: report.annualBps.toString(),
  exceeded: report.exceeded,
  reason: report.reason,
  closed_at: wireTime(report.closedAt),
  created_at: timestamp(report.createdAt),
  sent_at: wireTime(report.sentAt),
  applied_at: wireTime(report.appliedAt),
});

const componentsOf = ({ reward, priorityFees, mev }: Report, asset: AssetCode) =>
  (
    [
      ['consensus', reward - priorityFees - mev],
      ['priority_fees', priorityFees],
      ['mev', mev],
    ] as const
  ).map(([component, units]) => ({ component, denom: asset, ...money(asset, units) }));

export const reportDetails = (
  report: Report,
  asset: AssetCode,
  more: { observations: readonly Observation[]; approvals: readonly Approval[]; steps: readonly HistoryStep[]; hash: string },
) => ({
  ...reportView(report, asset),
  /** What is approved: pass it with the approval. */
  content_hash: more.hash,
  approvals_needed: APPROVALS,
  approvals: more.approvals.map(({ staffId, comment, at, contentHash }) => ({
    staff_id: publicId('staff', staffId),
    comment,
    at: timestamp(at),
    content_hash: contentHash,
  })),
  observations: more.observations.map((o) => ({
    pubkey: o.pubkey,
    ...named('opening', asset, o.opening),
    ...named('closing', asset, o.closing),
    ...named('withdrawn', asset, o.withdrawn),
    ...named('deposited', asset, o.deposited),
    ...named('consolidated_in', asset, o.consolidatedIn),
    ...named('consolidated_out', asset, o.consolidatedOut),
    ...named('reward', asset, o.reward),
    emptied: o.emptied,
  })),
  steps: more.steps.map(stepView),
});

export const stepView = (step: HistoryStep) => ({
  from: step.from,
  to: step.to,
  event: step.event,
  by: step.actorKind === 'staff' ? publicId('staff', step.actorId) : step.actorId,
  reason: step.reason,
  at: timestamp(step.at),
});
