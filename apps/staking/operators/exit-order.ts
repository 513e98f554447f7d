import { shareOf } from './caps.js';
import type { TargetKind } from './operator.js';

/** An operator of a pool as the order of exits sees it. */
export interface Burdened {
  readonly id: string;
  /** What it runs, without what is leaving. */
  readonly stake: bigint;
  /** What of it is leaving already: it counts for what a threshold is a share of, so that no exit puts another operator above its own. */
  readonly leaving: bigint;
  readonly weight: number;
  readonly exitThresholdBps: number;
  readonly target: { readonly kind: TargetKind; readonly stake: bigint } | null;
  /** Retired, or its contract ended. */
  readonly mustLeave: boolean;
}
export interface Leaving {
  readonly pubkey: string;
  /** Null: nobody's that is known; it counts for an operator of its own without a weight. */
  readonly operatorId: string | null;
  readonly stake: bigint;
  readonly index: bigint;
}

/**
 * In which order validators leave when exits need them: first of the operator that is furthest above its forced target, then its soft
 * target, then of one above its exit threshold, then of the one that holds most above its weight; of one operator, the lowest index. Each one
 * taken changes what its operator holds before the next is chosen; thresholds are shares of what there is with all that is leaving. `size`: what a whole validator holds.
 */
export function exitOrder<V extends Leaving>(validators: readonly V[], operators: readonly Burdened[], size: bigint): V[] {
  const queues = queuesOf(validators);
  const known = new Map(operators.map((operator) => [operator.id, operator]));
  const stakes = new Map(operators.map(({ id, stake }) => [id, stake]));
  const weights = operators.reduce((sum, { weight }) => sum + BigInt(weight), 0n);
  const whole = operators.reduce((sum, { stake, leaving }) => sum + stake + leaving, 0n);
  let left = operators.reduce((sum, { stake }) => sum + stake, 0n);
  const order: V[] = [];
  while (order.length < validators.length) {
    const heads = [...queues].flatMap(([id, queue]) => {
      const head = queue.at(-1);
      return head ? [{ id, head, ranks: ranks(known.get(id), stakes.get(id) ?? head.stake, { whole, left, weights, size }) }] : [];
    });
    const next = heads.reduce((first, other) => (before(other, first) ? other : first));
    queues.get(next.id)?.pop();
    order.push(next.head);
    left -= next.head.stake;
    stakes.set(next.id, (stakes.get(next.id) ?? next.head.stake) - next.head.stake);
  }
  return order;
}

/** By operator, the lowest index last. */
function queuesOf<V extends Leaving>(validators: readonly V[]): Map<string, V[]> {
  const queues = new Map<string, V[]>();
  for (const validator of [...validators].sort((a, b) => (a.index > b.index ? -1 : a.index < b.index ? 1 : 0))) {
    const queue = queues.get(validator.operatorId ?? '');
    if (queue) queue.push(validator);
    else queues.set(validator.operatorId ?? '', [validator]);
  }
  return queues;
}

/** How far above each mark an operator stands, the most urgent mark first; nothing below it. */
function ranks(
  operator: Burdened | undefined,
  stake: bigint,
  { whole, left, weights, size }: { whole: bigint; left: bigint; weights: bigint; size: bigint },
): bigint[] {
  const above = (mark: bigint): bigint => (stake > mark ? stake - mark : 0n);
  const { target = null, mustLeave = false } = operator ?? {};
  const forced = mustLeave ? stake : target?.kind === 'forced' ? above(target.stake) : 0n;
  const soft = target?.kind === 'soft' ? above(target.stake) : 0n;
  const threshold = operator === undefined ? 0n : above(shareOf(whole, operator.exitThresholdBps, size));
  const fair = weights === 0n ? 0n : (left * BigInt(operator?.weight ?? 0)) / weights;
  return [forced, soft, threshold, above(fair)];
}

function before(a: { ranks: bigint[]; head: Leaving }, b: { ranks: bigint[]; head: Leaving }): boolean {
  for (const [i, mine] of a.ranks.entries()) {
    const theirs = b.ranks[i] ?? 0n;
    if (mine !== theirs) return mine > theirs;
  }
  return a.head.index < b.head.index;
}
