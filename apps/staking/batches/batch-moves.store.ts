import type { EntityManager } from 'typeorm';
import { emit } from '#delivery';
import { amount, uuid5 } from '#kernel';
import { DepositDataRequest } from '#messages';
import { writeHistory } from '../history/history.store.js';
import { moveParts, step, type Why } from '../orders/order-moves.store.js';
import type { Order } from '../orders/order.entity.js';
import { lockOrders, partsOfBatch } from '../orders/orders.store.js';
import { domainOf, savePool, type Held } from '../pools/pools.store.js';
import { amountOf, batchMachine, type BatchEvent, type Step } from './batch.js';
import type { Batch } from './batch.entity.js';
import { saveBatch } from './batches.store.js';

const GWEI = 10n ** 9n;

/** Moves a batch along its machine and writes it. The caller holds the pool. */
export async function moveBatch(em: EntityManager, batch: Batch, event: BatchEvent, why: Why): Promise<void> {
  const history = step(batchMachine, 'batch', batch, batch.id, event, why);
  await saveBatch(em, batch);
  await writeHistory(em, [history]);
}

/** Asks the signer for a deposit message: of the next validator key, or a further one of the batch's own key. */
export async function requestData(em: EntityManager, held: Held, batch: Batch, why: Why): Promise<void> {
  const { withdrawalCredentials, network } = held.row;
  if (withdrawalCredentials === null || network === null) return;
  const step: Step = batch.state === 'proven' ? 'rest' : 'first';
  batch.attempt += 1;
  const requestId = uuid5(step === 'rest' ? 'rest_data' : 'deposit_data', batch.id, String(batch.attempt));
  if (step === 'rest') batch.topUpKeyRequestId = requestId;
  else batch.keyRequestId = requestId;
  batch.withdrawalCredentials ??= withdrawalCredentials;
  batch.retryAt = null;
  await moveBatch(em, batch, 'request_key', why);
  await emit(em, DepositDataRequest, {
    aggregate: batch.id,
    payload: {
      requestId,
      chain: held.product.chain,
      poolId: held.row.id,
      withdrawalCredentials: batch.withdrawalCredentials,
      amountGwei: (amountOf(batch, step) / GWEI).toString(),
      genesisForkVersion: network.genesisForkVersion,
      ...(batch.pubkey !== null && (step === 'rest' || batch.kind === 'top_up') ? { pubkey: batch.pubkey } : {}),
    },
  });
}

/** Gives a batch up before custody was asked: its parts queue again in their old places, the pool's own money is free again. */
export async function dissolve(em: EntityManager, held: Held, batch: Batch, why: Why, locked: readonly Order[] = []): Promise<void> {
  const parts = await partsOfBatch(em, batch.id);
  const known = new Set(locked.map((o) => o.id));
  const others = await lockOrders(
    em,
    parts.map((p) => p.orderId).filter((id) => !known.has(id)),
  );
  batch.reason = why.reason ?? null;
  await moveBatch(em, batch, 'dissolve', why);
  await returnFill(em, held, batch);
  const involved = new Set(parts.map((p) => p.orderId));
  await moveParts(
    em,
    [...locked.filter((o) => involved.has(o.id)), ...others],
    parts.map((part) => ({ part, event: 'return' as const })),
    why,
  );
}

export async function returnFill(em: EntityManager, held: Held, batch: Batch): Promise<void> {
  const pool = domainOf(held);
  held.row.buffer = amount(pool.buffer + batch.fill);
  await savePool(em, held.row, { ...pool, buffer: held.row.buffer });
}
