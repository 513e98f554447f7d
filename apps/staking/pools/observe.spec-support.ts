import { amount, delta } from '#kernel';
import type { Observation, PoolValidator } from './rewards.js';
import type { Wish } from './wish.spec-support.js';

/** The i-th validator that lives, as a period with these wishes leaves it. */
export function observe(v: PoolValidator, i: number, wish: Wish, unit: bigint): Observation {
  const size = 32n * unit;
  const none = amount(0n);
  const millionths = wish.rewards[i % wish.rewards.length] ?? 0;
  const dust = unit < 10n ** 9n ? 0n : BigInt(wish.dust);
  const wished = (BigInt(millionths) * size) / 1_000_000n + dust;
  const lost = i === 0 && wish.slashed > 0 ? (v.booked * BigInt(wish.slashed)) / 1_000_000n : 0n;
  const reward = wished - lost < 0n - v.booked ? 0n - v.booked : wished - lost;
  const held = v.booked + reward;
  const emptied = i < wish.emptied;
  const above = held > size ? held - size : 0n;
  const withdrawn = amount(emptied ? held : wish.sweep > 0 && i % wish.sweep === 0 ? above : 0n);
  const nothing = { deposited: none, consolidatedIn: none, consolidatedOut: none };
  return {
    pubkey: v.pubkey,
    opening: v.booked,
    closing: amount(held - withdrawn),
    withdrawn,
    ...nothing,
    reward: delta(reward),
    emptied,
  };
}

/** Through text, as a database would have it. */
export function reread<T>(value: T): T {
  const text = JSON.stringify(value, (_, v: unknown) => (typeof v === 'bigint' ? `${v}n` : v));
  return JSON.parse(text, (_, v: unknown) => (typeof v === 'string' && /^-?\d+n$/.test(v) ? BigInt(v.slice(0, -1)) : v)) as T;
}
