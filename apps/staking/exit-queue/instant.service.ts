import { Inject, Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { record } from '#audit';
import { Transactor } from '#database';
import { money, Requests, type Answer, type Reply } from '#http';
import {
  amount,
  asset,
  invariant,
  newUuid,
  ok,
  parseDecimal,
  publicId,
  refuse,
  Refused,
  shares,
  uuid5,
  type Clock,
  type Result,
} from '#kernel';
import { balanceOf, post } from '#ledger';
import type { StakingConfig } from '../config.js';
import { writeHistory } from '../history/history.store.js';
import { bunkerOf } from '../losses/bunker.js';
import { draftUnstake, type Draft } from '../orders/draft.js';
import { insufficientShares } from '../orders/decide.js';
import { Knowledge } from '../orders/knowledge.store.js';
import { announce, step } from '../orders/order-moves.store.js';
import { operationView } from '../orders/operation-view.js';
import type { Order } from '../orders/order.entity.js';
import { insertOrders } from '../orders/orders.store.js';
import type { Placement } from '../orders/placement.js';
import { unstakeMachine, type UnstakeState } from '../orders/unstake.js';
import type { Move } from '../pools/moves.js';
import { causeOf, domainOf, lockPool, poolOf, reportsOf, savePool, type Held } from '../pools/pools.store.js';
import { toPostings } from '../pools/postings.js';
import { changeHolding } from '../pools/tiers.js';
import { isFor, productOf } from '../products/products.store.js';
import { underReview } from '../products/terms.js';
import { holderOf, saveHolders } from '../settlement/settlement.store.js';
import { CLOCK, CONFIG } from '../tokens.js';
import { cadenceOf } from './exit-eta.js';
import { arrive } from './exit-queue.store.js';
import { InstantExit } from './instant-exit.entity.js';
import { mayExitAtOnce, priceInstant, type InstantPrice } from './instant.js';
import { insertInstantExit, slashingOpen, termsOf } from './instant.store.js';

export type UnstakePlacement = Extract<Placement, { type: 'unstake' }>;
interface Decided {
  readonly draft: Draft;
  readonly price: InstantPrice;
}
const UNKNOWN = refuse('stake.unknown_product', 'There is no such product.');
/** A validator need not leave for it: there is no least. */
const NO_MINIMUM = amount(0n);

/** Sells shares at once to the instant buffer of a pool, at the last report's price less a spread. Its request waits in the queue instead of the client's. */
@Injectable()
export class InstantService {
  constructor(
    private readonly transactor: Transactor,
    private readonly requests: Requests,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(CONFIG) private readonly config: StakingConfig,
  ) {}

  place(placement: UnstakePlacement): Promise<Answer> {
    return this.requests.once(placement.operation, async (em) => {
      const held = await this.hold(em, placement);
      if (!held.ok) return held;
      const decided = await this.decide(em, held.value, placement);
      if (!decided.ok) return decided;
      const problem = checkLeast(decided.value, placement);
      return problem ?? this.carryOut(em, held.value, decided.value);
    });
  }

  /** What it would be now; nothing is kept, and the next exit or report changes it. Refuses as the exit would. */
  async quote(clientId: string, body: UnstakePlacement['body']): Promise<object> {
    const placement: UnstakePlacement = { type: 'unstake', clientId, body, operation: { id: newUuid(), requestHash: '' } };
    // decided as an exit is, with the standing locked: no read-only transaction may do that
    return this.transactor.run(async (em) => {
      const product = await productOf(em, body.product_id);
      const row = product && isFor(product, clientId) ? await poolOf(em, product.poolId) : null;
      if (product === null || row === null) throw new Refused(UNKNOWN.refusal);
      const decided = await this.decide(em, { row, product }, placement);
      if (!decided.ok) throw new Refused(decided.refusal);
      const { draft, price } = decided.value;
      return {
        product_id: product.id,
        asset: product.asset,
        shares: money(row.shareAsset, draft.order.shares),
        ...instantView(product.asset, price),
        buffer_left: money(product.asset, price.bufferLeft),
        report: row.reportNumber,
        holds: 'until the next instant exit or report; give least_amount to be refused rather than paid less',
      };
    });
  }

  private async hold(em: EntityManager, { clientId, body }: UnstakePlacement): Promise<Result<Held>> {
    const product = await productOf(em, body.product_id);
    return product && isFor(product, clientId) ? ok(await lockPool(em, product.poolId)) : UNKNOWN;
  }

  private async decide(em: EntityManager, { row, product }: Held, placement: UnstakePlacement): Promise<Result<Decided>> {
    const now = this.clock.now();
    const buffer = amount(await balanceOf(em, { kind: 'pool.instant_buffer', owner: row.id, asset: product.asset }));
    const applied = (await reportsOf(em, row.id, 12)).map((report) => report.appliedAt);
    const cadence = cadenceOf(applied, now);
    const terms = mayExitAtOnce({
      offered: this.config.INSTANT_EXIT === 'on',
      terms: await termsOf(em, row.id),
      rateStanding: row.rateStanding,
      bunker: bunkerOf(row) !== null,
      slashed: await slashingOpen(em, row.id),
      // with fewer than two reports nobody knows when the next one is due: it may be now
      reportDue: cadence === null || cadence.sinceLast > cadence.seconds,
      buffer,
    });
    if (!terms.ok) return terms;
    const draft = draftUnstake(placement, await Knowledge.of(em, [placement]), now, NO_MINIMUM);
    if (!draft.ok) return draft;
    const price = priceInstant(terms.value, buffer, amount(draft.value.order.requested));
    return price.ok ? ok({ draft: draft.value, price: price.value }) : price;
  }

  /** Posted first: what the ledger refuses, a hold or shares that others took meanwhile, leaves nothing behind. The caller holds the pool. */
  private async carryOut(em: EntityManager, held: Held, { draft, price }: Decided): Promise<Result<Reply>> {
    const order = { ...draft.order, instant: true, settled: price.pays };
    const { id: of, clientId, poolId, createdAt: at } = order;
    const before = await holderOf(em, poolId, clientId);
    invariant(before !== null, 'instant.without_holder', { order: of });
    const pool = domainOf(held);
    const changed = before.shares < order.shares ? null : changeHolding(pool, before, 0n - order.shares);
    if (changed === null) return insufficientShares(before.shares);
    const moves: Move[] = [
      ...(changed.paid > 0n ? [{ kind: 'reward.settle', clientId, of, amount: changed.paid } as const] : []),
      { kind: 'instant.take', clientId, of, amount: order.shares },
      { kind: 'instant.pay', clientId, of, amount: price.pays },
    ];
    const group = uuid5('instant', of);
    const outcomes = await post(
      em,
      toPostings(moves, causeOf(held, of, at)).map((posting) => ({ ...posting, group })),
    );
    const refused = outcomes.flatMap((outcome) => (outcome.status === 'posted' || outcome.reason === 'group' ? [] : [outcome.reason]));
    if (refused.includes('held')) return underReview();
    if (refused.length > 0) return insufficientShares(null);
    await saveHolders(em, poolId, [changed.holder]);
    await savePool(em, held.row, { ...changed.pool, fixedShares: shares(pool.fixedShares + order.shares) });
    await this.write(em, held, order, draft, price);
    const steps = [{ resourceId: of, to: order.state, at, transactionHash: null, reason: null }];
    const view = operationView(order as Order, false, draft.about, { steps, parts: [], eta: null });
    const headers = { location: `/v1/staking/operations/${publicId('operation', of)}` };
    return ok({ status: 200, body: { ...view, instant: instantView(held.product.asset, price) }, headers });
  }

  private async write(
    em: EntityManager,
    { row, product }: Held,
    order: Omit<Order, 'place'>,
    draft: Draft,
    price: InstantPrice,
  ): Promise<void> {
    const { id: orderId, clientId, poolId, createdAt: at } = order;
    const why = { at, actor: { kind: 'client', id: clientId } as const };
    const paid = step(unstakeMachine, 'unstake', order as typeof order & { state: UnstakeState }, orderId, 'pay_at_once', why);
    await insertOrders(em, [order]);
    await writeHistory(em, [...draft.history, paid]);
    await arrive(em, [{ orderId, poolId, clientId: null, shares: order.shares, acceptedAt: at }]);
    await insertInstantExit(
      em,
      Object.assign(new InstantExit(), {
        ...{ orderId, poolId, clientId, shares: order.shares, value: price.value, paid: price.pays },
        ...{ spreadBps: price.spreadBps, report: row.reportNumber, at },
      }),
    );
    await announce(em, [order as Order]);
    await record(em, {
      actor: why.actor,
      action: 'unstake.instant',
      resource: publicId('operation', orderId),
      details: { product: product.id, shares_atomic: order.shares, paid_atomic: price.pays, spread_bps: price.spreadBps },
    });
  }
}

function checkLeast({ draft, price }: Decided, { body }: UnstakePlacement): Result<never> | null {
  if (body.least_amount === undefined) return null;
  const least = parseDecimal(asset(draft.about.asset), body.least_amount);
  if (!least.ok) return least;
  if (price.pays >= least.value) return null;
  return refuse('instant.moved', 'It would pay less than the least you accept.', { pays_atomic: price.pays.toString() });
}

const instantView = (code: string, { value, pays, spreadBps }: InstantPrice) => ({
  value: money(code, value),
  spread_bps: spreadBps,
  spread: money(code, value - pays),
  pays: money(code, pays),
});
