import { larger, smaller } from '#kernel';
import { shareOf } from './caps.js';
import { fillLeastFirst } from './fill.js';

/** An operator's part of a pool, and the two marks between which nothing is done. */
export interface Holder {
  readonly id: string;
  /** What it runs and will run, without what is leaving. */
  readonly stake: bigint;
  readonly stakeLimitBps: number;
  readonly exitThresholdBps: number;
  /** It is to hold no more than this, and at once. */
  readonly forcedTarget: bigint | null;
  /** Its contract has ended, or it was retired: all of it is to leave. */
  readonly mustLeave: boolean;
  /** Whether it may be given stake. */
  readonly takes: boolean;
}
export interface Movable {
  readonly pubkey: string;
  readonly operatorId: string;
  readonly stake: bigint;
}
export interface Redelegation {
  readonly leaves: readonly {
    readonly operatorId: string;
    readonly pubkeys: readonly string[];
    readonly amount: bigint;
    readonly why: string;
  }[];
  /** Where it would come to. */
  readonly joins: ReadonlyMap<string, bigint>;
  /** What nobody has room for: it waits in the pool's buffer. */
  readonly homeless: bigint;
}

/**
 * What would have to move: an operator that holds more than its exit threshold comes down to its stake limit, and no further. The limit is never
 * above the threshold, so what has been put right is not put right again by the next small change. `size`: what a whole validator holds.
 * Validators in the order given.
 */
export function planMoves(holders: readonly Holder[], movable: readonly Movable[], size: bigint): Redelegation {
  const total = holders.reduce((sum, { stake }) => sum + stake, 0n);
  const leaves = holders.flatMap((holder) => {
    const most = (bps: number): bigint => (holder.mustLeave ? 0n : smaller(shareOf(total, bps, size), holder.forcedTarget ?? total));
    if (holder.stake <= most(holder.exitThresholdBps)) return [];
    const limit = most(holder.stakeLimitBps);
    const taken = downTo(holder, limit, movable);
    if (taken.length === 0) return [];
    const amount = taken.reduce((sum, { stake }) => sum + stake, 0n);
    const why = reasonOf(holder);
    return [{ operatorId: holder.id, pubkeys: taken.map(({ pubkey }) => pubkey), amount, why }];
  });
  const moved = leaves.reduce((sum, { amount }) => sum + amount, 0n);
  const left = new Set(leaves.map(({ operatorId }) => operatorId));
  const buckets = holders
    .filter(({ id, takes }) => takes && !left.has(id))
    .map(({ id, stake, stakeLimitBps, forcedTarget }) => {
      const most = smaller(shareOf(total, stakeLimitBps, size), forcedTarget ?? total);
      return { id, filled: stake, cap: larger(stake, most) };
    });
  const joins = new Map([...fillLeastFirst(buckets, moved)].filter(([, part]) => part > 0n));
  const homeless = moved - [...joins.values()].reduce((sum, part) => sum + part, 0n);
  return { leaves, joins, homeless };
}

const reasonOf = ({ mustLeave, forcedTarget, stake }: Holder): string => {
  if (mustLeave) return 'operator.must_leave';
  return forcedTarget !== null && stake > forcedTarget ? 'operator.over_forced_target' : 'operator.over_exit_threshold';
};

/** Whole validators, until the operator holds no more than the limit. */
function downTo({ id, stake }: Holder, limit: bigint, movable: readonly Movable[]): Movable[] {
  const taken: Movable[] = [];
  let left = stake;
  for (const validator of movable) {
    if (left <= limit) break;
    if (validator.operatorId !== id) continue;
    taken.push(validator);
    left -= validator.stake;
  }
  return taken;
}
