import { Inject, Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { Transactor } from '#database';
import { money, wireTime } from '#http';
import { amount, refuse, Refused, ZERO, type Clock } from '#kernel';
import type { StakingConfig } from '../config.js';
import { allProducts } from '../products/products.store.js';
import { CLOCK, CONFIG } from '../tokens.js';
import { reasonsAgainst } from './allocation.js';
import type { AssessmentRow, OperatorRow } from './operator.entity.js';
import { allCaps, allOperators, assessments, assessmentsOf, operatorById, stakesOf } from './operators.store.js';
import { breachesOf, keysOfOperator } from './operators-view.store.js';
import { effectivenessOf, voteEffectiveness, type Totals } from './performance.js';
import { totalsByOperator, totalsByValidator, windowsOf } from './performance.store.js';
import { RegisterService } from './register.service.js';
import { scoreMerits } from './score.js';

/** What staff see of operators. */
@Injectable()
export class OperatorsService {
  constructor(
    private readonly transactor: Transactor,
    private readonly registers: RegisterService,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(CONFIG) private readonly config: StakingConfig,
  ) {}

  list(): Promise<object> {
    return this.transactor.read(async (em) => {
      const cards = await assessments(em);
      const totals = await totalsByOperator(em, this.config.SCORE_EPOCHS, this.clock.now());
      const data: object[] = [];
      for (const row of await allOperators(em))
        data.push({ ...viewOperator(row, cards.get(row.id), this.clock.now()), performance: viewTotals(totals.get(row.id)) });
      return { data };
    });
  }

  one(id: string): Promise<object> {
    return this.transactor.read(async (em) => {
      const row = await operatorById(em, id);
      if (row === null) throw new Refused(refuse('not_found', 'There is no such operator.').refusal);
      const cards = await assessmentsOf(em, id);
      const totals = (await totalsByOperator(em, this.config.SCORE_EPOCHS, this.clock.now())).get(id);
      const validators = await totalsByValidator(em, id, { epochs: this.config.SCORE_EPOCHS, at: this.clock.now(), most: 200 });
      const windows = await windowsOf(em, id, 50);
      return {
        ...viewOperator(row, cards[0], this.clock.now()),
        pools: await this.pools(em, id),
        keys: await keysOfOperator(em, id),
        assessments: cards.map(viewCard),
        incidents: await breachesOf(em, id),
        performance: {
          epochs: this.config.SCORE_EPOCHS,
          ...viewTotals(totals),
          windows: windows.map((w) => ({
            pool_id: w.poolId,
            from_epoch: w.fromEpoch.toString(),
            to_epoch: w.toEpoch.toString(),
            ...viewTotals(w),
          })),
          validators: validators.map((v) => ({ pubkey: v.pubkey, ...viewTotals(v) })),
        },
      };
    });
  }

  caps(): Promise<object> {
    return this.transactor.read(async (em) => ({
      data: (await allCaps(em)).map(({ poolId, version, caps, createdAt }) => ({
        pool_id: poolId,
        version,
        since: wireTime(createdAt),
        caps: caps.map(({ scope, subject, bps, units }) => ({ scope, subject, basis_points: bps, amount_atomic: units })),
      })),
    }));
  }

  /** What it holds of each pool, and what allocation thinks of it there. */
  private async pools(em: EntityManager, id: string): Promise<object[]> {
    const pools: object[] = [];
    for (const { poolId, asset } of await allProducts(em)) {
      const stakes = await stakesOf(em, poolId);
      const total = [...stakes.values()].reduce<bigint>((sum, stake) => sum + stake, 0n);
      const stake = stakes.get(id) ?? ZERO;
      const known = (await this.registers.register(em, asset)).find((candidate) => candidate.id === id);
      if (!known) continue;
      const { score, terms } = scoreMerits({ ...known.merits, stake, capacity: null });
      pools.push({
        pool_id: poolId,
        stake: money(asset, stake),
        share_bps: total === 0n ? 0 : Number((stake * 10_000n + total - 1n) / total),
        bond_posted: money(asset, amount(known.merits.selfBond)),
        reasons_against: reasonsAgainst({ ...known, stake }),
        score,
        terms,
      });
    }
    return pools;
  }
}

const viewOperator = (row: OperatorRow, card: AssessmentRow | undefined, at: Date): object => ({
  id: row.id,
  name: row.name,
  state: row.state,
  state_since: wireTime(row.stateSince),
  jurisdiction: row.jurisdiction,
  client_type: row.clientType,
  contract: { reference: row.contractReference, from: row.contractFrom, until: row.contractUntil },
  sla: { effectiveness_bps: row.slaEffectivenessBps, proposals_bps: row.slaProposalsBps },
  fee_bps: row.feeBps,
  bond_agreed_atomic: row.selfBond.toString(),
  fee_recipients: ['the vault of the pool', ...row.feeRecipients],
  mev: { policy: row.mevPolicy, relays: row.relays, builders: row.builders },
  weight: row.weight,
  stake_limit_bps: row.stakeLimitBps,
  exit_threshold_bps: row.exitThresholdBps,
  target: row.targetKind === null ? null : { kind: row.targetKind, stake_atomic: row.targetStake?.toString() ?? null },
  assessment: card === undefined ? null : { ...viewCard(card), current: card.expiresAt > at },
  version: row.version,
});

const viewCard = (card: AssessmentRow) => ({
  id: card.id,
  score: card.score,
  scores: card.scores,
  evidence: card.evidence,
  assessed_at: wireTime(card.assessedAt),
  expires_at: wireTime(card.expiresAt),
});

/** Expected against actual; null where nothing was expected or nobody tells. */
function viewTotals(totals: Totals | undefined): object {
  if (totals === undefined) return { validators: 0, effectiveness_bps: null, proposals_bps: null };
  const { effectivenessBps, proposalsBps } = effectivenessOf(totals);
  return {
    validators: totals.validators,
    active_epochs: totals.activeEpochs.toString(),
    effectiveness_bps: effectivenessBps,
    unweighted_effectiveness_bps: voteEffectiveness(totals),
    attestations: {
      expected: totals.expectedAttestations.toString(),
      included: totals.included.toString(),
      source_correct: totals.sourceCorrect.toString(),
      target_correct: totals.targetCorrect.toString(),
      heads_expected: totals.expectedHeads.toString(),
      head_correct: totals.headCorrect.toString(),
      mean_delay_slots:
        totals.delaySlots === null || totals.included === 0n ? null : Number((totals.delaySlots * 100n) / totals.included) / 100,
    },
    proposals_bps: proposalsBps,
    proposals: { expected: totals.expectedProposals.toString(), made: totals.proposals.toString() },
  };
}
