import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import type { Actor } from '#audit';
import { accept, type Clock, move, ok, refuse, type Result, uuid5 } from '#kernel';
import { DecisionActions, type DecisionAction } from '../decisions/decision-actions.registry.js';
import type { Officer } from '../decisions/decision.js';
import type { DecisionPayload, DecisionRow } from '../decisions/decision.entity.js';
import { DecisionsService } from '../decisions/decisions.service.js';
import { recordChange } from '../history/history.store.js';
import { HoldsService } from '../holds/holds.service.js';
import { CLOCK } from '../ports.js';
import { holdScopeNames } from '../standing/standing.js';
import { matchId, matchMachine, type MatchEvent, type MatchOutcome } from './match.js';
import type { MatchRow } from './screening.entity.js';
import { lockMatch, saveMatch } from './screening.store.js';

/** What stops when a known client turns up on a list, before people have looked: money going out. */
const PROVISIONAL = ['withdraw', 'payout'] as const;

const payloadOf = (match: MatchRow, outcome: string): DecisionPayload => ({
  outcome,
  match_id: matchId(match.id),
  entry: match.entryId,
  content_hash: match.contentHash,
  input_hash: match.inputHash,
});

@Injectable()
export class MatchesService implements OnModuleInit, DecisionAction {
  readonly name = 'match.resolve';

  constructor(
    @Inject(CLOCK) private readonly clock: Clock,
    private readonly decisions: DecisionsService,
    private readonly actions: DecisionActions,
    private readonly holds: HoldsService,
  ) {}

  onModuleInit(): void {
    this.actions.register(this);
  }

  /** Refusals: `not_found`, `match.forbidden_move`, `approval.already_requested`. */
  async proposeResolution(
    em: EntityManager,
    request: { decisionId: string; matchId: string; outcome: MatchOutcome; comment: string | null; maker: Officer },
  ): Promise<Result<DecisionRow>> {
    const match = await lockMatch(em, request.matchId);
    if (!match) return refuse('not_found', 'There is no such match.');
    const moved = await this.advance(em, match, `propose_${request.outcome}`, { kind: 'staff', id: request.maker.staffId });
    if (!moved.ok) return moved;
    return this.decisions.propose(em, {
      id: request.decisionId,
      action: this.name,
      resourceId: match.id,
      clientId: match.clientId,
      payload: payloadOf(match, request.outcome),
      comment: request.comment,
      maker: request.maker,
    });
  }

  async present(em: EntityManager, decision: DecisionRow): Promise<Result<DecisionPayload>> {
    const match = await lockMatch(em, decision.resourceId);
    if (!match) return refuse('not_found', 'There is no such match.');
    const possible = move(matchMachine, match.state, 'confirm');
    return possible.ok ? ok(payloadOf(match, possible.value)) : possible;
  }

  /** A false positive lifts what it had stopped; a true match freezes the client. */
  async execute(em: EntityManager, decision: DecisionRow, checker: Officer): Promise<Result<void>> {
    const match = await lockMatch(em, decision.resourceId);
    if (!match) return refuse('not_found', 'There is no such match.');
    const actor: Actor = { kind: 'staff', id: checker.staffId };
    const moved = await this.advance(em, match, 'confirm', actor);
    if (!moved.ok || match.subjectKind !== 'application') return moved;
    if (match.state === 'true_match') {
      const frozen = await this.holds.place(em, this.holdFor(match, 'freeze', holdScopeNames, actor));
      if (!frozen.ok) return frozen;
    } else {
      await this.holds.releaseOfMatch(em, match.id, actor);
    }
    return ok(undefined);
  }

  async sendBack(em: EntityManager, decision: DecisionRow, by: Actor): Promise<void> {
    const match = await lockMatch(em, decision.resourceId);
    if (match && matchMachine.transitions[match.state].send_back) accept(await this.advance(em, match, 'send_back', by));
  }

  /** Stops money going out to a client whom a new list names, until two people have resolved it. */
  async stopOutflows(em: EntityManager, match: MatchRow): Promise<void> {
    accept(await this.holds.place(em, this.holdFor(match, 'provisional', PROVISIONAL, { kind: 'system', id: 'compliance' })));
  }

  /** Two people released a deposit in spite of this pending match: with that they have judged it. Caller: the deposit's decision. */
  async clearBy(em: EntityManager, id: string, actor: Actor): Promise<Result<void>> {
    const match = await lockMatch(em, id);
    if (!match) return refuse('not_found', 'There is no such match.');
    if (match.state === 'false_positive') return ok(undefined);
    if (match.state === 'pending') accept(await this.advance(em, match, 'propose_false_positive', actor));
    return match.state === 'false_positive_proposed'
      ? this.advance(em, match, 'confirm', actor)
      : refuse('deposit.sender_confirmed', 'The sender is, or is proposed to be, a confirmed match.');
  }

  private holdFor(match: MatchRow, measure: 'provisional' | 'freeze', scopes: readonly (typeof holdScopeNames)[number][], actor: Actor) {
    return {
      id: uuid5('hold', measure, match.id),
      clientId: match.clientId,
      scopes,
      reason: `${measure} measure on ${matchId(match.id)}`,
      legalBasis: measure === 'freeze' ? 'confirmed screening match' : 'screening match under review',
      matchId: match.id,
      actor,
    };
  }

  private async advance(em: EntityManager, match: MatchRow, event: MatchEvent, actor: Actor): Promise<Result<void>> {
    const from = match.state;
    const to = move(matchMachine, from, event);
    if (!to.ok) return to;
    const at = this.clock.now();
    const change = { version: match.version + 1, state: to.value, updatedAt: at };
    Object.assign(match, change);
    await saveMatch(em, match.id, change);
    await recordChange(em, { noun: 'match', id: match.id, version: match.version, from, to: to.value, event, actor, at });
    return ok(undefined);
  }
}
