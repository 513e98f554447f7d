import type { EntityManager } from 'typeorm';
import { emit } from '#delivery';
import { DepositDetected } from '#messages';
import { listedDestination } from '../address-book/destinations.store.js';
import type { DepositEntity } from './deposit.entity.js';

/** A deposit is booked and stands in suspense: compliance decides on it. */
export async function announceDeposit(em: EntityManager, d: DepositEntity): Promise<void> {
  const { clientId, chain, asset, sender, transactionHash } = d;
  const senderKnown = (await listedDestination(em, { clientId, chain, asset, address: sender })) !== null;
  const payload = {
    depositId: d.id,
    clientId,
    chain,
    asset,
    amount: d.amount.toString(),
    sender,
    senderKnown,
    transactionHash,
    blockNumber: d.blockNumber.toString(),
  };
  await emit(em, DepositDetected, { aggregate: d.id, payload });
}
