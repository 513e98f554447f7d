import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import { ApiProperty } from '@nestjs/swagger';
import { IsInt, Matches, Max, Min } from 'class-validator';
import type { EntityManager } from 'typeorm';
import { emit } from '#delivery';
import { IsInstant } from '#http';
import { invariant, ok, type Clock, type Refusal, type Result } from '#kernel';
import { FeeScheduleChanged } from '#messages';
import type { Why } from '../orders/order-moves.store.js';
import { productOfPool } from '../products/products.store.js';
import { overtaken, ProposalActions, type DryRun, type ProposalAction } from '../proposals/proposal-actions.service.js';
import type { Proposal } from '../proposals/proposal.entity.js';
import { CLOCK } from '../tokens.js';
import { inForce, nextFee, type Fee } from './fee-schedule.js';
import { feesOf, insertFee } from './fee-schedule.store.js';

export class FeeScheduleTerms {
  @ApiProperty({ example: 'standard' }) @Matches(/^[a-z][a-z0-9_]{0,31}$/) tier!: string;
  @ApiProperty({ description: 'of positive net rewards above the high-water mark, basis points', example: 800 })
  @IsInt()
  @Min(0)
  @Max(10_000)
  commission_bps!: number;
  @ApiProperty({ format: 'date-time', description: 'reports that are applied from then on take it' })
  @IsInstant()
  effective_at!: string;
}

/** A new version of what a tier pays of a product's rewards: announced ahead, never changed afterwards. */
@Injectable()
export class FeeScheduleAction implements ProposalAction<FeeScheduleTerms>, OnModuleInit {
  readonly kind = 'fee_schedule';
  readonly terms = FeeScheduleTerms;
  readonly ofPool = true;

  constructor(
    private readonly actions: ProposalActions,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  onModuleInit(): void {
    this.actions.register(this);
  }

  /** Refusals: fee.in_the_past, fee.later_one_set, fee.above_standard. */
  async dryRun(em: EntityManager, terms: FeeScheduleTerms, poolId: string | null): Promise<Result<DryRun>> {
    const { next, fees } = await this.next(em, terms, poolId);
    if (!next.ok) return next;
    const now = inForce(fees, this.clock.now()).get(terms.tier);
    return ok({
      tier: terms.tier,
      version: String(next.value.version),
      commission_bps: String(next.value.commissionBps),
      in_force_bps: now === undefined ? 'none: the standard tier pays for it' : String(now.commissionBps),
      effective_at: next.value.effectiveAt.toISOString(),
    });
  }

  /** As `dryRun`, and proposal.overtaken where another version was set since. */
  async carryOut(em: EntityManager, terms: FeeScheduleTerms, proposal: Proposal, { at }: Why): Promise<Refusal | null> {
    const { poolId } = proposal;
    const { next, productId } = await this.next(em, terms, poolId);
    if (!next.ok) return next.refusal;
    const changed = overtaken(proposal, { version: String(next.value.version) });
    if (changed !== null) return changed;
    const fee = next.value;
    await insertFee(em, productId, fee, proposal.id, at);
    const { tier, version, commissionBps } = fee;
    const payload = { poolId: poolId ?? '', tier, version, commissionBps, effectiveAt: fee.effectiveAt.toISOString() };
    await emit(em, FeeScheduleChanged, { aggregate: poolId ?? '', payload });
    return null;
  }

  private async next(
    em: EntityManager,
    terms: FeeScheduleTerms,
    poolId: string | null,
  ): Promise<{ next: Result<Fee>; fees: Fee[]; productId: string }> {
    const product = await productOfPool(em, poolId ?? '');
    invariant(product !== null, 'pool.unknown', { pool: poolId });
    const fees = await feesOf(em, product.id);
    const wish = { tier: terms.tier, commissionBps: terms.commission_bps, effectiveAt: new Date(terms.effective_at) };
    return { next: nextFee(fees, wish, this.clock.now()), fees, productId: product.id };
  }
}
