import { ETH } from '../staking.spec-support.js';
import type { Wish } from './wish.spec-support.js';

/** A validator as the database has it. */
export interface Living {
  readonly pubkey: string;
  readonly booked: bigint;
  readonly principal: bigint;
  readonly slashed: boolean;
  readonly operator: string | null;
}

/** The i-th that lives, as a period with these wishes leaves it. */
export function observed(v: Living, i: number, wish: Wish) {
  const wished = (BigInt(wish.rewards[i % wish.rewards.length] ?? 0) * (32n * ETH)) / 1_000_000n + BigInt(wish.dust);
  const lost = i === 0 && wish.slashed > 0 ? (v.booked * BigInt(wish.slashed)) / 1_000_000n : 0n;
  const reward = wished - lost < 0n - v.booked ? 0n - v.booked : wished - lost;
  const held = v.booked + reward;
  const emptied = i < wish.emptied;
  const above = held > 32n * ETH ? held - 32n * ETH : 0n;
  const withdrawn = emptied ? held : wish.sweep > 0 && i % wish.sweep === 0 ? above : 0n;
  return { pubkey: v.pubkey, reward, withdrawn, emptied };
}
