import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { amount, newUuid, ok, refuse, type Clock, type Refusal, type Result } from '#kernel';
import { writeHistory } from '../history/history.store.js';
import { step, type Why } from '../orders/order-moves.store.js';
import { poolOf } from '../pools/pools.store.js';
import { overtaken, ProposalActions, type DryRun, type ProposalAction } from '../proposals/proposal-actions.service.js';
import type { Proposal } from '../proposals/proposal.entity.js';
import { CLOCK } from '../tokens.js';
import { EVERY, problemOfCaps, type Cap } from './caps.js';
import { AssessmentRow, OperatorRow, type CapsRow } from './operator.entity.js';
import { eventTo, operatorMachine, scoreOf, type OperatorState } from './operator.js';
import { AssessmentTerms, CapsTerms, OperatorTerms } from './operators.dto.js';
import {
  allCaps,
  appendCaps,
  assessments,
  insertAssessment,
  insertOperator,
  lockOperator,
  operatorById,
  saveOperator,
} from './operators.store.js';

/** Who runs validators of ours, on what terms, and whether it is given more: entered and changed by two people. */
@Injectable()
export class OperatorAction implements ProposalAction<OperatorTerms>, OnModuleInit {
  readonly kind = 'operator';
  readonly terms = OperatorTerms;
  readonly ofPool = false;
  constructor(private readonly actions: ProposalActions) {}
  onModuleInit(): void {
    this.actions.register(this);
  }

  /** Refusals: operator.terms_contradict, operator.forbidden_move. */
  async dryRun(em: EntityManager, terms: OperatorTerms): Promise<Result<DryRun>> {
    const known = await operatorById(em, terms.id);
    const problem = problemOf(terms, known?.state ?? null);
    if (problem !== null) return { ok: false, refusal: problem };
    const wanted = fieldsOf(terms);
    const changes = (Object.keys(wanted) as (keyof typeof wanted)[]).filter(
      (name) => String(known?.[name] ?? null) !== String(wanted[name]),
    );
    return ok({
      operator: terms.id,
      does: known === null ? 'enters it' : 'changes it',
      from_state: known?.state ?? 'none',
      to_state: terms.state,
      ...versionOf(known),
      changes: changes.map((name) => `${name}: ${String(known?.[name] ?? '')} → ${String(wanted[name])}`).join('; '),
    });
  }

  /** As `dryRun`, and proposal.overtaken where it was changed since it was proposed. */
  async carryOut(em: EntityManager, terms: OperatorTerms, proposal: Proposal, why: Why): Promise<Refusal | null> {
    const known = await lockOperator(em, terms.id);
    const problem = overtaken(proposal, versionOf(known)) ?? problemOf(terms, known?.state ?? null);
    if (problem !== null) return problem;
    if (known === null) {
      const born = { id: terms.id, state: 'candidate' as OperatorState, createdAt: why.at, stateSince: why.at, version: 1 };
      const row = Object.assign(new OperatorRow(), fieldsOf(terms), born);
      await insertOperator(em, row);
      if (terms.state !== 'candidate') await this.move(em, row, terms.state, why);
      return null;
    }
    const row = Object.assign(known, fieldsOf(terms));
    if (known.state !== terms.state) await this.move(em, row, terms.state, why);
    else await saveOperator(em, Object.assign(row, { version: row.version + 1 }));
    return null;
  }

  private async move(em: EntityManager, row: OperatorRow, to: OperatorState, why: Why): Promise<void> {
    const event = eventTo(to);
    if (event === null) return;
    const history = step(operatorMachine, 'operator', row, row.id, event, why);
    await saveOperator(em, row);
    await writeHistory(em, [history]);
  }
}

/** 0: there is none yet. */
const versionOf = (known: { readonly version: number } | null | undefined): DryRun => ({ version: String(known?.version ?? 0) });

const fieldsOf = (terms: OperatorTerms) => ({
  name: terms.name,
  jurisdiction: terms.jurisdiction,
  clientType: terms.client_type,
  contractReference: terms.contract_reference,
  contractFrom: terms.contract_from,
  contractUntil: terms.contract_until ?? null,
  slaEffectivenessBps: terms.sla_effectiveness_bps,
  slaProposalsBps: terms.sla_proposals_bps,
  feeBps: terms.fee_bps,
  selfBond: amount(BigInt(terms.self_bond_atomic)),
  feeRecipients: terms.fee_recipients.map((address) => address.toLowerCase()),
  mevPolicy: terms.mev_policy,
  relays: terms.relays,
  builders: terms.builders.map((address) => address.toLowerCase()),
  weight: terms.weight,
  stakeLimitBps: terms.stake_limit_bps,
  exitThresholdBps: terms.exit_threshold_bps,
  targetKind: terms.target_kind ?? null,
  targetStake: terms.target_stake_atomic === undefined ? null : amount(BigInt(terms.target_stake_atomic)),
});

