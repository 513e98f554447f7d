import { Inject, Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { type Envelope, Handles } from '#delivery';
import { type Clock, publicId } from '#kernel';
import { StandingChanged, type StandingChangedV1 } from '#messages';
import { eventId } from '../events/events.processor.js';
import { appendEvent } from '../events/events.store.js';
import { CLOCK } from '../tokens.js';
import { keepStanding } from './standing.store.js';

@Injectable()
export class StandingProcessor {
  constructor(@Inject(CLOCK) private readonly clock: Clock) {}

  /** Shown to the client; what binds is staking's and custody's own copy, and the ledger's holds. */
  @Handles(StandingChanged)
  async standingChanged(em: EntityManager, payload: StandingChangedV1, envelope: Envelope): Promise<void> {
    const at = this.clock.now();
    if (!(await keepStanding(em, payload, at))) return;
    await appendEvent(em, {
      clientId: payload.clientId,
      id: eventId(envelope),
      type: 'standing.changed',
      resource: publicId('client', payload.clientId),
      data: {
        state: payload.state,
        version: payload.version,
        may_deposit: payload.mayDeposit,
        may_stake: payload.mayStake,
        may_unstake: payload.mayUnstake,
        may_withdraw: payload.mayWithdraw,
      },
      at,
    });
  }
}
