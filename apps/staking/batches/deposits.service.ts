import { Inject, Injectable } from '@nestjs/common';
import { record } from '#audit';
import type { Chain } from '#chains';
import { Transactor } from '#database';
import { emit } from '#delivery';
import { invariant, uuid5, type Clock, type Refusal } from '#kernel';
import { TransactionRequest } from '#messages';
import type { Logger } from '#runtime';
import { SYSTEM } from '../history/history.store.js';
import { lockPool } from '../pools/pools.store.js';
import { transactionRequest } from '../transactions/transaction-request.js';
import { CLOCK, LOGGER } from '../tokens.js';
import type { Batch } from './batch.entity.js';
import { dissolve, moveBatch } from './batch-moves.store.js';
import { batchesById, batchesIn } from './batches.store.js';

/** Takes signed deposits to custody, after everything that can be checked about them was checked (chains.md §1.9). */
@Injectable()
export class DepositsService {
  constructor(
    private readonly transactor: Transactor,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(LOGGER) private readonly log: Logger,
  ) {}

  async requestAll(poolId: string, chain: Chain): Promise<void> {
    const now = this.clock.now();
    const ready = await this.transactor.read((em) => batchesIn(em, poolId, ['data_signed']));
    for (const batch of ready) {
      if (batch.retryAt !== null && batch.retryAt > now) continue;
      const refusal = await this.check(batch, chain);
      await (refusal ? this.giveUp(batch.id, poolId, refusal) : this.request(batch.id, poolId));
    }
  }

  /** BLS signature, root and credentials by our own computation, then the guard: a key that the chain has seen is a stranger's or a mistake. */
  private async check(batch: Batch, chain: Chain): Promise<Refusal | null> {
    const deposit = signedDeposit(batch);
    const verified = chain.staking.verifyDeposit({ ...deposit, amount: batch.amount });
    if (!verified.ok) return verified.refusal;
    return chain.staking.guardFirstDeposit(deposit.pubkey);
  }

  private async giveUp(batchId: string, poolId: string, refusal: Refusal): Promise<void> {
    this.log.error(
      { alarm: true, batch: batchId, code: refusal.code, facts: refusal.facts },
      'a deposit was refused by our own checks; its key is never used',
    );
    await this.transactor.run(async (em) => {
      const held = await lockPool(em, poolId);
      const [batch] = await batchesById(em, [batchId]);
      if (batch?.state !== 'data_signed') return;
      const details = { code: refusal.code, batch: batch.id };
      await record(em, {
        actor: { kind: 'system', id: 'staking.deposit_checks' },
        action: 'batch.dissolve',
        resource: batch.pubkey ?? batch.id,
        details,
      });
      await dissolve(em, held, batch, { at: this.clock.now(), actor: SYSTEM, reason: refusal.code });
    });
  }

  private async request(batchId: string, poolId: string): Promise<void> {
    await this.transactor.run(async (em) => {
      const { product } = await lockPool(em, poolId);
      const [batch] = await batchesById(em, [batchId]);
      if (batch?.state !== 'data_signed') return;
      batch.transactionRequestId = uuid5('stake_deposit', batch.id, String(batch.attempt));
      batch.retryAt = null;
      await moveBatch(em, batch, 'request', { at: this.clock.now(), actor: SYSTEM });
      await emit(em, TransactionRequest, {
        aggregate: batch.id,
        payload: transactionRequest({
          requestId: batch.transactionRequestId,
          chain: product.chain,
          purpose: 'stake_deposit',
          poolId,
          asset: product.asset,
          amount: batch.amount.toString(),
          deposit: signedDeposit(batch),
        }),
      });
    });
  }
}

function signedDeposit(batch: Batch): { pubkey: string; withdrawalCredentials: string; signature: string; depositDataRoot: string } {
  const { pubkey, withdrawalCredentials, signature, depositDataRoot } = batch;
  invariant(pubkey !== null && withdrawalCredentials !== null && signature !== null && depositDataRoot !== null, 'batch.without_deposit', {
    batch: batch.id,
  });
  return { pubkey, withdrawalCredentials, signature, depositDataRoot };
}
