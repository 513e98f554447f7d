import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import type { Actor } from '#audit';
import { accept, type Clock, move, ok, publicId, refuse, type Result } from '#kernel';
import { placeHold, releaseHold } from '#ledger';
import { DecisionActions, type DecisionAction } from '../decisions/decision-actions.registry.js';
import type { Officer } from '../decisions/decision.js';
import type { DecisionPayload, DecisionRow } from '../decisions/decision.entity.js';
import { DecisionsService } from '../decisions/decisions.service.js';
import { recordChange } from '../history/history.store.js';
import { FieldCipher } from '../personal-data/field-cipher.js';
import { CLOCK } from '../ports.js';
import type { HoldScopeName } from '../standing/standing.js';
import { StandingService } from '../standing/standing.service.js';
import { lockStanding } from '../standing/standing.store.js';
import { type HoldEvent, holdMachine } from './hold.js';
import { HoldRow } from './hold.entity.js';
import { findHold, holdsOfMatch, insertHold, lockHold, saveHold } from './hold.store.js';

export const reasonPlace = (holdId: string): string => `hold/${holdId}/reason`;
/** The ledger shows where the reason is kept, not the reason: it may name people, and personal data stays in this room. */
const IN_THE_REGISTER = 'as recorded in the register of compliance';

export interface NewHold {
  /** Derived from its cause, so that a replay places nothing twice. */
  readonly id: string;
  readonly clientId: string;
  readonly scopes: readonly HoldScopeName[];
  readonly reason: string;
  readonly legalBasis: string;
  readonly matchId: string | null;
  readonly actor: Actor;
}

const payloadOf = (hold: HoldRow): DecisionPayload => ({
  outcome: 'release',
  hold_id: publicId('hold', hold.id),
  client_id: publicId('client', hold.clientId),
  scopes: [...hold.scopes].sort(),
});

@Injectable()
export class HoldsService implements OnModuleInit, DecisionAction {
  readonly name = 'hold.release';

  constructor(
    @Inject(CLOCK) private readonly clock: Clock,
    private readonly cipher: FieldCipher,
    private readonly standings: StandingService,
    private readonly decisions: DecisionsService,
    private readonly actions: DecisionActions,
  ) {}

  onModuleInit(): void {
    this.actions.register(this);
  }

  /** Places a hold: it binds in the ledger with the commit of this transaction, wherever the event has got to. Refusal: `client.unknown`. */
  async place(em: EntityManager, hold: NewHold): Promise<Result<HoldRow>> {
    if (!(await lockStanding(em, hold.clientId))) return refuse('client.unknown', 'There is no such client.');
    const known = await findHold(em, hold.id);
    if (known) return ok(known);
    const at = this.clock.now();
    const row = Object.assign(new HoldRow(), {
      id: hold.id,
      clientId: hold.clientId,
      version: 1,
      state: holdMachine.initial,
      scopes: [...new Set(hold.scopes)],
      reason: this.cipher.seal(reasonPlace(hold.id), hold.reason),
      legalBasis: hold.legalBasis,
      matchId: hold.matchId,
      placedBy: hold.actor.id,
      createdAt: at,
      updatedAt: at,
    });
    await insertHold(em, row);
    const details = { client_id: publicId('client', row.clientId), scopes: row.scopes, legal_basis: row.legalBasis };
    await recordChange(em, {
      noun: 'hold',
      id: row.id,
      version: 1,
      from: null,
      to: row.state,
      event: 'place',
      actor: hold.actor,
      details,
      at,
    });
    const standing = await this.standings.change(em, row.clientId, 'holds_changed', { actor: hold.actor, reason: 'hold_placed' });
    if (!standing.ok) return standing;
    const { id: holdId, clientId: owner, scopes, legalBasis, placedBy } = row;
    await placeHold(em, { holdId, owner, scopes, reason: IN_THE_REGISTER, legalBasis, placedBy });
    return ok(row);
  }

  /** Refusals: `not_found`, `hold.forbidden_move`, `approval.already_requested`. */
  async proposeRelease(
    em: EntityManager,
    request: { decisionId: string; holdId: string; comment: string | null; maker: Officer },
  ): Promise<Result<DecisionRow>> {
    const hold = await lockHold(em, request.holdId);
    if (!hold) return refuse('not_found', 'There is no such hold.');
    const moved = await this.advance(em, hold, 'propose_release', { kind: 'staff', id: request.maker.staffId });
    if (!moved.ok) return moved;
    return this.decisions.propose(em, {
      id: request.decisionId,
      action: this.name,
      resourceId: hold.id,
      clientId: hold.clientId,
      payload: payloadOf(hold),
      comment: request.comment,
      maker: request.maker,
    });
  }

  async present(em: EntityManager, decision: DecisionRow): Promise<Result<DecisionPayload>> {
    await lockStanding(em, decision.clientId);
    const hold = await lockHold(em, decision.resourceId);
    if (!hold) return refuse('not_found', 'There is no such hold.');
    const possible = move(holdMachine, hold.state, 'release');
    return possible.ok ? ok(payloadOf(hold)) : possible;
  }

  async execute(em: EntityManager, decision: DecisionRow, checker: Officer): Promise<Result<void>> {
    const hold = await lockHold(em, decision.resourceId);
    if (!hold) return refuse('not_found', 'There is no such hold.');
    return this.release(em, hold, { kind: 'staff', id: checker.staffId }, 'released_by_two');
  }

  async sendBack(em: EntityManager, decision: DecisionRow, by: Actor): Promise<void> {
    const hold = await lockHold(em, decision.resourceId);
    if (hold?.state === 'release_proposed') accept(await this.advance(em, hold, 'keep', by));
  }

  /** Lifts what a match had placed, when two people have resolved that match. */
  async releaseOfMatch(em: EntityManager, matchId: string, actor: Actor): Promise<void> {
    for (const found of await holdsOfMatch(em, matchId)) {
      await lockStanding(em, found.clientId);
      const hold = await lockHold(em, found.id);
      if (!hold || hold.state === 'released') continue;
      if (hold.state === 'placed') accept(await this.advance(em, hold, 'propose_release', actor));
      accept(await this.release(em, hold, actor, 'match_resolved'));
    }
  }

  private async release(em: EntityManager, hold: HoldRow, actor: Actor, reason: string): Promise<Result<void>> {
    const moved = await this.advance(em, hold, 'release', actor);
    if (!moved.ok) return moved;
    const standing = await this.standings.change(em, hold.clientId, 'holds_changed', { actor, reason: 'hold_released' });
    if (!standing.ok) return standing;
    await releaseHold(em, { holdId: hold.id, releasedBy: actor.id, reason });
    return ok(undefined);
  }

  private async advance(em: EntityManager, hold: HoldRow, event: HoldEvent, actor: Actor): Promise<Result<void>> {
    const from = hold.state;
    const to = move(holdMachine, from, event);
    if (!to.ok) return to;
    const at = this.clock.now();
    const change = { version: hold.version + 1, state: to.value, updatedAt: at };
    Object.assign(hold, change);
    await saveHold(em, hold.id, change);
    await recordChange(em, { noun: 'hold', id: hold.id, version: hold.version, from, to: to.value, event, actor, at });
    return ok(undefined);
  }
}
