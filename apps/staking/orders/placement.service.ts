import { Inject, Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { recordMany, type Act } from '#audit';
import { Batcher, Transactor } from '#database';
import { emitMany } from '#delivery';
import { answer, Problems, Requests, type Answer } from '#http';
import { amount, type Amount, invariant, publicId, type Clock, type Refusal, type Result } from '#kernel';
import { post, type Posting, type RefusalReason } from '#ledger';
import { DisclosureAccepted } from '#messages';
import { currentCorrelation } from '#runtime';
import type { StakingConfig } from '../config.js';
import { arrive } from '../exit-queue/exit-queue.store.js';
import { writeHistory, type HistoryRow } from '../history/history.store.js';
import { toPostings } from '../pools/postings.js';
import { underReview } from '../products/terms.js';
import { projectAcknowledgements } from '../standing/standing.store.js';
import { CLOCK, CONFIG } from '../tokens.js';
import { draftStake, draftUnstake, type Draft } from './draft.js';
import { insufficientBalance, insufficientShares } from './decide.js';
import { Knowledge } from './knowledge.store.js';
import { announce } from './order-moves.store.js';
import { operationView } from './operation-view.js';
import type { Order } from './order.entity.js';
import { insertOrders } from './orders.store.js';
import type { Placement } from './placement.js';

interface Waiting {
  readonly placement: Placement;
  /** Requests that share a transaction keep each its own. */
  readonly correlation: string | undefined;
}

/** Places orders. What has arrived is decided, booked, written and answered in one transaction. */
@Injectable()
export class PlacementService {
  private readonly batcher: Batcher<Waiting, Answer>;

  /** Of an exit, wei. */
  private readonly least: Amount;

  constructor(
    transactor: Transactor,
    private readonly requests: Requests,
    private readonly problems: Problems,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(CONFIG) config: StakingConfig,
  ) {
    this.least = amount(BigInt(config.MINIMUM_UNSTAKE));
    this.batcher = new Batcher(transactor, {
      work: (em, waiting) => this.work(em, waiting),
      maxItems: config.BATCH_MAX_ITEMS,
      maxWaitMs: config.BATCH_MAX_WAIT_MS,
      maxQueued: config.BATCH_MAX_QUEUED,
      turnOf: ({ placement }) => placement.clientId,
    });
  }

  place(placement: Placement): Promise<Answer> {
    return this.requests.single(placement.operation, () => this.batcher.submit({ placement, correlation: currentCorrelation() }));
  }

  /** Places one order in the caller's transaction, which must ask at most once with one operation. Nothing is kept of what is refused. */
  async instructed(em: EntityManager, placement: Placement): Promise<Result<Draft>> {
    const [result] = await this.decide(em, [placement]);
    invariant(result !== undefined, 'placement.answers_do_not_match', { index: 0, length: 0 });
    if (!result.ok) return result;
    const correlation = currentCorrelation();
    await this.write(em, [result.value], new Map([[placement.operation.id, correlation]]));
    await recordMany(em, [actOf(result.value, correlation)]);
    return result;
  }

  /** One answer a placement, in order. A refusal is an answer. */
  private async work(em: EntityManager, waiting: readonly Waiting[]): Promise<Answer[]> {
    const known = await this.requests.claimMany(
      em,
      waiting.map((w) => w.placement.operation),
    );
    const fresh = waiting.filter((_, index) => known[index] === null);
    const placements = fresh.map((w) => w.placement);
    const results = fresh.length === 0 ? [] : await this.decide(em, placements);
    await this.write(
      em,
      results.flatMap((result) => (result.ok ? [result.value] : [])),
      new Map(fresh.map(({ placement, correlation }) => [placement.operation.id, correlation])),
    );
    await recordMany(
      em,
      results.flatMap((result, index) => (result.ok ? [actOf(result.value, at(fresh, index).correlation)] : [])),
    );
    const answers = results.map((result) => (result.ok ? accepted202(result.value) : this.problems.answer(result.refusal)));
    await this.requests.storeMany(
      em,
      placements.map(({ operation }, index) => ({ operation, reply: at(answers, index) })),
    );
    let next = 0;
    return known.map((before) => before ?? at(answers, next++));
  }

  private async decide(em: EntityManager, placements: readonly Placement[]): Promise<Result<Draft>[]> {
    const knowledge = await Knowledge.of(em, placements);
    const now = this.clock.now();
    const drafts = placements.map((p) =>
      p.type === 'stake' ? draftStake(p, knowledge, now) : draftUnstake(p, knowledge, now, this.least),
    );
    const postings = drafts.map((draft) => (draft.ok ? reservation(draft.value) : null));
    const outcomes = await post(
      em,
      postings.filter((posting) => posting !== null),
    );
    let next = 0;
    return drafts.map((draft): Result<Draft> => {
      if (!draft.ok) return draft;
      const outcome = at(outcomes, next++);
      return outcome.status === 'posted' ? draft : { ok: false, refusal: refusalOf(draft.value, outcome.reason) };
    });
  }

  private async write(em: EntityManager, drafts: readonly Draft[], correlations: ReadonlyMap<string, string | undefined>): Promise<void> {
    const orders = drafts.map((d) => d.order);
    await insertOrders(em, orders);
    await arrive(
      em,
      orders
        .filter((order) => order.type === 'unstake')
        .map(({ id, poolId, clientId, shares, createdAt }) => ({ orderId: id, poolId, clientId, shares, acceptedAt: createdAt })),
    );
    await writeHistory(
      em,
      drafts.flatMap((d) => d.history),
    );
    await announce(em, orders as Order[], correlations);
    const accepted = drafts.flatMap((d) => d.accepted ?? []);
    await projectAcknowledgements(em, accepted, this.clock.now());
    await emitMany(
      em,
      DisclosureAccepted,
      accepted.map((payload) => ({ aggregate: payload.clientId, payload, correlation: correlations.get(payload.operationId) })),
    );
  }
}

/** The money of a stake is set aside, the shares of an exit are locked. */
function reservation({ order, about }: Draft): Posting {
  const cause = { pool: { id: order.poolId, ...about }, reference: order.id, effectiveAt: order.createdAt };
  const { clientId, id: of } = order;
  const [posting] = toPostings(
    order.type === 'stake'
      ? [{ kind: 'stake.reserve', clientId, of, amount: amount(order.requested) }]
      : [{ kind: 'share.lock', clientId, of, amount: order.shares }],
    cause,
  );
  invariant(posting !== undefined, 'order.without_posting', { order: order.id });
  return posting;
}

/** Nothing of it is personal data: what a client calls its order stays in the order. */
function actOf({ order, about }: Draft, correlation: string | undefined): Act {
  const { clientId, type, productId: product, requested, shares } = order;
  return {
    actor: { kind: 'client', id: clientId },
    action: `${type}.place`,
    resource: publicId('operation', order.id),
    details: { product, asset: about.asset, amount_atomic: requested, ...(type === 'unstake' ? { shares_atomic: shares } : {}) },
    correlation,
  };
}

function refusalOf({ order }: Draft, reason: RefusalReason): Refusal {
  if (reason === 'held') return underReview().refusal;
  invariant(reason === 'insufficient', 'order.posting_refused', { order: order.id, reason });
  if (order.type === 'unstake') return insufficientShares(null).refusal;
  return insufficientBalance(order.requested).refusal;
}

function accepted202({ order, history, about }: Draft): Answer {
  const steps = history.map((row: HistoryRow) => ({ resourceId: order.id, to: row.to, at: row.at, transactionHash: null, reason: null }));
  const body = operationView(order as Order, true, about, { steps, parts: [], eta: null });
  return answer({ status: 202, body, headers: { location: `/v1/staking/operations/${publicId('operation', order.id)}` } });
}

function at<T>(list: readonly T[], index: number): T {
  const item = list[index];
  invariant(item !== undefined, 'placement.answers_do_not_match', { index, length: list.length });
  return item;
}
