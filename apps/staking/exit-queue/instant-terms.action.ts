import { Injectable, type OnModuleInit } from '@nestjs/common';
import { IsBoolean, IsInt, Matches, Max, Min } from 'class-validator';
import type { EntityManager } from 'typeorm';
import { amount, invariant, ok, refuse, type Refusal, type Result } from '#kernel';
import type { Why } from '../orders/order-moves.store.js';
import { lockPool } from '../pools/pools.store.js';
import { ProposalActions, type DryRun, type ProposalAction } from '../proposals/proposal-actions.service.js';
import type { Proposal } from '../proposals/proposal.entity.js';
import { InstantTermsRow } from './instant-exit.entity.js';
import { insertTerms, termsOf } from './instant.store.js';

/** What two people set for the instant exits of a pool. */
export class InstantTermsBody {
  @IsBoolean() enabled!: boolean;
  @IsInt() @Min(0) @Max(10_000) min_spread_bps!: number;
  @IsInt() @Min(0) @Max(10_000) max_spread_bps!: number;
  /** Base units: the buffer at and above which the spread is least. */
  @Matches(/^[1-9]\d{0,37}$/, { message: '$property must be base units as a decimal string, above zero' }) full_buffer_atomic!: string;
}

const CURVE_FALLS = refuse('instant.terms_impossible', 'The spread of an empty buffer may not be below that of a full one.');

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
    if (terms.max_spread_bps < terms.min_spread_bps) return CURVE_FALLS;
    const now = poolId === null ? null : await termsOf(em, poolId);
    return ok({
      enabled: `${now?.enabled ?? false} -> ${terms.enabled}`,
      min_spread_bps: `${now?.minSpreadBps ?? '-'} -> ${terms.min_spread_bps}`,
      max_spread_bps: `${now?.maxSpreadBps ?? '-'} -> ${terms.max_spread_bps}`,
      full_buffer_atomic: `${now?.fullBuffer ?? '-'} -> ${terms.full_buffer_atomic}`,
    });
  }

  async carryOut(em: EntityManager, terms: InstantTermsBody, proposal: Proposal, why: Why): Promise<Refusal | null> {
    if (terms.max_spread_bps < terms.min_spread_bps) return CURVE_FALLS.refusal;
    const { poolId } = proposal;
    invariant(poolId !== null, 'proposal.without_pool', { proposal: proposal.id });
    await lockPool(em, poolId);
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
