import { Inject, Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { record } from '#audit';
import { Transactor } from '#database';
import { newUuid, ZERO, type Clock } from '#kernel';
import type { StakingConfig } from '../config.js';
import { CLOCK, CONFIG } from '../tokens.js';
import {
  demonstration,
  demonstrationCaps,
  house,
  OPENING_EVIDENCE,
  OPENING_VALID_DAYS,
  openingCard,
  type OpeningOperator,
} from './catalogue.js';
import { AssessmentRow, OperatorRow } from './operator.entity.js';
import { scoreOf } from './operator.js';
import { allOperators, appendCaps, insertAssessment, insertOperator } from './operators.store.js';

const DAY_MS = 86_400_000;

/** Opens an empty registry: in a demonstration with invented operators, elsewhere in demo mode with our own, in production with nobody. */
@Injectable()
export class OperatorsOpening implements OnApplicationBootstrap {
  constructor(
    private readonly transactor: Transactor,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(CONFIG) private readonly config: StakingConfig,
  ) {}

  onApplicationBootstrap(): Promise<void> {
    return this.transactor.run((em) => this.open(em));
  }

  private async open(em: EntityManager): Promise<void> {
    const chosen = this.chosen();
    // of several instances that start at once, one opens it
    await em.query(`SELECT pg_advisory_xact_lock(hashtextextended('staking.operators.opening', 0))`);
    if (chosen === 'none' || (await allOperators(em)).length > 0) return;
    const at = this.clock.now();
    const operators = chosen === 'demo' ? demonstration : [house];
    for (const operator of operators) await this.enter(em, operator, at);
    if (chosen === 'demo') await appendCaps(em, '*', demonstrationCaps, null, at);
    await record(em, {
      actor: { kind: 'system', id: 'staking.opening' },
      action: 'operators.open',
      resource: 'operators',
      details: { operators: operators.map(({ id }) => id) },
    });
  }

  private chosen(): 'demo' | 'house' | 'none' {
    const { OPENING_OPERATORS, BAILEE_MODE, BAILEE_NETWORK } = this.config;
    if (OPENING_OPERATORS !== undefined) return OPENING_OPERATORS;
    if (BAILEE_MODE === 'production') return 'none';
    return BAILEE_NETWORK === 'localnet' ? 'demo' : 'house';
  }

  private async enter(em: EntityManager, operator: OpeningOperator, at: Date): Promise<void> {
    const row = Object.assign(new OperatorRow(), {
      ...operator,
      contractFrom: at.toISOString().slice(0, 10),
      contractUntil: null,
      slaEffectivenessBps: 9_500,
      slaProposalsBps: 9_500,
      selfBond: ZERO,
      feeRecipients: [],
      mevPolicy: 'any',
      relays: [],
      builders: [],
      weight: 100,
      targetKind: null,
      targetStake: null,
      state: 'active',
      createdAt: at,
      stateSince: at,
      version: 1,
    });
    await insertOperator(em, row);
    const expiresAt = this.clock.now();
    expiresAt.setTime(at.getTime() + OPENING_VALID_DAYS * DAY_MS);
    const card = { operatorId: row.id, scores: openingCard, score: scoreOf(openingCard), evidence: OPENING_EVIDENCE };
    await insertAssessment(em, Object.assign(new AssessmentRow(), { id: newUuid(), ...card, proposalId: null, assessedAt: at, expiresAt }));
  }
}
