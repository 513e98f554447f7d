import { Inject, Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { type Envelope, Handles } from '#delivery';
import { money } from '#http';
import { type Clock, publicId, uuid5 } from '#kernel';
import {
  DepositCredited,
  type DepositCreditedV1,
  OperationStateChanged,
  type OperationStateChangedV1,
  WithdrawalStateChanged,
  type WithdrawalStateChangedV1,
} from '#messages';
import { CLOCK } from '../tokens.js';
import { appendEvent } from './events.store.js';

/** The same delivery is the same event. */
export const eventId = (envelope: Envelope): string => uuid5('event', envelope.deliveryId);

const moved = ({ asset, amount }: { readonly asset: string; readonly amount: string }) => ({ asset, ...money(asset, BigInt(amount)) });

/** Tells a client in its event log what other rooms did for it. */
@Injectable()
export class EventsProcessor {
  constructor(@Inject(CLOCK) private readonly clock: Clock) {}

  @Handles(DepositCredited)
  async depositCredited(em: EntityManager, payload: DepositCreditedV1, envelope: Envelope): Promise<void> {
    await appendEvent(em, {
      clientId: payload.clientId,
      id: eventId(envelope),
      type: 'deposit.credited',
      resource: publicId('deposit', payload.depositId),
      data: { ...moved(payload), tx_hash: payload.transactionHash },
      at: this.clock.now(),
    });
  }

  @Handles(WithdrawalStateChanged)
  async withdrawalStateChanged(em: EntityManager, payload: WithdrawalStateChangedV1, envelope: Envelope): Promise<void> {
    await appendEvent(em, {
      clientId: payload.clientId,
      id: eventId(envelope),
      type: 'withdrawal.state_changed',
      resource: publicId('operation', payload.operationId),
      data: {
        state: payload.state,
        ...moved(payload),
        ...(payload.transactionHash ? { tx_hash: payload.transactionHash } : {}),
      },
      at: this.clock.now(),
    });
  }

  @Handles(OperationStateChanged)
  async operationStateChanged(em: EntityManager, payload: OperationStateChangedV1, envelope: Envelope): Promise<void> {
    await appendEvent(em, {
      clientId: payload.clientId,
      id: eventId(envelope),
      type: 'staking.operation.state_changed',
      resource: publicId('operation', payload.operationId),
      data: { type: payload.type, state: payload.state, product_id: payload.productId, ...moved(payload) },
      at: this.clock.now(),
    });
  }
}
