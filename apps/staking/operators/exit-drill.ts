import type { Candidate } from './allocation.js';
import { capFor, shareOf, type Cap } from './caps.js';

/** One pool's part of the answer to: what if this operator left at once? Stakes in wei. */
export interface PoolDrill {
  readonly poolId: string;
  readonly stake: bigint;
  readonly total: bigint;
  /** Basis points of the pool, rounded up: nothing looks smaller than it is. */
  readonly shareBps: number;
  /** What policy lets it hold; null: no cap. */
  readonly allowed: bigint | null;
  readonly withinPolicy: boolean;
  /** What the other operators that may take stake have room for, of what would come back. */
  readonly roomElsewhere: bigint;
}

export function drillPool(
  poolId: string,
  operatorId: string,
  candidates: readonly Candidate[],
  caps: readonly Cap[],
  size: bigint,
  room: bigint,
): PoolDrill {
  const total = candidates.reduce((sum, { stake }) => sum + stake, 0n);
  const own = candidates.find(({ id }) => id === operatorId);
  const stake = own?.stake ?? 0n;
  const shareBps = total === 0n ? 0 : Number((stake * 10_000n + total - 1n) / total);
  const limits = [
    capFor(caps, 'operator', operatorId, total, size),
    own === undefined || own.stakeLimitBps >= 10_000 ? null : shareOf(total, own.stakeLimitBps, size),
  ];
  const allowed = limits.reduce<bigint | null>(
    (least, limit) => (limit !== null && (least === null || limit < least) ? limit : least),
    null,
  );
  return { poolId, stake, total, shareBps, allowed, withinPolicy: allowed === null || stake <= allowed, roomElsewhere: room };
}
