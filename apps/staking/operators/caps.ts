import { refuse, type Refusal } from '#kernel';

export const capScopes = ['validator', 'operator', 'jurisdiction', 'client_type'] as const;
export type CapScope = (typeof capScopes)[number];

/** How much stake of a pool may be in one place: basis points of the pool, or wei, or both (the smaller counts). */
export interface Cap {
  readonly scope: CapScope;
  /** Id of an operator, code of a jurisdiction, name of a client; `*`: each that has no cap of its own. Always `*` for validators. */
  readonly subject: string;
  readonly bps: number | null;
  /** Decimal string, wei. */
  readonly units: string | null;
}

export const EVERY = '*';

/** Why the caps cannot stand. Refusals: caps.malformed. */
export function problemOfCaps(caps: readonly Cap[]): Refusal | null {
  const bad = (why: string): Refusal => refuse('caps.malformed', why).refusal;
  const seen = new Set<string>();
  for (const cap of caps) {
    const name = `${cap.scope}/${cap.subject}`;
    if (seen.has(name)) return bad(`There are two caps for ${name}.`);
    seen.add(name);
    if (cap.bps === null && cap.units === null) return bad(`The cap for ${name} says neither basis points nor an amount.`);
    if (cap.scope === 'validator' && (cap.subject !== EVERY || cap.units === null))
      return bad('A cap of validators is an amount, and for all of them.');
  }
  return null;
}

/**
 * What a place may hold when its pool holds `total`. A share is rounded up to whole validators of `size`: stake goes in pieces of that size, and
 * without it the first of a small pool would fit nowhere. Null: no cap.
 */
export function capFor(caps: readonly Cap[], scope: CapScope, subject: string, total: bigint, size: bigint): bigint | null {
  const cap = caps.find((c) => c.scope === scope && c.subject === subject) ?? caps.find((c) => c.scope === scope && c.subject === EVERY);
  if (!cap) return null;
  const limits = [cap.units === null ? null : BigInt(cap.units), cap.bps === null ? null : shareOf(total, cap.bps, size)];
  return limits.reduce<bigint | null>((least, limit) => (limit !== null && (least === null || limit < least) ? limit : least), null);
}

/** A share of the total in whole validators, rounded up. Nothing stays nothing. */
export function shareOf(total: bigint, bps: number, size: bigint): bigint {
  if (bps >= 10_000) return total + size;
  const part = total * BigInt(bps);
  const whole = 10_000n * size;
  return ((part + whole - 1n) / whole) * size;
}
