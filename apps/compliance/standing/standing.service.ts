import { Inject, Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import type { Actor } from '#audit';
import { emit } from '#delivery';
import { type Clock, ok, refuse, type Result } from '#kernel';
import { StandingChanged } from '#messages';
import { recordChange } from '../history/history.store.js';
import { scopesHeld } from '../holds/hold.store.js';
import { CLOCK } from '../ports.js';
import { decide, opened, type Standing, type StandingEvent } from './standing.js';
import { insertStanding, lockStanding, saveStanding } from './standing.store.js';

const SYSTEM: Actor = { kind: 'system', id: 'compliance' };

@Injectable()
export class StandingService {
  constructor(@Inject(CLOCK) private readonly clock: Clock) {}

  /** Opens a client's standing, denying everything. Doing it again changes nothing. */
  async open(em: EntityManager, clientId: string): Promise<void> {
    const standing = opened(clientId);
    const at = this.clock.now();
    if (!(await insertStanding(em, standing, at))) return;
    await recordChange(em, {
      noun: 'standing',
      id: clientId,
      version: 1,
      from: null,
      to: standing.state,
      event: 'open',
      actor: SYSTEM,
      at,
    });
    await this.publish(em, standing);
  }

  /** Refusals: `client.unknown`, `standing.forbidden_move`. The caller has written what is held before. */
  async change(
    em: EntityManager,
    clientId: string,
    event: StandingEvent,
    cause: { actor: Actor; reason: string },
  ): Promise<Result<Standing>> {
    const row = await lockStanding(em, clientId);
    if (!row) return refuse('client.unknown', 'There is no such client.');
    const decided = decide(row, event, await scopesHeld(em, clientId));
    if (!decided.ok) return decided;
    const after = decided.value;
    if (after.version === row.version) return ok(row);
    const at = this.clock.now();
    await saveStanding(em, after, at);
    const details = {
      may_deposit: after.mayDeposit,
      may_stake: after.mayStake,
      may_unstake: after.mayUnstake,
      may_withdraw: after.mayWithdraw,
    };
    await recordChange(em, {
      noun: 'standing',
      id: clientId,
      version: after.version,
      from: row.state,
      to: after.state,
      event,
      actor: cause.actor,
      reason: cause.reason,
      details,
      at,
    });
    await this.publish(em, after);
    return ok(after);
  }

  private publish(em: EntityManager, standing: Standing): Promise<void> {
    const { clientId, version, state, mayDeposit, mayStake, mayUnstake, mayWithdraw, clientClass } = standing;
    const payload = { clientId, version, state, mayDeposit, mayStake, mayUnstake, mayWithdraw, clientClass };
    return emit(em, StandingChanged, { aggregate: clientId, payload });
  }
}
