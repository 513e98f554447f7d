import { Injectable, type OnModuleInit } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { type Actor, record } from '#audit';
import { move, ok, publicId, refuse, type Result, uuid5 } from '#kernel';
import { ownerBalances } from '#ledger';
import { DecisionActions, type DecisionAction } from '../decisions/decision-actions.registry.js';
import type { Officer } from '../decisions/decision.js';
import type { DecisionPayload, DecisionRow } from '../decisions/decision.entity.js';
import { DecisionsService } from '../decisions/decisions.service.js';
import { HoldsService } from '../holds/holds.service.js';
import { holdScopeNames, mayClose, relationshipMachine, type Standing } from './standing.js';
import { StandingService } from './standing.service.js';
import { lockStanding } from './standing.store.js';

const payloadOf = (standing: Standing): DecisionPayload => ({
  outcome: 'close',
  client_id: publicId('client', standing.clientId),
  version: standing.version,
});

/** Ends a relationship: proposed by one, approved by another, once nothing of the client's is left. */
@Injectable()
export class ClosingService implements OnModuleInit, DecisionAction {
  readonly name = 'standing.close';

  constructor(
    private readonly standings: StandingService,
    private readonly holds: HoldsService,
    private readonly decisions: DecisionsService,
    private readonly actions: DecisionActions,
  ) {}

  onModuleInit(): void {
    this.actions.register(this);
  }

  /** Refusals: `client.unknown`, `standing.forbidden_move`, `standing.not_empty`, `approval.already_requested`. */
  async propose(
    em: EntityManager,
    request: { decisionId: string; clientId: string; comment: string; maker: Officer },
  ): Promise<Result<DecisionRow>> {
    const { decisionId: id, clientId, comment, maker } = request;
    const payload = await this.possible(em, clientId);
    return payload.ok
      ? this.decisions.propose(em, { id, action: this.name, resourceId: clientId, clientId, payload: payload.value, comment, maker })
      : payload;
  }

  present(em: EntityManager, decision: DecisionRow): Promise<Result<DecisionPayload>> {
    return this.possible(em, decision.resourceId);
  }

  async execute(em: EntityManager, decision: DecisionRow, checker: Officer): Promise<Result<void>> {
    const actor: Actor = { kind: 'staff', id: checker.staffId };
    const closed = await this.standings.change(em, decision.resourceId, 'close', { actor, reason: publicId('decision', decision.id) });
    if (!closed.ok) return closed;
    const placed = await this.holds.place(em, {
      id: uuid5('hold', 'close', decision.id),
      clientId: decision.resourceId,
      scopes: holdScopeNames,
      reason: `relationship closed by ${publicId('decision', decision.id)}`,
      legalBasis: 'end of the relationship',
      matchId: null,
      actor,
    });
    return placed.ok ? ok(undefined) : placed;
  }

  async sendBack(em: EntityManager, decision: DecisionRow, by: Actor, why: 'denied' | 'expired'): Promise<void> {
    await record(em, { actor: by, action: 'standing.stay', resource: publicId('client', decision.resourceId), reason: why });
  }

  private async possible(em: EntityManager, clientId: string): Promise<Result<DecisionPayload>> {
    const standing = await lockStanding(em, clientId);
    if (!standing) return refuse('client.unknown', 'There is no such client.');
    const moved = move(relationshipMachine, standing.relationship, 'close');
    if (!moved.ok) return moved;
    const empty = mayClose(await ownerBalances(em, clientId));
    return empty.ok ? ok(payloadOf(standing)) : empty;
  }
}
