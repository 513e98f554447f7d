import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import { IsNull, type EntityManager } from 'typeorm';
import { record } from '#audit';
import { Transactor } from '#database';
import { money } from '#http';
import { amount, newUuid, ok, refuse, Refused, uuid5, type Clock, type Refusal, type Result } from '#kernel';
import type { StakingConfig } from '../config.js';
import { ExitsService } from '../exits/exits.service.js';
import { livingOf } from '../exits/validators.store.js';
import type { Why } from '../orders/order-moves.store.js';
import { openPartials } from '../partials/partials.store.js';
import type { PoolRow } from '../pools/pool.entity.js';
import { lockPool, poolOf, type Held } from '../pools/pools.store.js';
import { productOfPool } from '../products/products.store.js';
import { growingKeys, mergersOf } from '../proposals/mergers.store.js';
import { overtaken, ProposalActions, type DryRun, type ProposalAction } from '../proposals/proposal-actions.service.js';
import { Proposal } from '../proposals/proposal.entity.js';
import { CLOCK, CONFIG } from '../tokens.js';
import { RedelegationTerms } from './operators.dto.js';
import { allOperators, leavingOf, mustLeave } from './operators.store.js';
import { planMoves, type Holder, type Movable, type Redelegation } from './redelegation.js';
import { RegisterService } from './register.service.js';

/** Who proposes when nobody of our people does. */
export const BY_ITSELF = uuid5('system', 'staking.redelegation');

/**
 * Brings operators that hold too much down to their limit. On Ethereum stake cannot be moved: validators exit, and what comes back is
 * allocated anew. Never done without two people; at most it is proposed by itself.
 */
@Injectable()
export class RedelegationService implements ProposalAction<RedelegationTerms>, OnModuleInit {
  readonly kind = 'redelegation';
  readonly terms = RedelegationTerms;
  readonly ofPool = true;

  constructor(
    private readonly transactor: Transactor,
    private readonly actions: ProposalActions,
    private readonly registers: RegisterService,
    private readonly exits: ExitsService,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(CONFIG) private readonly config: StakingConfig,
  ) {}
  onModuleInit(): void {
    this.actions.register(this);
  }

  /** What would move now; nothing does. */
  show(poolId: string): Promise<object> {
    return this.transactor.read(async (em) => {
      const [row, product] = [await poolOf(em, poolId), await productOfPool(em, poolId)];
      if (row === null || product === null) throw new Refused(refuse('not_found', 'There is no such pool.').refusal);
      const plan = await this.plan(em, { row, product });
      return {
        pool_id: poolId,
        mode: this.config.REDELEGATE,
        leaves: plan.leaves.map(({ operatorId, pubkeys, amount: units, why }) => ({
          operator_id: operatorId,
          reason: why,
          ...money(product.asset, amount(units)),
          validators: pubkeys,
        })),
        joins: [...plan.joins].map(([id, units]) => ({ operator_id: id, ...money(product.asset, amount(units)) })),
        homeless: money(product.asset, amount(plan.homeless)),
      };
    });
  }

  /** Refusals: redelegation.nothing. */
  async dryRun(em: EntityManager, terms: RedelegationTerms, poolId: string | null): Promise<Result<DryRun>> {
    const [row, product] = [await poolOf(em, poolId ?? ''), await productOfPool(em, poolId ?? '')];
    if (row === null || product === null) return refuse('not_found', 'There is no such pool.');
    const plan = await this.plan(em, { row, product });
    const keys = keysOf(plan, terms);
    if (keys.length === 0) return refuse('redelegation.nothing', 'Nobody holds more than the exit threshold.');
    return ok({ ...shown(plan), validators: keys.join(', ') });
  }

  /**
   * Planned anew, and of that only what both people saw: some of it may have left by itself, or need not leave any more; what is new is for
   * another proposal. Refusals: redelegation.nothing, proposal.overtaken.
   */
  async carryOut(em: EntityManager, _terms: RedelegationTerms, proposal: Proposal, why: Why): Promise<Refusal | null> {
    const held = await lockPool(em, proposal.poolId ?? '');
    const due = (await this.plan(em, held)).leaves.flatMap(({ pubkeys }) => pubkeys);
    if (due.length === 0) return refuse('redelegation.nothing', 'Nobody holds more than the exit threshold.').refusal;
    const seen = new Set(keysSeen(proposal.dryRun));
    const keys = due.filter((pubkey) => seen.has(pubkey));
    if (keys.length === 0) return overtaken(proposal, { validators: due.join(', ') });
    await this.exits.leave(em, held, keys, why);
    return null;
  }

