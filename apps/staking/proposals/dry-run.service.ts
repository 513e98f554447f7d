import { Inject, Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import type { StakingAdapter, TransactionPlan } from '#chains';
import { Transactor } from '#database';
import { invariant, ok, refuse, type Refusal, type Result } from '#kernel';
import { WriteOffService } from '../batches/write-off.service.js';
import type { Validator } from '../exits/validator.entity.js';
import { livingOf, validatorOf } from '../exits/validators.store.js';
import { poolOf, type Held } from '../pools/pools.store.js';
import type { PoolRow } from '../pools/pool.entity.js';
import { productOfPool } from '../products/products.store.js';
import { CHAINS, type Chains } from '../tokens.js';
import { mayMerge } from './mergers.store.js';
import { ProposalActions, type DryRun as DryRunOf } from './proposal-actions.service.js';
import type { Proposal } from './proposal.entity.js';
import { isPoolKind, type PoolProposalKind, type TermsProposalKind } from './proposal.js';
import type { ProposalBody } from './proposals.dto.js';

type DryRun = Result<DryRunOf>;

/** Says what a proposal would do, before anybody decides, and whether it still may when somebody does. */
@Injectable()
export class DryRunService {
  constructor(
    private readonly transactor: Transactor,
    private readonly writeOffs: WriteOffService,
    private readonly actions: ProposalActions,
    @Inject(CHAINS) private readonly chains: Chains,
  ) {}

  /** Refusals: proposal.incomplete, proposal.not_now, write_off.float_too_small, not_found, and those of the chain's plans. */
  async of(body: ProposalBody): Promise<DryRun> {
    const { kind, pool_id: poolId } = body;
    const takenFields = isPoolKind(kind) ? takes[kind] : ['terms'];
    if (!isComplete(body, takenFields))
      return refuse('proposal.incomplete', `A proposal of this kind takes exactly ${takenFields.join(' and ')}.`);
    if (!isPoolKind(kind)) return this.ofTerms(kind, body);
    if (poolId === undefined) return refuse('proposal.incomplete', 'Say with pool_id which pool it concerns.');
    const { pool, product, validator } = await this.transactor.read(async (em) => ({
      pool: await poolOf(em, poolId),
      product: await productOfPool(em, poolId),
      validator: body.pubkey === undefined ? null : await validatorOf(em, body.pubkey),
    }));
    if (pool === null || product === null) return refuse('not_found', 'There is no such pool.');
    if (body.kind === 'carry_loss')
      return ok({ loss_carried_atomic: pool.lossCarried.toString(), permitted_atomic: body.amount_atomic ?? '' });
    if (body.kind === 'write_off')
      return this.transactor.read((em) => this.writeOffs.dryRun(em, { row: pool, product }, body.batch_id ?? ''));
    if (validator?.poolId !== pool.id || pool.vaultAddress === null)
      return refuse('proposal.incomplete', 'Give the key of a validator of this pool.');
    const chain = this.chains.get(product.chain);
    invariant(chain !== undefined, 'chain.not_configured', { chain: product.chain });
    const plan =
      body.kind === 'consolidation'
        ? await this.merge(chain.staking, pool, validator, body.target_pubkey ?? '')
        : await chain.staking.switchToCompoundingPlan(pool.vaultAddress, validator.pubkey);
    if (!plan.ok) return plan;
    const { from, to, value, data } = plan.value;
    return ok({ from, to, value_atomic: value.toString(), data, booked_atomic: validator.booked.toString() });
  }

  private ofTerms(kind: TermsProposalKind, body: ProposalBody): Promise<DryRun> {
    const { action, terms } = this.actions.of(kind, body.terms);
    const poolId = body.pool_id ?? null;
    return this.transactor.read(async (em) => {
      if (action.ofPool !== (poolId !== null))
        return refuse(
          'proposal.incomplete',
          action.ofPool ? 'Say with pool_id which pool it concerns.' : 'It concerns no pool: leave pool_id out.',
        );
      if (poolId !== null && (await poolOf(em, poolId)) === null) return refuse('not_found', 'There is no such pool.');
      return action.dryRun(em, terms, poolId);
    });
  }

  /** Under the pool's lock: what was true at the dry run may not be any more. What the chain says, custody asks it again. */
  async stillPossible(em: EntityManager, held: Held, { kind, pubkey, targetPubkey, batchId }: Proposal): Promise<Refusal | null> {
    if (kind === 'consolidation') return mayMerge(em, held.row.id, pubkey ?? '', targetPubkey ?? '');
    if (kind !== 'write_off') return null;
    const run = await this.writeOffs.dryRun(em, held, batchId ?? '');
    return run.ok ? null : run.refusal;
  }

  private async merge(staking: StakingAdapter, pool: PoolRow, source: Validator, target: string): Promise<Result<TransactionPlan>> {
    const known = await this.transactor.read(async (em) => ({
      problem: await mayMerge(em, pool.id, source.pubkey, target),
      living: await livingOf(em, pool.id),
    }));
    if (known.problem !== null) return { ok: false, refusal: known.problem };
    return staking.consolidationPlan(pool.vaultAddress ?? '', source.pubkey, target, new Set(known.living.map((v) => v.pubkey)));
  }
}

const fields = ['pubkey', 'target_pubkey', 'batch_id', 'amount_atomic', 'terms'] as const;
/** What a proposal of a kind must say, and nothing else. */
const takes: Readonly<Record<PoolProposalKind, readonly (typeof fields)[number][]>> = {
  carry_loss: ['amount_atomic'],
  credentials_switch: ['pubkey'],
  consolidation: ['pubkey', 'target_pubkey'],
  write_off: ['batch_id'],
};
const isComplete = (body: ProposalBody, takenFields: readonly string[]): boolean =>
  fields.every((field) => (body[field] !== undefined) === takenFields.includes(field));
