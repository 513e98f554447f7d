import { Inject, Injectable } from '@nestjs/common';
import { record } from '#audit';
import type { Chain } from '#chains';
import { Transactor } from '#database';
import { emit } from '#delivery';
import { invariant, uuid5, type Clock, type Refusal } from '#kernel';
import { TransactionRequest } from '#messages';
import type { Logger } from '#runtime';
import type { StakingConfig } from '../config.js';
import { SYSTEM } from '../history/history.store.js';
import { openIncident } from '../incidents/incidents.store.js';
import { lockPool } from '../pools/pools.store.js';
import { transactionRequest } from '../transactions/transaction-request.js';
import { CLOCK, CONFIG, LOGGER } from '../tokens.js';
import { amountOf, type Step } from './batch.js';
import type { Batch } from './batch.entity.js';
import { dissolve, moveBatch } from './batch-moves.store.js';
import { batchesById, batchesIn, saveBatch } from './batches.store.js';
import { OperatorChecks } from './operator-checks.service.js';

/** Takes signed deposits to custody, after everything that can be checked about them was checked (chains.md §1.9). */
@Injectable()
export class DepositsService {
  constructor(
    private readonly transactor: Transactor,
    private readonly operators: OperatorChecks,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(CONFIG) private readonly config: StakingConfig,
    @Inject(LOGGER) private readonly log: Logger,
  ) {}

  async requestAll(poolId: string, chain: Chain): Promise<void> {
    const now = this.clock.now();
    const ready = await this.transactor.read((em) => batchesIn(em, poolId, ['data_signed', 'rest_data_signed']));
    for (const batch of ready) {
      if (batch.retryAt !== null && batch.retryAt > now) continue;
      const step: Step = batch.state === 'rest_data_signed' ? 'rest' : 'first';
      if (step === 'first' && !(await this.operators.mayGoOn(batch))) continue;
      const refusal = await this.check(batch, step, chain);
      if (refusal === null) await this.request(batch, step);
      else await (step === 'rest' ? this.wait(batch, refusal) : this.giveUp(batch, refusal));
    }
  }

  /** BLS signature, root and credentials by our own computation, then the guard: a new key must be unseen, a known one must stand as ours. */
  private async check(batch: Batch, step: Step, chain: Chain): Promise<Refusal | null> {
    const deposit = signedDeposit(batch, step);
    const amount = amountOf(batch, step);
    const verified = chain.staking.verifyDeposit({ ...deposit, amount });
    if (!verified.ok) return verified.refusal;
    return toKnownKey(batch, step)
      ? chain.staking.guardTopUp(deposit.pubkey, deposit.withdrawalCredentials, amount)
      : chain.staking.guardFirstDeposit(deposit.pubkey);
  }

  private async giveUp({ id, poolId }: Batch, refusal: Refusal): Promise<void> {
    this.log.error(
      { alarm: true, batch: id, code: refusal.code, facts: refusal.facts },
      'a deposit was refused by our own checks; its money queues again',
    );
    await this.transactor.run(async (em) => {
      const held = await lockPool(em, poolId);
      const [batch] = await batchesById(em, [id]);
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

  /** A proven key that must not get the rest now: people look, and it is tried again. A state that has not come to finality yet is waited for in silence. */
  private async wait({ id, poolId }: Batch, refusal: Refusal): Promise<void> {
    await this.transactor.run(async (em) => {
      await lockPool(em, poolId);
      const [batch] = await batchesById(em, [id]);
      if (batch?.state !== 'rest_data_signed') return;
      const at = this.clock.now();
      batch.retryAt = this.clock.now();
      batch.retryAt.setTime(at.getTime() + this.config.RETRY_AFTER_MS);
      batch.reason = refusal.code;
      await saveBatch(em, batch);
      if (refusal.code === 'deposit.key_unknown') return;
      const details = { code: refusal.code, pubkey: batch.pubkey };
      if (await openIncident(em, { poolId, kind: 'deposit.rest_refused', subject: id, details }, at))
        this.log.error({ alarm: true, batch: id, code: refusal.code }, 'a key of ours must not get the rest of its deposit');
    });
  }

  private async request({ id, poolId, state }: Batch, step: Step): Promise<void> {
    await this.transactor.run(async (em) => {
      const { product } = await lockPool(em, poolId);
      const [batch] = await batchesById(em, [id]);
      if (batch?.state !== state) return;
      batch.attempt += 1;
      const purpose = toKnownKey(batch, step) ? 'stake_top_up' : 'stake_deposit';
      const requestId = uuid5(purpose, batch.id, String(batch.attempt));
      if (step === 'rest') batch.topUpRequestId = requestId;
      else batch.transactionRequestId = requestId;
      batch.retryAt = null;
      await moveBatch(em, batch, 'request', { at: this.clock.now(), actor: SYSTEM });
      await emit(em, TransactionRequest, {
        aggregate: batch.id,
        payload: transactionRequest({
          requestId,
          chain: product.chain,
          purpose,
          poolId,
          asset: product.asset,
          amount: amountOf(batch, step).toString(),
          deposit: signedDeposit(batch, step),
        }),
      });
    });
  }
}

/** Whether the money goes to a key that stands on chain as ours. */
const toKnownKey = (batch: Batch, step: Step): boolean => step === 'rest' || batch.kind === 'top_up';

function signedDeposit(
  batch: Batch,
  step: Step,
): { pubkey: string; withdrawalCredentials: string; signature: string; depositDataRoot: string } {
  const { pubkey, withdrawalCredentials } = batch;
  const [signature, depositDataRoot] =
    step === 'rest' ? [batch.topUpSignature, batch.topUpDataRoot] : [batch.signature, batch.depositDataRoot];
  invariant(pubkey !== null && withdrawalCredentials !== null && signature !== null && depositDataRoot !== null, 'batch.without_deposit', {
    batch: batch.id,
  });
  return { pubkey, withdrawalCredentials, signature, depositDataRoot };
}
