import { Injectable, type OnModuleInit } from '@nestjs/common';
import { ApiPropertyOptional } from '@nestjs/swagger';
import type { EntityManager } from 'typeorm';
import { IsInstant, MayBeAbsent } from '#http';
import { invariant, ok, refuse, type Refusal, type Result } from '#kernel';
import type { Why } from '../orders/order-moves.store.js';
import { lockPool, poolOf } from '../pools/pools.store.js';
import type { PoolRow } from '../pools/pool.entity.js';
import { ProposalActions, type DryRun, type ProposalAction } from '../proposals/proposal-actions.service.js';
import type { Proposal } from '../proposals/proposal.entity.js';
import { bunkerOf } from './bunker.js';
import { enterBunker, firstSince, leaveBunker, nextPlace, openTroubles, waitingFrom } from './bunker.store.js';

export class BunkerEnterTerms {
  @ApiPropertyOptional({ format: 'date-time', description: 'when the trouble began: exits accepted since then wait too' })
  @MayBeAbsent()
  @IsInstant()
  since?: string;
}
/** Says nothing beyond the pool and the comment. */
// eslint-disable-next-line @typescript-eslint/no-extraneous-class -- a kind of proposal has a class of terms, this one an empty one
export class BunkerLeaveTerms {}

/** A moment that somebody names, not now: no Clock. */
const momentOf = (since: string | undefined): Date | undefined => (since === undefined ? undefined : new Date(since));

const NOT_IN = refuse('bunker.not_in', 'The pool is not paused.');
const ALREADY_IN = refuse('bunker.already_in', 'The pool is paused already.');

/** Two people pause a pool: trouble that no machine sees. */
@Injectable()
export class BunkerEnterAction implements ProposalAction<BunkerEnterTerms>, OnModuleInit {
  readonly kind = 'bunker_enter';
  readonly terms = BunkerEnterTerms;
  readonly ofPool = true;

  constructor(private readonly actions: ProposalActions) {}

  onModuleInit(): void {
    this.actions.register(this);
  }

  async dryRun(em: EntityManager, { since }: BunkerEnterTerms, poolId: string | null): Promise<Result<DryRun>> {
    const row = await poolNamed(em, poolId);
    if (bunkerOf(row) !== null) return ALREADY_IN;
    const from = (await firstSince(em, row.id, momentOf(since))) ?? (await nextPlace(em, row.id));
    const [all, late] = [await waitingFrom(em, row.id, 1n), await waitingFrom(em, row.id, from)];
    return ok({
      first_place_that_would_wait: from.toString(),
      exits_paid_in_order: String(all.requests - late.requests),
      exits_that_would_wait: String(late.requests),
    });
  }

  async carryOut(em: EntityManager, { since }: BunkerEnterTerms, proposal: Proposal, why: Why): Promise<Refusal | null> {
    const held = await lockPool(em, proposal.poolId ?? '');
    const cause = { at: why.at, actor: why.actor, reason: proposal.comment, since: momentOf(since) };
    return (await enterBunker(em, held, cause)) ? null : ALREADY_IN.refusal;
  }
}

/** Two people end it: those who waited are paid in their order by the next report, and what is queued enters again. */
@Injectable()
export class BunkerLeaveAction implements ProposalAction<BunkerLeaveTerms>, OnModuleInit {
  readonly kind = 'bunker_leave';
  readonly terms = BunkerLeaveTerms;
  readonly ofPool = true;

  constructor(private readonly actions: ProposalActions) {}

  onModuleInit(): void {
    this.actions.register(this);
  }

  async dryRun(em: EntityManager, _terms: BunkerLeaveTerms, poolId: string | null): Promise<Result<DryRun>> {
    const row = await poolNamed(em, poolId);
    const bunker = bunkerOf(row);
    if (bunker === null) return NOT_IN;
    const waiting = await waitingFrom(em, row.id, bunker.fromPlace);
    return ok({
      since: bunker.since.toISOString(),
      reason: bunker.reason,
      exits_that_wait: String(waiting.requests),
      shares_that_wait: waiting.shares.toString(),
      open_incidents: String(await openTroubles(em, row.id)),
    });
  }

  async carryOut(em: EntityManager, _terms: BunkerLeaveTerms, proposal: Proposal, why: Why): Promise<Refusal | null> {
    const held = await lockPool(em, proposal.poolId ?? '');
    const cause = { at: why.at, actor: why.actor, reason: proposal.comment };
    return (await leaveBunker(em, held, cause)) ? null : NOT_IN.refusal;
  }
}

async function poolNamed(em: EntityManager, poolId: string | null): Promise<PoolRow> {
  const row = await poolOf(em, poolId ?? '');
  invariant(row !== null, 'pool.unknown', { pool: poolId });
  return row;
}
