import type { Journal } from './journal.js';
import { POOLS, same } from './law.js';
import type { World } from './world.js';

/** A2: the books against the chain: every address at the last block that custody followed, every validator at the slot of its last report. */
export async function chainAgrees(world: World, journal: Journal): Promise<void> {
  const [cursor] = await world.sql<{ block: string }>(`SELECT number::text AS block FROM custody.cursor WHERE chain = 'ethereum'`);
  if (!cursor) return;
  const wallets = await world.sql<{ id: string; address: string; role: string }>(
    `SELECT id, address, role FROM custody.wallet ORDER BY id`,
  );
  const there = await world.chain.balances(
    wallets.map(({ address }) => address),
    Number(cursor.block),
  );
  for (const { id, address, role } of wallets) {
    const booked = -journal.balance(role === 'treasury' ? 'house.wallet' : 'trust.wallet', id);
    same(`the chain: ${role} ${address} at block ${cursor.block}`, there.get(address) ?? 0n, booked);
  }
  for (const { pool } of POOLS) {
    const [report] = await world.sql<{ slot: string }>(
      `SELECT to_slot::text AS slot FROM staking.pool_report WHERE pool_id = $1 ORDER BY number DESC LIMIT 1`,
      [pool],
    );
    const rows = await world.sql<{ pubkey: string }>(`SELECT pubkey FROM staking.validator WHERE pool_id = $1 AND reported`, [pool]);
    if (!report || rows.length === 0) continue;
    const stakes = await world.chain.stakes(
      rows.map(({ pubkey }) => pubkey),
      BigInt(report.slot),
    );
    for (const { pubkey } of rows)
      same(`the chain: validator ${pubkey} at slot ${report.slot}`, stakes.get(pubkey) ?? 0n, -journal.balance('stake.validator', pubkey));
  }
}
