import { Any, type EntityManager } from 'typeorm';
import { larger, smaller } from '#kernel';
import { moveUnstakes, type Why } from '../orders/order-moves.store.js';
import { lockOrders, updateOrders } from '../orders/orders.store.js';
import { cutOf, fixedEndOf, headOf } from './exit-queue.store.js';
import { ExitCover } from './exit-range.entity.js';

/** A source of money that the queue waits for: with it and all before it, so much of the queue is paid. */
export interface Reached {
  readonly pubkey: string;
  readonly reach: bigint;
}

/** Orders that learn in one transaction for which validator they wait. */
const TOLD_AT_ONCE = 2_000;

/** Who waits for which validator, as stretches of the queue: what it costs grows with the sources, not with the queue. The caller holds the pool. */
export async function saveCover(
  em: EntityManager,
  poolId: string,
  buffer: bigint,
  used: readonly Reached[],
  sent: ReadonlySet<string>,
): Promise<void> {
  const [head, end] = [await headOf(em, poolId), await fixedEndOf(em, poolId)];
  const cut = cutOf(em, poolId);
  const placeOf = async (reach: bigint, least: bigint): Promise<bigint> =>
    larger((await cut('nominal', head, head.nominal + reach, end.place))?.place ?? least, least);
  const known = new Map((await em.findBy(ExitCover, { poolId })).map((row) => [row.pubkey, row]));
  const rows: ExitCover[] = [];
  let fromPlace = await placeOf(buffer, head.place);
  for (const { pubkey, reach } of used) {
    const toPlace = await placeOf(reach, fromPlace);
    const before = known.get(pubkey);
    const isSent = sent.has(pubkey);
    const stands = before !== undefined && before.fromPlace <= fromPlace && before.sent === isSent;
    const toldPlace = stands ? smaller(larger(before.toldPlace, fromPlace), toPlace) : fromPlace;
    // one that pays in part and then leaves by itself stands here twice: who waits for the rest of it learns so when the part has come
    const twice = rows.some((row) => row.pubkey === pubkey);
    if (toPlace > fromPlace && !twice)
      rows.push(Object.assign(new ExitCover(), { poolId, pubkey, fromPlace, toPlace, sent: isSent, toldPlace }));
    fromPlace = toPlace;
  }
  const gone = [...known.keys()].filter((pubkey) => !rows.some((row) => row.pubkey === pubkey));
  if (gone.length > 0) await em.delete(ExitCover, { poolId, pubkey: Any(gone) });
  const changed = rows.filter((row) => !isSame(row, known.get(row.pubkey)));
  if (changed.length > 0) await em.upsert(ExitCover, changed, ['poolId', 'pubkey']);
}

const isSame = (a: ExitCover, b: ExitCover | undefined): boolean =>
  b !== undefined && a.fromPlace === b.fromPlace && a.toPlace === b.toPlace && a.sent === b.sent && a.toldPlace === b.toldPlace;

/** A validator is leaving: those who wait for it are told again. */
export async function markSent(em: EntityManager, poolId: string, pubkey: string): Promise<void> {
  await em.update(ExitCover, { poolId, pubkey, sent: false }, { sent: true, toldPlace: () => 'from_place' });
}

/** The next orders learn for which validator they wait: it may be another one when a request came to nothing. The caller holds the pool. */
export async function tellCovered(em: EntityManager, poolId: string, why: Why, most = TOLD_AT_ONCE): Promise<void> {
  const covers = await em
    .createQueryBuilder(ExitCover, 'c')
    .where('c.poolId = :poolId AND c.toldPlace < c.toPlace', { poolId })
    .orderBy('c.fromPlace', 'ASC')
    .getMany();
  let left = most;
  for (const cover of covers) {
    if (left === 0) return;
    left -= await tell(em, cover, why, left);
  }
}

async function tell(em: EntityManager, { poolId, pubkey, toldPlace, toPlace, sent }: ExitCover, why: Why, most: number): Promise<number> {
  const rows: { order_id: string; place: string }[] = await em.query(
    `SELECT order_id, place::text FROM staking.exit_request r
      WHERE pool_id = $1 AND place > $2::bigint AND place <= $3::bigint AND state = 'fixed' AND client_id IS NOT NULL ORDER BY r.place LIMIT $4`,
    [poolId, toldPlace.toString(), toPlace.toString(), most],
  );
  const last = rows.length < most ? toPlace : BigInt(rows.at(-1)?.place ?? toPlace);
  await em.update(ExitCover, { poolId, pubkey }, { toldPlace: last });
  const orders = await lockOrders(
    em,
    rows.map((row) => row.order_id),
  );
  const changed = orders.filter((order) => order.exitPubkey !== pubkey);
  for (const order of changed) order.exitPubkey = pubkey;
  await updateOrders(em, changed);
  const fresh = orders.filter((order) => order.state === 'accepted');
  if (fresh.length > 0) await moveUnstakes(em, fresh, ['schedule'], why);
  const late = sent ? orders.filter((order) => order.state === 'exit_scheduled') : [];
  if (late.length > 0) await moveUnstakes(em, late, ['unbond'], why);
  return rows.length;
}
