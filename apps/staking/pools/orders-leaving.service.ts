import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { amount, invariant, shares, smaller, type Amount, type Shares } from '#kernel';
import { NOTHING, type Finalisation, type Sums } from '../exit-queue/queue.js';
import { moveUnstakes, type Why } from '../orders/order-moves.store.js';
import { leavers, lockOrders, updateOrders } from '../orders/orders.store.js';
import { holdersOf, saveHolders } from '../settlement/settlement.store.js';
import { Leaving, type Fixed, type Fixing, type PaidNow } from './leaving.js';
import type { Move } from './moves.js';
import { redeemedFor, type Price } from './pool.js';
import { domainOf, type Held } from './pools.store.js';
import { bringUp } from './tiers.js';

/** Leavers order by order, each a range of its own. */
@Injectable()
export class OrdersLeaving extends Leaving {
  async fix(em: EntityManager, held: Held, { price, indexes }: Fixing): Promise<Fixed> {
    const waiting = await leavers(em, held.row.id);
    const fresh = waiting.filter((o) => o.nominal === null);
    const holders = await holdersOf(
      em,
      held.row.id,
      fresh.map((o) => o.clientId),
      indexes,
    );
    const byTier = new Map<string, Shares>();
    const moves: Move[] = [];
    const pool = { ...domainOf(held), tiers: [...indexes].map(([tier, rewardIndex]) => ({ tier, rewardIndex, shares: shares(0n), indexRemainder: 0n })) };
    for (const order of fresh) {
      order.nominal = redeemedFor(price, order.shares);
      const before = holders.get(order.clientId);
      invariant(before !== undefined, 'exit.without_holder', { order: order.id });
      const { holder, paid } = bringUp(pool, before);
      holders.set(order.clientId, { ...holder, shares: shares(holder.shares - order.shares) });
      byTier.set(holder.tier, shares((byTier.get(holder.tier) ?? 0n) + order.shares));
      if (paid > 0n) moves.push({ kind: 'reward.settle', clientId: order.clientId, of: order.id, amount: paid });
    }
    if (fresh.length > 0) await saveHolders(em, held.row.id, [...holders.values()]);
    await updateOrders(em, fresh);
    return { byTier, moves, waiting: amount(waiting.reduce((sum, o) => sum + (o.nominal ?? 0n), 0n)) };
  }

  async finalise(em: EntityManager, { row }: Held, price: Price, money: Amount, until: bigint | null): Promise<readonly Finalisation[]> {
    const done: Finalisation[] = [];
    let [left, from]: [bigint, Sums] = [money, NOTHING];
    for (const order of await leavers(em, row.id)) {
      if (order.nominal === null || (until !== null && order.place >= until)) break;
      const value = redeemedFor(price, order.shares);
      const setAside = smaller(order.nominal, value);
      if (setAside > left) break;
      left -= setAside;
      const to = { place: from.place + 1n, shares: from.shares + order.shares, nominal: from.nominal + order.nominal };
      const basis = order.nominal <= value ? 'nominal' : 'value';
      done.push({ group: Number(to.place), from, to, basis, price, setAside });
      from = to;
    }
    return done;
  }

  async pay(em: EntityManager, { row }: Held, _report: number, finalised: readonly Finalisation[], why: Why): Promise<PaidNow> {
    const first = (await leavers(em, row.id)).slice(0, finalised.length);
    const orders = new Map(
      (
        await lockOrders(
          em,
          first.map((o) => o.id),
        )
      ).map((o) => [o.id, o]),
    );
    const moves: Move[] = [];
    let burnt = 0n;
    first.forEach(({ id, clientId, shares: units }, i) => {
      const order = orders.get(id);
      const paid = finalised[i]?.setAside;
      invariant(order !== undefined && paid !== undefined, 'report.order_lost', { order: id });
      order.settled = paid;
      burnt += units;
      moves.push({ kind: 'share.burn', clientId, of: id, amount: units });
      if (paid > 0n) moves.push({ kind: 'exit.pay', clientId, of: id, amount: paid });
    });
    if (orders.size > 0) await moveUnstakes(em, [...orders.values()], ['finalise', 'settle'], why);
    return { moves, burnt: shares(burnt), surplus: amount(0n) };
  }
}
