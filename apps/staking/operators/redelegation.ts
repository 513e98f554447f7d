import { smaller } from '#kernel';
import { spread, type Candidate } from './allocation.js';
import { shareOf, type Cap } from './caps.js';

/** An operator's part of a pool, and the two marks between which nothing is done. */
export interface Holder {
  /** `stake`: what it runs and will run, without what is leaving. */
  readonly candidate: Candidate;
  /** What of it is leaving and has not come back yet: still a part of the pool, and nobody's to be. */
  readonly leaving: bigint;
  readonly exitThresholdBps: number;
  /** It is to hold no more than this, and at once. */
  readonly forcedTarget: bigint | null;
  /** Its contract has ended, or it was retired: all of it is to leave. */
  readonly mustLeave: boolean;
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
 * above the threshold, and shares are of all the pool has: what is leaving and what came back (`buffer`) count until they are placed again, so
 * what has been put right is not put right again by the next small change, nor by what it set in motion. `size`: what a whole validator
 * holds. Validators in the order given.
 */
export function planMoves(
  holders: readonly Holder[],
  caps: readonly Cap[],
  movable: readonly Movable[],
  size: bigint,
  buffer = 0n,
): Redelegation {
  const away = holders.reduce((sum, { leaving }) => sum + leaving, buffer);
  const total = holders.reduce((sum, { candidate }) => sum + candidate.stake, away);
  const leaves = holders.flatMap((holder) => {
    const { id, stake, stakeLimitBps } = holder.candidate;
    const most = (bps: number): bigint => (holder.mustLeave ? 0n : smaller(shareOf(total, bps, size), holder.forcedTarget ?? total));
    if (stake <= most(holder.exitThresholdBps)) return [];
    const taken = downTo(id, stake, most(stakeLimitBps), movable);
    if (taken.length === 0) return [];
    const amount = taken.reduce((sum, each) => sum + each.stake, 0n);
    return [{ operatorId: id, pubkeys: taken.map(({ pubkey }) => pubkey), amount, why: reasonOf(holder) }];
  });
  const moved = leaves.reduce((sum, { amount }) => sum + amount, 0n);
  const gone = new Map(leaves.map(({ operatorId, amount }) => [operatorId, amount]));
  const after = holders.map(({ candidate }): Candidate => {
    const part = gone.get(candidate.id);
    if (part === undefined) return candidate;
    const stake = candidate.stake - part;
    return { ...candidate, stake, target: stake }; // it takes nothing of this back
  });
  const joins = spread(after, caps, moved, size, away);
  const homeless = moved - [...joins.values()].reduce((sum, part) => sum + part, 0n);
  return { leaves, joins, homeless };
}

const reasonOf = ({ mustLeave, forcedTarget, candidate: { stake } }: Holder): string => {
  if (mustLeave) return 'operator.must_leave';
  return forcedTarget !== null && stake > forcedTarget ? 'operator.over_forced_target' : 'operator.over_exit_threshold';
};

/** Whole validators, until the operator holds no more than the limit. */
function downTo(id: string, stake: bigint, limit: bigint, movable: readonly Movable[]): Movable[] {
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
