import { Inject, Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import type { Chain, StakingNetwork, ValidatorView } from '#chains';
import { Transactor } from '#database';
import { emit } from '#delivery';
import { invariant, type Clock } from '#kernel';
import { ValidatorActivated } from '#messages';
import type { Logger } from '#runtime';
import { Validator } from '../exits/validator.entity.js';
import { insertValidator } from '../exits/validators.store.js';
import { SYSTEM } from '../history/history.store.js';
import { openIncident } from '../incidents/incidents.store.js';
import { lockOrders, partsOfBatch, updateOrders } from '../orders/orders.store.js';
import { causeOf, lockPool, postAll, type Held } from '../pools/pools.store.js';
import { toPostings } from '../pools/postings.js';
import { CLOCK, LOGGER } from '../tokens.js';
import type { Batch } from './batch.entity.js';
import { mediumOf, noteMediums } from '../operators/mediums.store.js';
import { moveBatch } from './batch-moves.store.js';
import { keepOnlyFirst } from './batch-parts.store.js';
import { batchesById, batchesIn } from './batches.store.js';

const alive = new Set<ValidatorView['status']>(['active', 'exiting', 'exited', 'withdrawable', 'withdrawn']);

/** Sees keys come to stand in a finalised state, first to be proven ours, then active: from there on their stake is effective. */
@Injectable()
export class ActivationService {
  constructor(
    private readonly transactor: Transactor,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(LOGGER) private readonly log: Logger,
  ) {}

  async watch(poolId: string, chain: Chain): Promise<void> {
    const batches = await this.transactor.read((em) => batchesIn(em, poolId, ['predeposited', 'deposited']));
    const waiting = batches.filter((batch) => batch.kind === 'validator');
    const keys = waiting.map((batch) => batch.pubkey).filter((pubkey) => pubkey !== null);
    if (keys.length === 0) return;
    const network = await chain.staking.network();
    const { validators } = await chain.staking.validators(keys, 'finalised');
    for (const view of validators) {
      const batch = waiting.find((b) => b.pubkey === view.pubkey);
      if (!batch || view.index === null) continue;
      if (batch.state === 'predeposited') await this.transactor.run((em) => this.prove(em, batch.id, poolId, view));
      else if (alive.has(view.status)) await this.transactor.run((em) => this.activate(em, batch.id, poolId, view, network));
    }
  }

  /** The 1 ETH made a validator of the key: whose it is stands for ever from here on. */
  private async prove(em: EntityManager, batchId: string, poolId: string, view: ValidatorView): Promise<void> {
    const held = await lockPool(em, poolId);
    const [batch] = await batchesById(em, [batchId]);
    if (batch?.state !== 'predeposited') return;
    if (view.withdrawalCredentials !== batch.withdrawalCredentials) return this.distrust(em, held, batch, view);
    await noteMediums(em, [mediumOf(batch, view.pubkey, view.withdrawalCredentials ?? '', 'verified')], this.clock.now());
    await moveBatch(em, batch, 'prove', { at: this.clock.now(), actor: SYSTEM });
  }

  private async activate(em: EntityManager, batchId: string, poolId: string, view: ValidatorView, network: StakingNetwork): Promise<void> {
    const held = await lockPool(em, poolId);
    const [batch] = await batchesById(em, [batchId]);
    if (batch?.state !== 'deposited') return;
    if (view.withdrawalCredentials !== batch.withdrawalCredentials) return this.distrust(em, held, batch, view);
    await this.take(em, held, batch, view, network);
  }

  private async take(em: EntityManager, held: Held, batch: Batch, view: ValidatorView, network: StakingNetwork): Promise<void> {
    const at = this.clock.now();
    const { index, activationEpoch, pubkey } = view;
    invariant(index !== null && activationEpoch !== null, 'validator.active_without_epoch', { pubkey });
    const validator = em.create(Validator, {
      pubkey,
      poolId: held.row.id,
      batchId: batch.id,
      operatorId: batch.operatorId,
      index,
      activationEpoch,
      principal: batch.amount,
      booked: batch.amount,
      reported: false,
      state: 'active',
      attempt: 0,
      retryAt: null,
      exitRequestId: null,
      exitTransactionHash: null,
      exitSentEpoch: null,
      credentialsType: held.row.credentialsType,
      forecastPenalty: null,
      forecastEpoch: null,
      createdAt: at,
      stateSince: at,
      version: 1,
    });
    await insertValidator(em, validator);
    await noteMediums(em, [mediumOf(batch, pubkey, batch.withdrawalCredentials ?? '', 'verified')], at);
    await moveBatch(em, batch, 'activate', { at, actor: SYSTEM });
    await emit(em, ValidatorActivated, {
      aggregate: held.row.id,
      payload: {
        poolId: held.row.id,
        pubkey,
        index: index.toString(),
        principal: batch.amount.toString(),
        activationEpoch: activationEpoch.toString(),
        observedSlot: (activationEpoch * network.slotsPerEpoch).toString(),
      },
    });
    await postAll(em, toPostings([{ kind: 'validator.activate', pubkey, amount: batch.amount }], causeOf(held, batch.id, at)));
  }

  /** Somebody else's withdrawal address got ahead of ours. What was sent stays where it is and people decide; the rest queues again. */
  private async distrust(em: EntityManager, held: Held, batch: Batch, view: ValidatorView): Promise<void> {
    this.log.error(
      { alarm: true, batch: batch.id, pubkey: view.pubkey, found: view.withdrawalCredentials },
      'a validator withdraws to credentials that are not ours',
    );
    const at = this.clock.now();
    const early = batch.state === 'predeposited';
    await noteMediums(em, [mediumOf(batch, view.pubkey, view.withdrawalCredentials ?? 'unknown', 'foreign')], at);
    batch.reason = 'deposit.foreign_credentials';
    const why = { at, actor: SYSTEM, reason: batch.reason };
    if (early) await keepOnlyFirst(em, held, batch, why);
    await moveBatch(em, batch, 'distrust', why);
    if (!early) await this.investigate(em, batch);
    const { operatorId: operator, amount: lost } = batch;
    const details = { pubkey: view.pubkey, operator, found: view.withdrawalCredentials, lost_atomic: lost.toString() };
    await openIncident(em, { poolId: batch.poolId, kind: 'deposit.foreign_credentials', subject: batch.id, details }, at);
  }

  /** All of it was sent at once. */
  private async investigate(em: EntityManager, batch: Batch): Promise<void> {
    const parts = await partsOfBatch(em, batch.id);
    const orders = await lockOrders(em, [...new Set(parts.map((p) => p.orderId))]);
    for (const order of orders) {
      order.reasonCode = 'stake.under_investigation';
      order.reasonDetail = 'The activation is being checked by our staff.';
    }
    await updateOrders(em, orders);
  }
}
