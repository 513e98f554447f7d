import { Inject, Injectable } from '@nestjs/common';
import { record } from '#audit';
import { Transactor } from '#database';
import { invariant, ZERO, type Clock } from '#kernel';
import type { Logger } from '#runtime';
import { SYSTEM } from '../history/history.store.js';
import { reasonsAgainst } from '../operators/allocation.js';
import { registerOf } from '../operators/operators.store.js';
import { RegisterService } from '../operators/register.service.js';
import { lockPool } from '../pools/pools.store.js';
import { productOfPool } from '../products/products.store.js';
import { CLOCK, LOGGER } from '../tokens.js';
import type { Batch } from './batch.entity.js';
import { dissolve } from './batch-moves.store.js';
import { batchesById } from './batches.store.js';

/** A batch goes to the operator it was formed for only while that one may take stake; from its first deposit on there is no way back. */
@Injectable()
export class OperatorChecks {
  constructor(
    private readonly transactor: Transactor,
    private readonly registers: RegisterService,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(LOGGER) private readonly log: Logger,
  ) {}

  /** Whether nothing speaks against the operator now, by a register read for this batch. Where something does, the batch is dissolved. */
  async mayGoOn(batch: Batch): Promise<boolean> {
    const reasons = await this.against(batch);
    if (reasons.length > 0) await this.giveUp(batch, reasons);
    return reasons.length === 0;
  }

  /** Read without the pool's lock. Caps are not asked again: they held when its place was taken. */
  private against({ poolId, operatorId }: Batch): Promise<string[]> {
    return this.transactor.read(async (em) => {
      if (operatorId === null) return []; // of a time before there were operators
      const product = await productOfPool(em, poolId);
      invariant(product !== null, 'pool.unknown', { pool: poolId });
      const register = await registerOf(em, product.asset, this.clock.now(), this.registers.mediumsSince(), null);
      const known = register.find((operator) => operator.id === operatorId);
      return known === undefined ? ['operator.unknown'] : reasonsAgainst({ ...known, stake: ZERO });
    });
  }

  private async giveUp({ id, poolId, state, operatorId }: Batch, reasons: readonly string[]): Promise<void> {
    await this.transactor.run(async (em) => {
      const held = await lockPool(em, poolId);
      const [batch] = await batchesById(em, [id]);
      if (batch?.state !== state || batch.operatorId !== operatorId) return;
      await record(em, {
        actor: { kind: 'system', id: 'staking.operator_checks' },
        action: 'batch.dissolve',
        resource: batch.pubkey ?? batch.id,
        details: { batch: batch.id, operator: operatorId, reasons: reasons.join(', ') },
      });
      await dissolve(em, held, batch, { at: this.clock.now(), actor: SYSTEM, reason: reasons[0] ?? null });
    });
    this.log.warn(
      { batch: id, pool: poolId, operator: operatorId, reasons },
      'an operator may take nothing any more: its batch queues again',
    );
  }
}
