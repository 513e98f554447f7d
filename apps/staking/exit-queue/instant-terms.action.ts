import { Injectable, type OnModuleInit } from '@nestjs/common';
import { IsBoolean, IsInt, Matches, Max, Min } from 'class-validator';
import type { EntityManager } from 'typeorm';
import { amount, invariant, ok, refuse, type Amount, type Refusal, type Result } from '#kernel';
import type { Why } from '../orders/order-moves.store.js';
import { lockPool } from '../pools/pools.store.js';
import { productOfPool } from '../products/products.store.js';
import { ProposalActions, type DryRun, type ProposalAction } from '../proposals/proposal-actions.service.js';
import type { Proposal } from '../proposals/proposal.entity.js';
import { InstantTermsRow } from './instant-exit.entity.js';
import { insertTerms, termsOf } from './instant.store.js';

/** What two people set for the instant exits of a pool. */
export class InstantTermsBody {
  @IsBoolean() enabled!: boolean;
  @IsInt() @Min(1) @Max(10_000) min_spread_bps!: number;
  @IsInt() @Min(1) @Max(10_000) max_spread_bps!: number;
  /** Base units: the buffer at and above which the spread is least. */
  @Matches(/^[1-9]\d{0,37}$/, { message: '$property must be base units as a decimal string, above zero' }) full_buffer_atomic!: string;
}

/** A buffer that is full with less than anybody may stake has no slope: one exit would take it from full to empty. */
function check(
  { min_spread_bps: least, max_spread_bps: most, full_buffer_atomic: full }: InstantTermsBody,
  minimum: Amount,
): Refusal | null {
  if (most < least) return refuse('instant.terms_impossible', 'The spread of an empty buffer may not be below that of a full one.').refusal;
  if (BigInt(full) >= minimum) return null;
  const facts = { minimum_atomic: minimum.toString() };
  return refuse('instant.terms_impossible', 'A full buffer may not be less than the least stake of the product.', facts).refusal;
}

@Injectable()
export class InstantTermsAction implements ProposalAction<InstantTermsBody>, OnModuleInit {
  readonly kind = 'instant_terms';
  readonly terms = InstantTermsBody;
  readonly ofPool = true;

  constructor(private readonly actions: ProposalActions) {}

  onModuleInit(): void {
    this.actions.register(this);
  }

  async dryRun(em: EntityManager, terms: InstantTermsBody, poolId: string | null): Promise<Result<DryRun>> {
    const product = poolId === null ? null : await productOfPool(em, poolId);
    invariant(product !== null, 'pool.without_product', { pool: poolId });
    const problem = check(terms, product.minimum);
    if (problem !== null) return { ok: false, refusal: problem };
    const now = poolId === null ? null : await termsOf(em, poolId);
    return ok({
      enabled: `${now?.enabled ?? false} -> ${terms.enabled}`,
      min_spread_bps: `${now?.minSpreadBps ?? '-'} -> ${terms.min_spread_bps}`,
      max_spread_bps: `${now?.maxSpreadBps ?? '-'} -> ${terms.max_spread_bps}`,
      full_buffer_atomic: `${now?.fullBuffer ?? '-'} -> ${terms.full_buffer_atomic}`,
    });
  }

  async carryOut(em: EntityManager, terms: InstantTermsBody, proposal: Proposal, why: Why): Promise<Refusal | null> {
    const { poolId } = proposal;
    invariant(poolId !== null, 'proposal.without_pool', { proposal: proposal.id });
    const { product } = await lockPool(em, poolId);
    const problem = check(terms, product.minimum);
    if (problem !== null) return problem;
    const before = await termsOf(em, poolId);
    await insertTerms(
      em,
      Object.assign(new InstantTermsRow(), {
        poolId,
        version: (before?.version ?? 0) + 1,
        enabled: terms.enabled,
        minSpreadBps: terms.min_spread_bps,
        maxSpreadBps: terms.max_spread_bps,
        fullBuffer: amount(BigInt(terms.full_buffer_atomic)),
        proposalId: proposal.id,
        since: why.at,
      }),
    );
    return null;
  }
}