function problemOf(terms: OperatorTerms, state: OperatorState | null): Refusal | null {
  const contradiction = (words: string): Refusal => refuse('operator.terms_contradict', words).refusal;
  if (terms.stake_limit_bps > terms.exit_threshold_bps) return contradiction('The stake limit is above the exit threshold.');
  if ((terms.target_kind === undefined) !== (terms.target_stake_atomic === undefined))
    return contradiction('A target is a kind and an amount, or neither.');
  if (terms.contract_until !== undefined && terms.contract_until < terms.contract_from)
    return contradiction('The contract ends before it begins.');
  if (terms.mev_policy === 'listed' && terms.builders.length === 0)
    return contradiction('No builder is listed, so none could be told apart.');
  const from = state ?? 'candidate';
  if (from === terms.state) return null;
  const event = eventTo(terms.state);
  if (event !== null && operatorMachine.transitions[from][event] === terms.state) return null;
  return refuse('operator.forbidden_move', `An operator that is ${from} cannot become ${terms.state}.`, { from, to: terms.state }).refusal;
}

/** What was found of an operator. The newest counts, and until it expires. */
@Injectable()
export class AssessmentAction implements ProposalAction<AssessmentTerms>, OnModuleInit {
  readonly kind = 'assessment';
  readonly terms = AssessmentTerms;
  readonly ofPool = false;
  constructor(
    private readonly actions: ProposalActions,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}
  onModuleInit(): void {
    this.actions.register(this);
  }

  /** Refusals: operator.unknown, assessment.expired. */
  async dryRun(em: EntityManager, terms: AssessmentTerms): Promise<Result<DryRun>> {
    const problem = await this.problemOf(em, terms);
    if (problem !== null) return { ok: false, refusal: problem };
    const before = (await assessments(em)).get(terms.operator_id);
    return ok({
      operator: terms.operator_id,
      score_before: before === undefined ? 'none' : String(before.score),
      ...cardOf(before),
      score: String(scoreOf(terms.scores)),
      expires_at: expiryOf(terms).toISOString(),
    });
  }

  async carryOut(em: EntityManager, terms: AssessmentTerms, proposal: Proposal, { at }: Why): Promise<Refusal | null> {
    const newest = (await assessments(em)).get(terms.operator_id);
    const problem = (await this.problemOf(em, terms)) ?? overtaken(proposal, cardOf(newest));
    if (problem !== null) return problem;
    const { operator_id: operatorId, evidence, scores } = terms;
    const card = { operatorId, scores: { ...scores }, score: scoreOf(scores), evidence, proposalId: proposal.id };
    await insertAssessment(em, Object.assign(new AssessmentRow(), { id: newUuid(), ...card, assessedAt: at, expiresAt: expiryOf(terms) }));
    return null;
  }

  private async problemOf(em: EntityManager, terms: AssessmentTerms): Promise<Refusal | null> {
    if ((await operatorById(em, terms.operator_id)) === null) return refuse('operator.unknown', 'There is no such operator.').refusal;
    return expiryOf(terms) > this.clock.now() ? null : refuse('assessment.expired', 'It would have expired already.').refusal;
  }
}
const cardOf = (card: AssessmentRow | undefined): DryRun => ({ assessment_before: card?.id ?? 'none' });
const expiryOf = ({ expires_at }: AssessmentTerms): Date => new Date(expires_at);

/** How much may be where; a set of caps takes the place of the one before it. */
@Injectable()
export class CapsAction implements ProposalAction<CapsTerms>, OnModuleInit {
  readonly kind = 'caps';
  readonly terms = CapsTerms;
  readonly ofPool = false;
  constructor(private readonly actions: ProposalActions) {}
  onModuleInit(): void {
    this.actions.register(this);
  }

  /** Refusals: caps.malformed, caps.unknown_pool. */
  async dryRun(em: EntityManager, terms: CapsTerms): Promise<Result<DryRun>> {
    const problem = await this.problemOf(em, terms);
    if (problem !== null) return { ok: false, refusal: problem };
    const before = await this.before(em, terms);
    const pool = terms.for_pool ?? 'all pools';
    return ok({ pool, ...versionOf(before), before: words(before?.caps ?? []), after: words(capsOfTerms(terms)) });
  }

  async carryOut(em: EntityManager, terms: CapsTerms, proposal: Proposal, { at }: Why): Promise<Refusal | null> {
    const problem = overtaken(proposal, versionOf(await this.before(em, terms))) ?? (await this.problemOf(em, terms));
    if (problem !== null) return problem;
    await appendCaps(em, terms.for_pool ?? EVERY, capsOfTerms(terms), proposal.id, at);
    return null;
  }

  private async before(em: EntityManager, terms: CapsTerms): Promise<CapsRow | undefined> {
    return (await allCaps(em)).find(({ poolId }) => poolId === (terms.for_pool ?? EVERY));
  }

  private async problemOf(em: EntityManager, terms: CapsTerms): Promise<Refusal | null> {
    if (terms.for_pool !== undefined && (await poolOf(em, terms.for_pool)) === null)
      return refuse('caps.unknown_pool', 'There is no such pool.').refusal;
    return problemOfCaps(capsOfTerms(terms));
  }
}

const capsOfTerms = ({ caps }: CapsTerms): Cap[] =>
  caps.map(({ scope, subject, basis_points, amount_atomic }) => ({
    scope,
    subject,
    bps: basis_points ?? null,
    units: amount_atomic ?? null,
  }));
const words = (caps: readonly Cap[]): string =>
  caps
    .map(
      ({ scope, subject, bps, units }) =>
        `${scope} ${subject}: ${[bps === null ? [] : [`${bps} bps`], units === null ? [] : [`${units} wei`]].flat().join(', ')}`,
    )
    .join('; ') || 'no caps';
