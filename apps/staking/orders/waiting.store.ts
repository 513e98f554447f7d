import type { EntityManager } from 'typeorm';
import { amount, smaller, type Amount } from '#kernel';
import { heldAmong } from '#ledger';

interface Row {
  readonly id: string;
  readonly client_id: string;
  readonly unallocated: string;
  readonly place: string;
}

/** Rows of the queue that are read together; each next page is larger, as a queue of small stakes is long. */
const FIRST_PAGE = 64;
const LARGEST_PAGE = 16_384;

/**
 * Stakes with money in no batch, first in, first out, without those of clients who are held: they keep their places and are passed over.
 * As many as bring `need` (the last may bring more), or `most` of them, of those placed by `placedBy`; reads no further than that. Whoever takes from the
 * queue or gives back to it holds the pool: while the caller does, only new stakes come, at its end.
 */
async function freeWaiting(em: EntityManager, poolId: string, need: bigint, most: number, placedBy: Date | null): Promise<Row[]> {
  const free: Row[] = [];
  let open = need;
  let after = '0';
  for (let size = FIRST_PAGE; open > 0n && free.length < most; size = Math.min(size * 4, LARGEST_PAGE)) {
    const page: Row[] = await em.query(
      `SELECT id, client_id, unallocated::text, place::text FROM staking.orders o
        WHERE pool_id = $1 AND unallocated > 0 AND place > $2::bigint AND created_at <= $4::timestamptz
        ORDER BY o.place LIMIT $3::int`,
      [poolId, after, size, placedBy ?? 'infinity'],
    );
    const held = await heldAmong(
      em,
      page.map((row) => row.client_id),
      'stake',
    );
    for (const row of page) {
      if (open <= 0n || free.length === most) break;
      if (held.has(row.client_id)) continue;
      free.push(row);
      open -= BigInt(row.unallocated);
    }
    if (page.length < size) break;
    after = page.at(-1)?.place ?? after;
  }
  return free;
}

/** The next stakes that may go on, first in, first out: see freeWaiting. */
export async function waitingOf(
  em: EntityManager,
  poolId: string,
  need: Amount,
  most = Infinity,
  placedBy: Date | null = null,
): Promise<{ orderId: string; clientId: string; unallocated: Amount }[]> {
  const rows = await freeWaiting(em, poolId, need, most, placedBy);
  return rows.map((row) => ({ orderId: row.id, clientId: row.client_id, unallocated: amount(BigInt(row.unallocated)) }));
}

/** What of `most` waits in the queue and may go on. */
export async function freeQueue(em: EntityManager, poolId: string, most: Amount): Promise<bigint> {
  const rows = await freeWaiting(em, poolId, most, Infinity, null);
  return smaller(
    rows.reduce((total, row) => total + BigInt(row.unallocated), 0n),
    most,
  );
}
