import { Inject, Injectable } from '@nestjs/common';
import { In, type EntityManager } from 'typeorm';
import { Transactor } from '#database';
import { emit } from '#delivery';
import { amount, invariant, newUuid, type Clock } from '#kernel';
import { balanceOf } from '#ledger';
import { TransactionRequest, type TransactionFinalisedV1, type TransactionRefusedV1, type TransactionSignedV1 } from '#messages';
import type { StakingConfig } from '../config.js';
import { SYSTEM, writeHistory } from '../history/history.store.js';
import { step, type Why } from '../orders/order-moves.store.js';
import type { Move } from '../pools/moves.js';
import { PoolRow } from '../pools/pool.entity.js';
import { causeOf, lockPool, postAll, type Held } from '../pools/pools.store.js';
import { toPostings } from '../pools/postings.js';
import { transactionRequest } from '../transactions/transaction-request.js';
import { CLOCK, CONFIG } from '../tokens.js';
import { feeSweepMachine, sweepable, type FeeSweepEvent } from './fee-sweep.js';
import { FeeSweep } from './fee-sweep.entity.js';

/** Takes collected commission out of the trust, so that house and client money are never commingled for long. */
@Injectable()
export class FeesService {
  constructor(
    private readonly transactor: Transactor,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(CONFIG) private readonly config: StakingConfig,
  ) {}

  sweep(poolId: string): Promise<void> {
    return this.transactor.run(async (em) => {
      const held = await lockPool(em, poolId);
      const { product } = held;
      if (await em.existsBy(FeeSweep, { poolId, state: In(['requested', 'signed']) })) return;
      const payable = held.row.feesOwed;
      const collected = await balanceOf(em, { kind: 'pool.collected', owner: poolId, asset: product.asset });
      if (!sweepable(payable, collected, amount(BigInt(this.config.FEE_SWEEP_MIN)))) return;
      const at = this.clock.now();
      const sweep = em.create(FeeSweep, {
        id: newUuid(),
        poolId,
        amount: payable,
        state: 'requested',
        transactionHash: null,
        createdAt: at,
        stateSince: at,
        version: 1,
      });
      await em.insert(FeeSweep, sweep);
      await this.owe(em, held, 0n - payable);
      await emit(em, TransactionRequest, {
        aggregate: sweep.id,
        payload: transactionRequest({
          requestId: sweep.id,
          chain: product.chain,
          purpose: 'fee_sweep',
          poolId,
          asset: product.asset,
          amount: payable.toString(),
        }),
      });
      await this.post(em, held, sweep, { kind: 'fee.draw', amount: sweep.amount });
    });
  }

  async signed(em: EntityManager, message: TransactionSignedV1): Promise<void> {
    const { sweep } = await this.held(em, message.requestId);
    sweep.transactionHash = message.transactionHash;
    if (sweep.state === 'requested') await this.move(em, sweep, 'sign', message.transactionHash);
  }

  async finalised(em: EntityManager, message: TransactionFinalisedV1): Promise<void> {
    const { sweep, held } = await this.held(em, message.requestId);
    if (sweep.state === 'requested') await this.move(em, sweep, 'sign', message.transactionHash);
    if (sweep.state !== 'signed') return;
    if (message.succeeded) return this.move(em, sweep, 'settle', message.transactionHash);
    await this.giveBack(em, held, sweep, 'transaction.reverted');
  }

  async refused(em: EntityManager, message: TransactionRefusedV1): Promise<void> {
    const { sweep, held } = await this.held(em, message.requestId);
    // signed ones too: given up because the nonce is somebody else's for ever
    if (sweep.state === 'requested' || sweep.state === 'signed') await this.giveBack(em, held, sweep, message.code);
  }

  private async giveBack(em: EntityManager, held: Held, sweep: FeeSweep, reason: string): Promise<void> {
    await this.move(em, sweep, 'return', null, reason);
    await this.owe(em, held, sweep.amount);
    await this.post(em, held, sweep, { kind: 'reward.collect', amount: sweep.amount });
  }

  /** The ledger owes fees by chain; what is collected is collected by pool, and so is what it may sweep. */
  private async owe(em: EntityManager, { row }: Held, change: bigint): Promise<void> {
    row.feesOwed = amount(row.feesOwed + change);
    await em.update(PoolRow, { id: row.id }, { feesOwed: row.feesOwed });
  }

  private async held(em: EntityManager, id: string): Promise<{ sweep: FeeSweep; held: Held }> {
    const seen = await em.findOneBy(FeeSweep, { id });
    invariant(seen !== null, 'fee_sweep.unknown', { request: id });
    const held = await lockPool(em, seen.poolId);
    return { sweep: await em.findOneByOrFail(FeeSweep, { id }), held };
  }

  private async move(
    em: EntityManager,
    sweep: FeeSweep,
    event: FeeSweepEvent,
    transactionHash: string | null,
    reason: string | null = null,
  ): Promise<void> {
    const why: Why = { at: this.clock.now(), actor: SYSTEM, transactionHash, reason };
    const history = step(feeSweepMachine, 'fee_sweep', sweep, sweep.id, event, why);
    await em.save(FeeSweep, sweep);
    await writeHistory(em, [history]);
  }

  private post(em: EntityManager, held: Held, sweep: FeeSweep, move: Move): Promise<void> {
    return postAll(em, toPostings([move], causeOf(held, sweep.id, this.clock.now())));
  }
}
