import type { Amount } from '#kernel';

/** Duties and what was done of them, of one validator or of many. */
export interface Totals {
  readonly validators: number;
  readonly activeEpochs: bigint;
  readonly stakeEpochs: Amount;
  readonly expectedAttestations: bigint;
  readonly included: bigint;
  readonly sourceCorrect: bigint;
  readonly targetCorrect: bigint;
  readonly expectedHeads: bigint;
  readonly headCorrect: bigint;
  /** Slots from vote to block over all votes included; null where the node does not tell. */
  readonly delaySlots: bigint | null;
  readonly expectedProposals: bigint;
  readonly proposals: bigint;
  /** Σ stake × epochs × effectiveness (bps) over validators: divided by stakeEpochs it is the mean that counts large and long more. */
  readonly weighted: bigint;
}

export interface Effectiveness {
  /** Stake- and uptime-weighted; null: nothing was expected. */
  readonly effectivenessBps: number | null;
  readonly proposalsBps: number | null;
}

/** What each part of a vote is worth (consensus-specs altair: TIMELY_SOURCE_WEIGHT, TIMELY_TARGET_WEIGHT, TIMELY_HEAD_WEIGHT). */
const SOURCE = 14n;
const TARGET = 26n;
const HEAD = 14n;

type Duties = Pick<Totals, 'expectedAttestations' | 'sourceCorrect' | 'targetCorrect' | 'expectedHeads' | 'headCorrect'>;

/** What one validator's votes were worth of what they could be, basis points; null: none was expected. Heads count where they can be told. */
export function voteEffectiveness(duties: Duties): number | null {
  const most = duties.expectedAttestations * (SOURCE + TARGET) + duties.expectedHeads * HEAD;
  if (most === 0n) return null;
  return Number(((duties.sourceCorrect * SOURCE + duties.targetCorrect * TARGET + duties.headCorrect * HEAD) * 10_000n) / most);
}

export const effectivenessOf = (totals: Totals): Effectiveness => ({
  effectivenessBps: totals.stakeEpochs === 0n || totals.expectedAttestations === 0n ? null : Number(totals.weighted / totals.stakeEpochs),
  proposalsBps: totals.expectedProposals === 0n ? null : Number((totals.proposals * 10_000n) / totals.expectedProposals),
});

/** The next window of epochs to look at, or null while too few are final. Windows follow each other without a gap. */
export function nextWindow(last: bigint | null, newest: bigint, size: bigint): { readonly from: bigint; readonly to: bigint } | null {
  const from = last === null ? newest - size + 1n : last + 1n;
  const start = from > 0n ? from : 0n;
  const to = start + size - 1n;
  return to > newest ? null : { from: start, to };
}
