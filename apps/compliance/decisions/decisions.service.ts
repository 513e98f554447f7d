import { Inject, Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import type { Actor } from '#audit';
import { Transactor } from '#database';
import { Schedule } from '#delivery';
import { hashOf } from '#http';
import { accept, type Clock, move, ok, refuse, type Result } from '#kernel';
import { recordChange } from '../history/history.store.js';
import { FieldCipher } from '../personal-data/field-cipher.js';
import { CLOCK, SETTINGS, type Settings } from '../ports.js';
import { type DecisionActionName, decisionMachine, type DecisionEvent, isBound, mayCheck, type Officer } from './decision.js';
import { DecisionActions } from './decision-actions.registry.js';
import { type DecisionPayload, DecisionRow } from './decision.entity.js';
import { expiredDecisions, insertDecision, lockDecision, openDecisionOf, saveDecision } from './decision.store.js';

const SYSTEM: Actor = { kind: 'system', id: 'compliance' };
const EXPIRED_AT_ONCE = 100;
export const commentPlace = (decisionId: string): string => `decision/${decisionId}/comment`;
export const answerPlace = (decisionId: string): string => `decision/${decisionId}/answer`;

export interface Proposal {
  /** Derived from the maker's request, so that asking twice is one proposal. */
  readonly id: string;
  readonly action: DecisionActionName;
  readonly resourceId: string;
  readonly clientId: string;
  readonly payload: DecisionPayload;
  readonly comment: string | null;
  readonly maker: Officer;
}

@Injectable()
export class DecisionsService {
  constructor(
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(SETTINGS) private readonly settings: Settings,
    private readonly cipher: FieldCipher,
    private readonly actions: DecisionActions,
    private readonly transactor: Transactor,
  ) {}

  /** The caller has locked the resource. Refusal: `approval.already_requested`. */
  async propose(em: EntityManager, proposal: Proposal): Promise<Result<DecisionRow>> {
    if (await openDecisionOf(em, proposal.resourceId)) {
      return refuse('approval.already_requested', 'A decision on this waits for its checker already.');
    }
    const at = this.clock.now();
    const row = Object.assign(new DecisionRow(), {
      id: proposal.id,
      version: 1,
      action: proposal.action,
      resourceId: proposal.resourceId,
      clientId: proposal.clientId,
      state: decisionMachine.initial,
      payload: proposal.payload,
      payloadHash: hashOf(proposal.payload),
      comment: proposal.comment === null ? null : this.cipher.seal(commentPlace(proposal.id), proposal.comment),
      makerId: proposal.maker.staffId,
      checkerId: null,
      answer: null,
      createdAt: at,
      expiresAt: at,
      decidedAt: null,
    });
    row.expiresAt = new Date(at.getTime() + this.settings.approvalTtlMs);
    await insertDecision(em, row);
    const actor: Actor = { kind: 'staff', id: proposal.maker.staffId };
    await recordChange(em, {
      noun: 'decision',
      id: row.id,
      version: 1,
      from: null,
      to: row.state,
      event: 'request',
      actor,
      details: facts(row),
      at,
    });
    return ok(row);
  }

  /**
   * Approves and executes, once. `seenHash`: the payload hash that the checker saw. Refusals: `not_found`, those of
   * mayCheck, `approval.payload_changed`, and those of the action itself.
   */
  async approve(
    em: EntityManager,
    id: string,
    checker: Officer,
    given: { seenHash?: string | undefined; comment?: string | undefined },
  ): Promise<Result<DecisionRow>> {
    const decision = await lockDecision(em, id);
    if (!decision) return refuse('not_found', 'There is no such decision.');
    const allowed = mayCheck(decision, checker, this.clock.now());
    if (!allowed.ok) return allowed;
    const action = this.actions.get(decision.action);
    const present = await action.present(em, decision);
    if (!present.ok) return present;
    const bound = isBound(decision, hashOf(present.value), given.seenHash);
    if (!bound.ok) return bound;
    const by: Actor = { kind: 'staff', id: checker.staffId };
    decision.answer = this.sealAnswer(id, given.comment);
    await this.advance(em, decision, 'approve', by, checker.staffId);
    const executed = await action.execute(em, decision, checker);
    if (!executed.ok) return executed;
    await this.advance(em, decision, 'execute', by, checker.staffId);
    return ok(decision);
  }

  /** Refusals: `not_found`, those of mayCheck. */
  async deny(em: EntityManager, id: string, checker: Officer, comment?: string): Promise<Result<DecisionRow>> {
    const decision = await lockDecision(em, id);
    if (!decision) return refuse('not_found', 'There is no such decision.');
    const allowed = mayCheck(decision, checker, this.clock.now());
    if (!allowed.ok) return allowed;
    const by: Actor = { kind: 'staff', id: checker.staffId };
    decision.answer = this.sealAnswer(id, comment);
    await this.advance(em, decision, 'deny', by, checker.staffId);
    await this.actions.get(decision.action).sendBack(em, decision, by, 'denied');
    return ok(decision);
  }

  /** A decision that nobody checked in time is void, and its resource free for another. */
  @Schedule({ name: 'expire-decisions', everyMs: () => 60_000 })
  async expire(): Promise<void> {
    const due = await this.transactor.read((em) => expiredDecisions(em, this.clock.now(), EXPIRED_AT_ONCE));
    for (const id of due) {
      await this.transactor.run(async (em) => {
        const decision = await lockDecision(em, id);
        if (decision?.state !== 'requested') return;
        await this.advance(em, decision, 'expire', SYSTEM, null);
        await this.actions.get(decision.action).sendBack(em, decision, SYSTEM, 'expired');
      });
    }
  }

  private sealAnswer = (id: string, comment?: string): Buffer | null =>
    comment === undefined ? null : this.cipher.seal(answerPlace(id), comment);

  private async advance(
    em: EntityManager,
    decision: DecisionRow,
    event: DecisionEvent,
    actor: Actor,
    checkerId: string | null,
  ): Promise<void> {
    const from = decision.state;
    const at = this.clock.now();
    const change = {
      version: decision.version + 1,
      state: accept(move(decisionMachine, from, event)),
      checkerId,
      answer: decision.answer,
      decidedAt: at,
    };
    Object.assign(decision, change);
    await saveDecision(em, decision.id, change);
    const { id, version, state } = decision;
    await recordChange(em, { noun: 'decision', id, version, from, to: state, event, actor, details: facts(decision), at });
  }
}

const facts = (row: DecisionRow) => ({ action: row.action, resource_id: row.resourceId, payload_hash: row.payloadHash });
