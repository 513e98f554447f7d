import type { Snapshot } from './oracle-facts.spec-support.js';
import { indexIn } from './tiers.js';
import type { World } from './world.spec-support.js';

/** What a world in memory says of itself. */
export function snapshotOf(world: World): Snapshot {
  const { pool, book } = world;
  const ids = new Set([...world.holders.keys(), ...world.stakes.map((s) => s.clientId)]);
  return {
    pool: {
      ...{ assets: pool.assets, shares: pool.shares, fixed: pool.fixedShares, leaving: pool.leavingShares, surplus: pool.surplus },
      ...{ carried: pool.carriedReward, loss: pool.lossCarried, buffer: pool.buffer, credited: pool.credited, collected: pool.collected },
    },
    clients: new Map(
      [...ids].map((id) => [
        id,
        {
          available: book.balance('client.available', id),
          entering: book.balance('client.reserved', id) + book.balance('client.staking', id),
          shares: book.balance('client.shares', id),
          locked: book.balance('client.shares_locked', id),
          rewards: book.balance('client.rewards', id),
        },
      ]),
    ),
    owed: new Map([...world.holders].map(([id, h]) => [id, (indexIn(pool, h.tier) - h.indexPaid) * h.shares + h.remainder])),
    booked: world.validators.reduce((sum, v) => sum + v.booked, 0n),
    fillInFlight: world.batches.reduce((sum, b) => sum + b.fill, 0n),
    unminted: world.entries.reduce((sum, e) => sum + e.amount, 0n),
  };
}
