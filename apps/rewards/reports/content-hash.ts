import { hashOf } from '#http';
import type { Report } from './report.entity.js';
import type { Observation } from './report.js';

/**
 * SHA-256 of what a report says and was judged by: people approve exactly this, and exactly this is sent. Taken anew from the rows each
 * time, so that nothing can be exchanged in between.
 */
export function contentHash(report: Report, observations: readonly Observation[]): string {
  const text = (value: bigint): string => value.toString();
  return hashOf({
    id: report.id,
    pool: report.poolId,
    number: report.number,
    period: [report.fromSlot, report.toSlot, report.toEpoch, report.toBlock].map(text),
    block: [report.toBlockRoot, report.toBlockHash],
    earned: [report.principal, report.reward, report.priorityFees, report.mev].map(text),
    exceeded: report.exceeded,
    evidence: report.evidence,
    validators: [...observations]
      .sort((a, b) => (a.pubkey < b.pubkey ? -1 : 1))
      .map((o) => [
        o.pubkey,
        ...[o.opening, o.closing, o.withdrawn, o.deposited, o.consolidatedIn, o.consolidatedOut, o.reward].map(text),
        o.emptied,
      ]),
  });
}
