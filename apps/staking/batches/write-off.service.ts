import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { amount, invariant, InvariantBroken, ok, refuse, Refused, type Amount, type Result } from '#kernel';
import { balanceOf } from '#ledger';
import { moveParts, type Why } from '../orders/order-moves.store.js';
import type { Move } from '../pools/moves.js';
import { causeOf, domainOf, postAll, savePool, type Held } from '../pools/pools.store.js';
import { toPostings } from '../pools/postings.js';
import type { Batch } from './batch.entity.js';
import { moveBatch } from './batch-moves.store.js';
import { piecesOf } from './batch-parts.store.js';
import { batchesById } from './batches.store.js';

/**
 * Stake on a key that carries credentials of somebody else. The loss is the house's: the money that it gave for gas, and gives again by the
 * ordinary top-up, makes the clients and the pool whole. What ever comes back from there is not theirs any more.
 */
@Injectable()
export class WriteOffService {
  /** Refusals: proposal.incomplete, write_off.float_too_small. */
  async dryRun(em: EntityManager, held: Held, batchId: string): Promise<Result<Readonly<Record<string, string>>>> {
    const [batch] = await batchesById(em, [batchId]);
    if (batch?.state !== 'compromised' || batch.poolId !== held.row.id || batch.pubkey === null)
      return refuse('proposal.incomplete', 'Give a batch of this pool whose deposit went to a foreign key.');
    const float = await floatOf(em, held);
    const facts = { float_atomic: float.toString(), loss_atomic: batch.amount.toString() };
    if (float < batch.amount) return tooSmall(facts);
    return ok({ ...facts, to_clients_atomic: (batch.amount - batch.fill).toString(), to_pool_atomic: batch.fill.toString() });
  }

  /**
   * Gas is reserved from the float without the pool's lock: it may be gone since it was looked at. Throws Refused (write_off.float_too_small) then.
   * All in one: the key's account shows what went there and who made it good, the parts are available again, the fill is free.
   */
  async carryOut(em: EntityManager, held: Held, batchId: string, why: Why): Promise<void> {
    const [batch] = await batchesById(em, [batchId]);
    invariant(batch?.pubkey != null, 'batch.without_key', { batch: batchId });
    const refunds = await this.refund(em, batch, why);
    await moveBatch(em, batch, 'write_off', why);
    const pool = domainOf(held);
    await savePool(em, held.row, { ...pool, buffer: amount(pool.buffer + batch.fill) });
    const { pubkey, amount: units } = batch;
    const moves: Move[] = [
      { kind: 'validator.activate', pubkey, amount: units },
      { kind: 'validator.cover', pubkey, amount: units },
      ...refunds,
    ];
    try {
      await postAll(em, toPostings(moves, causeOf(held, batch.id, why.at)));
    } catch (error) {
      throw isFloatEmpty(error) ? new Refused(tooSmall({ loss_atomic: units.toString() }).refusal) : error;
    }
  }

  private async refund(em: EntityManager, batch: Batch, why: Why): Promise<Move[]> {
    const { orders, pieces } = await piecesOf(em, batch);
    const struck = pieces.filter(({ part }) => part.state === 'frozen' || part.state === 'activating');
    await moveParts(
      em,
      orders,
      struck.map(({ part }) => ({ part, event: 'refund' as const })),
      why,
    );
    return struck.map(({ part, order }) => ({ kind: 'stake.fail', clientId: order.clientId, of: part.id, amount: part.amount }));
  }
}

const floatOf = async (em: EntityManager, { product }: Held): Promise<Amount> =>
  amount(await balanceOf(em, { kind: 'trust.gas_float', owner: product.chain, asset: product.asset }));

const tooSmall = (facts: Record<string, unknown>): ReturnType<typeof refuse> =>
  refuse('write_off.float_too_small', 'The house must top up the gas float first.', facts);

/** The ledger's floor under the float, not another of its refusals. */
const isFloatEmpty = (error: unknown): boolean =>
  error instanceof InvariantBroken &&
  error.code === 'ledger.refused' &&
  error.facts['reason'] === 'insufficient' &&
  error.facts['kind'] === 'validator.cover';
