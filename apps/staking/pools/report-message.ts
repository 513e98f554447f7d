import { amount, delta, ok, refuse, type Amount, type Result } from '#kernel';
import type { ReportApplyV1 } from '#messages';
import { earningShares } from './pool.js';
import { PoolReport } from './pool.entity.js';
import type { Applied, Report } from './report.js';
import { indexIn } from './tiers.js';
import { STANDARD } from '../fees/fee-schedule.js';

const wei = (text: string | undefined): Amount => amount(BigInt(text ?? '0'));

export function reportOf(message: ReportApplyV1): Report {
  return {
    number: message.number,
    execution: { priorityFees: wei(message.execution?.priorityFees), mev: wei(message.execution?.mev) },
    validators: message.validators.map((v) => ({
      pubkey: v.pubkey,
      opening: wei(v.opening),
      closing: wei(v.closing),
      withdrawn: wei(v.withdrawn),
      deposited: wei(v.deposited),
      consolidatedIn: wei(v.consolidatedIn),
      consolidatedOut: wei(v.consolidatedOut),
      reward: delta(BigInt(v.reward)),
      emptied: v.emptied,
    })),
  };
}

/** When the period of a report ended; null where its sender did not say. */
export const closedAtOf = ({ closedAt }: ReportApplyV1): Date | null => (closedAt === undefined ? null : new Date(closedAt));

/**
 * A report goes on where the last one ended, on the same chain. One that ends no later, or begins before that end, saw another history: a fork,
 * or the same period once more. Refusals: report.forked.
 */
export function follows(message: ReportApplyV1, last: PoolReport | null): Result<null> {
  if (BigInt(message.toSlot) <= BigInt(message.fromSlot)) return refuse('report.forked', 'A report ends after it begins.', {});
  if (last === null || message.number <= last.number) return ok(null); // out of order: said by the books
  const later = BigInt(message.toSlot) > last.toSlot && BigInt(message.fromSlot) >= last.toSlot && BigInt(message.toBlock) >= last.toBlock;
  if (later && message.toBlockRoot !== last.toBlockRoot) return ok(null);
  return refuse('report.forked', 'This report does not come after the last one on the same chain.', {
    from_slot: message.fromSlot,
    to_slot: message.toSlot,
    last_slot: last.toSlot.toString(),
  });
}

/** The report as everybody may see it. */
export function publishedOf(message: ReportApplyV1, applied: Applied, at: Date): PoolReport {
  const { pool, validators } = applied;
  return Object.assign(new PoolReport(), {
    poolId: pool.id,
    number: message.number,
    reportId: message.reportId,
    appliedAt: at,
    closedAt: closedAtOf(message),
    fromSlot: BigInt(message.fromSlot),
    toSlot: BigInt(message.toSlot),
    toEpoch: BigInt(message.toEpoch),
    toBlock: BigInt(message.toBlock),
    toBlockRoot: message.toBlockRoot,
    assets: pool.assets,
    shares: pool.shares,
    earningShares: earningShares(pool),
    rewardIndex: indexIn(pool, STANDARD),
    reward: applied.reward,
    priorityFees: wei(message.execution?.priorityFees),
    mev: wei(message.execution?.mev),
    principal: amount(validators.reduce((sum, v) => sum + v.principal, 0n)),
    commission: applied.commission,
    rebate: applied.rebate,
    covered: applied.covered.total,
    netted: amount(applied.netted.reduce((sum, n) => sum + n.amount, 0n)),
    setAside: applied.setAside,
    lossCarried: pool.lossCarried,
    buffer: pool.buffer,
    validators: validators.length,
  });
}
