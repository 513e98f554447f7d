import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { type Actor, record } from '#audit';
import { emit } from '#delivery';
import { accept, type Clock, move, ok, publicId, refuse, type Result } from '#kernel';
import { DepositRelease, type DepositDetectedV1 } from '#messages';
import { DecisionActions, type DecisionAction } from '../decisions/decision-actions.registry.js';
import type { Officer } from '../decisions/decision.js';
import type { DecisionPayload, DecisionRow } from '../decisions/decision.entity.js';
import { DecisionsService } from '../decisions/decisions.service.js';
import { recordChange } from '../history/history.store.js';
import { FieldCipher } from '../personal-data/field-cipher.js';
import { CLOCK, SETTINGS, type Settings } from '../ports.js';
import { MatchesService } from '../screening/matches.service.js';
import { ScreeningService } from '../screening/screening.service.js';
import { findRun, matchesOf } from '../screening/screening.store.js';
import { listInForce } from '../screening/watchlist.store.js';
import { lockStanding } from '../standing/standing.store.js';
import { CLEARANCE_RULE, depositMachine, reasonsForReview, releaseRoute, type ReleaseRoute } from './deposit.js';
import { DepositRow } from './deposit.entity.js';
import { findDeposit, insertDeposit, lockDeposit, saveDeposit } from './deposit.store.js';

const SYSTEM: Actor = { kind: 'system', id: 'compliance' };
export const commentPlace = (depositId: string): string => `deposit/${depositId}/comment`;

interface Release {
  readonly basis: 'rule' | 'officer';
  readonly reference: string;
  readonly actor: Actor;
  readonly staffId?: string;
}

@Injectable()
export class DepositsService implements OnModuleInit, DecisionAction {
  readonly name = 'deposit.release';

  constructor(
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(SETTINGS) private readonly settings: Settings,
    private readonly cipher: FieldCipher,
    private readonly screening: ScreeningService,
    private readonly matches: MatchesService,
    private readonly decisions: DecisionsService,
    private readonly actions: DecisionActions,
  ) {}

  onModuleInit(): void {
    this.actions.register(this);
  }

  /** Screens the sender and judges by the rule: released at once, or under review. Once a deposit. */
  async receive(em: EntityManager, detected: DepositDetectedV1): Promise<void> {
    if (await findDeposit(em, detected.depositId)) return;
    const standing = await lockStanding(em, detected.clientId);
    const { run } = await this.screening.screenSender(
      em,
      { id: detected.depositId, clientId: detected.clientId, sender: detected.sender },
      'transfer',
    );
    const amount = BigInt(detected.amount);
    const limit = this.settings.depositRuleLimits.get(detected.asset) ?? null;
    const reasons = reasonsForReview({ standing, senderKnown: detected.senderKnown, screening: run.outcome, amount, limit });
    const at = this.clock.now();
    const row = Object.assign(new DepositRow(), {
      id: detected.depositId,
      clientId: detected.clientId,
      version: 1,
      state: depositMachine.initial,
      chain: detected.chain,
      asset: detected.asset,
      amount,
      sender: detected.sender,
      senderKnown: detected.senderKnown,
      transactionHash: detected.transactionHash,
      blockNumber: BigInt(detected.blockNumber),
      screeningRunId: run.id,
      reasons,
      basis: null,
      reference: null,
      comment: null,
      createdAt: at,
      updatedAt: at,
    });
    await insertDeposit(em, row);
    await recordChange(em, {
      noun: 'deposit',
      id: row.id,
      version: 1,
      from: null,
      to: row.state,
      event: 'detect',
      actor: SYSTEM,
      details: { reasons },
      at,
    });
    if (reasons.length === 0) accept(await this.release(em, row, { basis: 'rule', reference: CLEARANCE_RULE, actor: SYSTEM }));
  }

