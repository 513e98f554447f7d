import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { type Actor, record } from '#audit';
import { type Clock, move, ok, publicId, refuse, type Result } from '#kernel';
import { DecisionActions, type DecisionAction } from '../decisions/decision-actions.registry.js';
import type { Officer } from '../decisions/decision.js';
import type { DecisionPayload, DecisionRow } from '../decisions/decision.entity.js';
import { DecisionsService } from '../decisions/decisions.service.js';
import { advance, amend } from '../onboarding/application-changes.store.js';
import { applicationMachine, approvalGate, type ApplicationEvent, type ScreeningEvidence } from '../onboarding/application.js';
import type { ApplicationRow } from '../onboarding/application.entity.js';
import { lockApplication } from '../onboarding/application.store.js';
import { FieldCipher } from '../personal-data/field-cipher.js';
import { CLOCK } from '../ports.js';
import { findRun, matchesOf } from '../screening/screening.store.js';
import { listInForce } from '../screening/watchlist.store.js';
import { StandingService } from '../standing/standing.service.js';
import { insertNote } from './case-note.store.js';
import type { CaseOutcome } from './case.js';

const staff = (officer: Officer): Actor => ({ kind: 'staff', id: officer.staffId });

/** An officer's work on an application: claim, note, ask, propose; and what a second person's approval then does. */
@Injectable()
export class CasesService implements OnModuleInit, DecisionAction {
  readonly name = 'application.decide';

  constructor(
    @Inject(CLOCK) private readonly clock: Clock,
    private readonly cipher: FieldCipher,
    private readonly decisions: DecisionsService,
    private readonly actions: DecisionActions,
    private readonly standings: StandingService,
  ) {}

  onModuleInit(): void {
    this.actions.register(this);
  }

  /** Refusals: `not_found`, `case.not_open`, `case.claimed_by_another`. */
  async claim(em: EntityManager, id: string, officer: Officer): Promise<Result<ApplicationRow>> {
    const found = await this.openCase(em, id, officer);
    if (!found.ok || found.value.assignedTo === officer.staffId) return found;
    found.value.assignedTo = officer.staffId;
    await amend(em, found.value, 'claim', { actor: staff(officer), at: this.clock.now() });
    return found;
  }

  /** Refusals: `not_found`, `case.not_open`. */
  async note(em: EntityManager, id: string, officer: Officer, text: string): Promise<Result<string>> {
    const found = await this.openCase(em, id, null);
    if (!found.ok) return found;
    const noteId = await insertNote(em, this.cipher, {
      applicationId: id,
      kind: 'note',
      text,
      author: staff(officer),
      at: this.clock.now(),
    });
    await record(em, {
      actor: staff(officer),
      action: 'application.note',
      resource: publicId('application', id),
      details: { note: noteId },
    });
    return ok(noteId);
  }

  /** Asks the client. The clock of the review stands still until it answers. Refusals: as claim, `application.forbidden_move`. */
  async ask(em: EntityManager, id: string, officer: Officer, text: string): Promise<Result<ApplicationRow>> {
    const found = await this.openCase(em, id, officer);
    if (!found.ok) return found;
    const at = this.clock.now();
    const moved = await advance(em, found.value, 'ask', { actor: staff(officer), at });
    if (!moved.ok) return moved;
    await insertNote(em, this.cipher, { applicationId: id, kind: 'request', text, author: staff(officer), at });
    return found;
  }

  /** Proposes an outcome for a second person. An approval has to pass the gate now, and again when it is approved. */
  async propose(
    em: EntityManager,
    request: {
      decisionId: string;
      caseId: string;
      outcome: CaseOutcome;
      reasonCodes: readonly string[];
      comment: string | null;
      maker: Officer;
    },
  ): Promise<Result<DecisionRow>> {
    const found = await this.openCase(em, request.caseId, request.maker);
    if (!found.ok) return found;
    const row = found.value;
    const payload = await this.payload(em, row, request.outcome, request.reasonCodes);
    if (!payload.ok) return payload;
    row.assignedTo ??= request.maker.staffId;
    const moved = await advance(em, row, 'propose', { actor: staff(request.maker), at: this.clock.now(), reason: request.outcome });
    if (!moved.ok) return moved;
    return this.decisions.propose(em, {
      id: request.decisionId,
      action: this.name,
      resourceId: row.id,
      clientId: row.clientId,
      payload: payload.value,
      comment: request.comment,
      maker: request.maker,
    });
  }