  /** REDELEGATE=propose: puts the plan before people, once while one waits. */
  async propose(poolId: string): Promise<boolean> {
    if (this.config.REDELEGATE !== 'propose') return false;
    return this.transactor.run(async (em) => {
      const held = await lockPool(em, poolId);
      if (await em.existsBy(Proposal, { kind: this.kind, poolId, state: 'proposed', decidedBy: IsNull() })) return false;
      const plan = await this.plan(em, held);
      if (plan.leaves.length === 0 || (await this.wasRejected(em, poolId, plan))) return false;
      const at = this.clock.now();
      const dryRun = { ...shown(plan), validators: keysOf(plan, {}).join(', ') };
      const empty = { pubkey: null, targetPubkey: null, batchId: null, amount: null, decidedBy: null, transactionHash: null, reason: null };
      const made = { id: newUuid(), poolId, kind: this.kind, terms: {}, dryRun, proposedBy: BY_ITSELF, sentEpoch: null, version: 1 };
      const comment = 'An operator holds more than its exit threshold.';
      await em.insert(Proposal, Object.assign(new Proposal(), empty, made, { state: 'proposed', comment, createdAt: at, stateSince: at }));
      await record(em, {
        actor: { kind: 'system', id: 'staking' },
        action: 'proposal.make',
        resource: poolId,
        reason: comment,
        details: dryRun,
      });
      return true;
    });
  }

  /** What people would not have is not put before them again while it is the same. */
  private async wasRejected(em: EntityManager, poolId: string, plan: Redelegation): Promise<boolean> {
    const [last] = await em.find(Proposal, { where: { kind: this.kind, poolId }, order: { createdAt: 'DESC', id: 'DESC' }, take: 1 });
    return last?.state === 'rejected' && last.dryRun['validators'] === keysOf(plan, {}).join(', ');
  }

  private async plan(em: EntityManager, { row, product }: Held): Promise<Redelegation> {
    const { candidates, caps, size } = await this.registers.field(em, row, await this.registers.register(em, product.asset));
    const at = this.clock.now();
    const leaving = await leavingOf(em, row.id);
    const rows = new Map((await allOperators(em)).map((operator) => [operator.id, operator]));
    const holders = candidates.flatMap((candidate): Holder[] => {
      const operator = rows.get(candidate.id);
      if (!operator) return [];
      const { exitThresholdBps, targetKind, targetStake } = operator;
      const forcedTarget = targetKind === 'forced' ? targetStake : null;
      return [{ candidate, leaving: leaving.get(operator.id) ?? 0n, exitThresholdBps, forcedTarget, mustLeave: mustLeave(operator, at) }];
    });
    return planMoves(holders, caps, await movableOf(em, row), size, row.buffer);
  }
}

/** Validators with which nothing else is under way and which the protocol lets go by now, oldest first. */
async function movableOf(em: EntityManager, { id: poolId, watchedEpoch, network }: PoolRow): Promise<Movable[]> {
  const grownUp = (watchedEpoch ?? -1n) - BigInt(network?.shardCommitteePeriod ?? 0);
  const busy = new Set<string | null>([
    ...(await openPartials(em, poolId)).map((partial) => partial.pubkey),
    ...(await growingKeys(em, poolId)),
    ...[...(await mergersOf(em, poolId))].flat(),
  ]);
  return (await livingOf(em, poolId)).flatMap(({ pubkey, operatorId, principal, state, reported, activationEpoch }) =>
    state === 'active' && reported && activationEpoch <= grownUp && operatorId !== null && !busy.has(pubkey)
      ? [{ pubkey, operatorId, stake: principal }]
      : [],
  );
}

const keysOf = (plan: Redelegation, { at_most }: RedelegationTerms): string[] =>
  plan.leaves.flatMap(({ pubkeys }) => pubkeys).slice(0, at_most ?? 1_000);
const keysSeen = (dryRun: DryRun): string[] => (dryRun['validators'] ?? '').split(', ');

const shown = (plan: Redelegation): DryRun => ({
  leaves: plan.leaves
    .map(({ operatorId, pubkeys, amount: units, why }) => `${operatorId}: ${pubkeys.length} validators, ${units} wei (${why})`)
    .join('; '),
  joins: [...plan.joins].map(([id, units]) => `${id}: ${units} wei`).join('; '),
  homeless_atomic: plan.homeless.toString(),
});