  /**
   * An officer lets it go: at once, or, where the sender is listed, as a proposal for a second person. The sender is screened again first
   * where the list has changed. Refusals: `not_found`, `deposit.forbidden_move`, those of releaseRoute, `approval.already_requested`.
   */
  async requestRelease(
    em: EntityManager,
    request: { decisionId: string; depositId: string; comment: string; officer: Officer },
  ): Promise<Result<DepositRow | DecisionRow>> {
    const row = await lockDeposit(em, request.depositId);
    if (!row) return refuse('not_found', 'There is no such deposit.');
    const possible = move(depositMachine, row.state, 'release');
    if (!possible.ok) return possible;
    const route = await this.route(em, row);
    if (!route.ok) return route;
    if (route.value === 'two_people') {
      const { decisionId: id, comment, officer: maker } = request;
      return this.decisions.propose(em, {
        id,
        action: this.name,
        resourceId: row.id,
        clientId: row.clientId,
        payload: payloadOf(row),
        comment,
        maker,
      });
    }
    row.comment = this.cipher.seal(commentPlace(row.id), request.comment);
    const { staffId } = request.officer;
    const reference = `officer-release:${publicId('operation', request.decisionId)}`;
    const released = await this.release(em, row, { basis: 'officer', reference, actor: { kind: 'staff', id: staffId }, staffId });
    return released.ok ? ok(row) : released;
  }

  async present(em: EntityManager, decision: DecisionRow): Promise<Result<DecisionPayload>> {
    const row = await lockDeposit(em, decision.resourceId);
    if (!row) return refuse('not_found', 'There is no such deposit.');
    const possible = move(depositMachine, row.state, 'release');
    if (!possible.ok) return possible;
    const route = await this.route(em, row);
    return route.ok ? ok(payloadOf(row)) : route;
  }

  async execute(em: EntityManager, decision: DecisionRow, checker: Officer): Promise<Result<void>> {
    const row = await lockDeposit(em, decision.resourceId);
    const run = row && (await findRun(em, row.screeningRunId));
    if (!row || !run) return refuse('not_found', 'There is no such deposit.');
    const actor: Actor = { kind: 'staff', id: checker.staffId };
    for (const match of await matchesOf(em, run)) {
      const cleared = await this.matches.clearBy(em, match.id, actor);
      if (!cleared.ok) return cleared;
    }
    return this.release(em, row, { basis: 'officer', reference: publicId('decision', decision.id), actor, staffId: checker.staffId });
  }

  /** It stays under review, where it was all the while. */
  async sendBack(em: EntityManager, decision: DecisionRow, by: Actor, why: 'denied' | 'expired'): Promise<void> {
    await record(em, { actor: by, action: 'deposit.stay', resource: publicId('deposit', decision.resourceId), reason: why });
  }

  private async route(em: EntityManager, row: DepositRow): Promise<Result<ReleaseRoute>> {
    const standing = await lockStanding(em, row.clientId);
    const list = await listInForce(em);
    let run = await findRun(em, row.screeningRunId);
    if (!run || run.outcome === 'error' || run.listVersion !== list?.version) {
      ({ run } = await this.screening.screenSender(em, row, 'review'));
      row.screeningRunId = run.id;
      await saveDeposit(em, row);
    }
    const states = (await matchesOf(em, run)).map((match) => match.state);
    const senderConfirmed = states.some((state) => state === 'true_match' || state === 'true_match_proposed');
    return releaseRoute({ standing, screening: run.outcome, senderConfirmed });
  }

  private async release(em: EntityManager, row: DepositRow, release: Release): Promise<Result<void>> {
    const from = row.state;
    const to = move(depositMachine, from, 'release');
    if (!to.ok) return to;
    const at = this.clock.now();
    Object.assign(row, { state: to.value, version: row.version + 1, basis: release.basis, reference: release.reference, updatedAt: at });
    await saveDeposit(em, row);
    await recordChange(em, {
      noun: 'deposit',
      id: row.id,
      version: row.version,
      from,
      to: to.value,
      event: 'release',
      actor: release.actor,
      reason: release.reference,
      details: { basis: release.basis, screening_run: row.screeningRunId },
      at,
    });
    const staff = release.staffId === undefined ? {} : { staffId: release.staffId };
    const payload = { depositId: row.id, basis: release.basis, reference: release.reference, ...staff };
    await emit(em, DepositRelease, { aggregate: row.id, payload });
    return ok(undefined);
  }
}

const payloadOf = (row: DepositRow): DecisionPayload => ({
  outcome: 'release',
  deposit_id: publicId('deposit', row.id),
  client_id: publicId('client', row.clientId),
  asset: row.asset,
  amount_atomic: row.amount.toString(),
  sender: row.sender,
  screening_run: row.screeningRunId,
});