  async present(em: EntityManager, decision: DecisionRow): Promise<Result<DecisionPayload>> {
    const row = await lockApplication(em, decision.resourceId);
    if (!row) return refuse('not_found', 'There is no such case.');
    const { outcome, reason_codes: codes } = decision.payload;
    const possible = move(applicationMachine, row.state, confirmation(outcome));
    return possible.ok
      ? this.payload(em, row, outcome === 'approve' ? 'approve' : 'reject', Array.isArray(codes) ? codes.map(String) : [])
      : possible;
  }

  async execute(em: EntityManager, decision: DecisionRow, checker: Officer): Promise<Result<void>> {
    const row = await lockApplication(em, decision.resourceId);
    if (!row) return refuse('not_found', 'There is no such case.');
    const event = confirmation(decision.payload['outcome']);
    const cause = {
      actor: staff(checker),
      at: this.clock.now(),
      reason: publicId('decision', decision.id),
      details: { payload_hash: decision.payloadHash },
    };
    const moved = await advance(em, row, event, cause);
    if (!moved.ok || event === 'confirm_rejection') return moved;
    const standing = await this.standings.change(em, row.clientId, 'approve', cause);
    return standing.ok ? ok(undefined) : standing;
  }

  async sendBack(em: EntityManager, decision: DecisionRow, by: Actor, why: 'denied' | 'expired'): Promise<void> {
    const row = await lockApplication(em, decision.resourceId);
    if (row?.state === 'second_review') await advance(em, row, 'send_back', { actor: by, at: this.clock.now(), reason: why });
  }

  /** What is decided, and on which evidence: another list, other data or another run is another payload. */
  private async payload(
    em: EntityManager,
    row: ApplicationRow,
    outcome: CaseOutcome,
    reasonCodes: readonly string[],
  ): Promise<Result<DecisionPayload>> {
    const common = {
      outcome,
      application_id: publicId('application', row.id),
      reason_codes: [...reasonCodes].sort(),
      input_hash: row.inputHash,
    };
    if (outcome === 'reject') return ok(common);
    const list = await listInForce(em);
    const gate = approvalGate({ inputHash: row.inputHash, listVersion: list?.version ?? null, screening: await this.evidence(em, row) });
    return gate.ok ? ok({ ...common, screening_run: row.screeningRunId, list_version: list?.version ?? null }) : gate;
  }

  private async evidence(em: EntityManager, row: ApplicationRow): Promise<ScreeningEvidence | null> {
    const run = row.screeningRunId === null ? null : await findRun(em, row.screeningRunId);
    if (!run || run.subjectId !== row.id) return null;
    const matches = (await matchesOf(em, run)).map((match) => match.state);
    return { outcome: run.outcome, listVersion: run.listVersion ?? 0, inputHash: run.inputHash, matches };
  }

  /** @param by whoever works on it must not take it from another; null: anybody may. */
  private async openCase(em: EntityManager, id: string, by: Officer | null): Promise<Result<ApplicationRow>> {
    const row = await lockApplication(em, id);
    if (!row?.submittedAt) return refuse('not_found', 'There is no such case.');
    if (row.state === 'approved' || row.state === 'rejected')
      return refuse('case.not_open', `This case is ${row.state}.`, { state: row.state });
    if (by && row.assignedTo !== null && row.assignedTo !== by.staffId) {
      return refuse('case.claimed_by_another', 'Another officer works on this case.', { assigned_to: publicId('staff', row.assignedTo) });
    }
    return ok(row);
  }
}

const confirmation = (outcome: unknown): ApplicationEvent => (outcome === 'approve' ? 'confirm_approval' : 'confirm_rejection');
