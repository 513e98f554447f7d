import { ok, refuse, type Result } from '#kernel';

export const STANDARD = 'standard';

/** What a tier of clients pays of the rewards of a product, from a time on. */
export interface Fee {
  readonly tier: string;
  readonly version: number;
  readonly commissionBps: number;
  readonly effectiveAt: Date;
}

/** By tier, what is in force at a time: the version that became effective last. */
export function inForce(fees: readonly Fee[], at: Date): Map<string, Fee> {
  const now = new Map<string, Fee>();
  for (const fee of fees) {
    if (fee.effectiveAt > at) continue;
    const other = now.get(fee.tier);
    const later = !other || fee.effectiveAt > other.effectiveAt || (+fee.effectiveAt === +other.effectiveAt && fee.version > other.version);
    if (later) now.set(fee.tier, fee);
  }
  return now;
}

/** What a tier pays, of the basis points in force by tier: its own fee, or the standard one where it has none or that has become the lower. */
export function feeOf(bps: ReadonlyMap<string, number>, tier: string): number {
  const standard = bps.get(STANDARD) ?? 0;
  return Math.min(bps.get(tier) ?? standard, standard);
}

/**
 * The next version of a tier's fee. What was announced is not overtaken, the past is not changed, and no tier pays more than the standard one.
 * Refusals: fee.in_the_past, fee.later_one_set, fee.above_standard.
 */
export function nextFee(fees: readonly Fee[], wish: Omit<Fee, 'version'>, now: Date): Result<Fee> {
  if (wish.effectiveAt < now) return refuse('fee.in_the_past', 'A fee takes effect from now on, never before.');
  const own = fees.filter((fee) => fee.tier === wish.tier);
  const later = own.find((fee) => fee.effectiveAt > wish.effectiveAt);
  if (later)
    return refuse('fee.later_one_set', 'A later fee of this tier has been announced already.', {
      version: later.version,
      effective_at: later.effectiveAt.toISOString(),
    });
  const standard = inForce(fees, wish.effectiveAt).get(STANDARD);
  if (wish.tier !== STANDARD && standard && wish.commissionBps > standard.commissionBps)
    return refuse('fee.above_standard', 'A tier pays at most what the standard one does.', { standard_bps: standard.commissionBps });
  return ok({ ...wish, version: own.length + 1 });
}
