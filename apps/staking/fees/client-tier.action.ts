import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import { ApiProperty } from '@nestjs/swagger';
import { Matches } from 'class-validator';
import type { EntityManager } from 'typeorm';
import { ok, refuse, uuidOf, type Clock, type Refusal, type Result } from '#kernel';
import type { Why } from '../orders/order-moves.store.js';
import { allProducts } from '../products/products.store.js';
import { overtaken, ProposalActions, type DryRun, type ProposalAction } from '../proposals/proposal-actions.service.js';
import type { Proposal } from '../proposals/proposal.entity.js';
import { TierChanges } from '../pools/tier-changes.service.js';
import { standingOf } from '../standing/standing.store.js';
import { CLOCK } from '../tokens.js';
import { feeOf, STANDARD } from './fee-schedule.js';
import { feesInForce, feesOf, saveTier, tierOf } from './fee-schedule.store.js';

export class ClientTierTerms {
  @ApiProperty({ example: 'cli_…' }) @Matches(/^cli_[0-9a-f-]{36}$/) client_id!: string;
  @ApiProperty({ example: 'private' }) @Matches(/^[a-z][a-z0-9_]{0,31}$/) tier!: string;
}

/** Moves a client to another tier: from now on its shares earn at that tier's fee; what they have earned is settled first. */
@Injectable()
export class ClientTierAction implements ProposalAction<ClientTierTerms>, OnModuleInit {
  readonly kind = 'client_tier';
  readonly terms = ClientTierTerms;
  readonly ofPool = false;

  constructor(
    private readonly actions: ProposalActions,
    private readonly changes: TierChanges,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  onModuleInit(): void {
    this.actions.register(this);
  }

  /** Refusals: tier.unknown_client, tier.unchanged, tier.unknown. */
  async dryRun(em: EntityManager, terms: ClientTierTerms): Promise<Result<DryRun>> {
    const clientId = uuidOf('client', terms.client_id);
    if (clientId === null || (await standingOf(em, clientId)) === null) return refuse('tier.unknown_client', 'There is no such client.');
    const before = await tierOf(em, clientId);
    if (before === terms.tier) return refuse('tier.unchanged', 'The client is in this tier already.', { tier: before });
    const lines: Record<string, string> = { from: before, to: terms.tier };
    let known = terms.tier === STANDARD;
    for (const product of await allProducts(em)) {
      known ||= (await feesOf(em, product.id)).some((fee) => fee.tier === terms.tier);
      const fees = await feesInForce(em, product.id, this.clock.now());
      lines[product.id] = `${feeOf(fees, before)} → ${feeOf(fees, terms.tier)} basis points`;
    }
    return known ? ok(lines) : refuse('tier.unknown', 'Announce a fee for this tier first.', { tier: terms.tier });
  }

  /** As `dryRun`, and proposal.overtaken where the client was moved to a third tier since. */
  async carryOut(em: EntityManager, terms: ClientTierTerms, proposal: Proposal, { at }: Why): Promise<Refusal | null> {
    const now = await this.dryRun(em, terms);
    const problem = now.ok ? overtaken(proposal, { from: now.value['from'] ?? '' }) : now.refusal;
    if (problem !== null) return problem;
    const clientId = uuidOf('client', terms.client_id) ?? '';
    await saveTier(em, clientId, terms.tier, proposal.id, at);
    await this.changes.change(em, clientId, terms.tier, proposal.id, at);
    return null;
  }
}
