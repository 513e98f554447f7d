import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import { ApiProperty } from '@nestjs/swagger';
import { IsIn, Matches } from 'class-validator';
import type { EntityManager } from 'typeorm';
import { claimOf, ok, refuse, uuidOf, type AssetCode, type Refusal, type Result } from '#kernel';
import type { StakingConfig } from '../config.js';
import type { Why } from '../orders/order-moves.store.js';
import { dedicatedShares, type Offer } from './catalogue.js';
import { openProduct } from './opening.js';
import { allProducts } from './products.store.js';
import { ProposalActions, type DryRun, type ProposalAction } from '../proposals/proposal-actions.service.js';
import type { Proposal } from '../proposals/proposal.entity.js';
import { standingOf } from '../standing/standing.store.js';
import { CONFIG } from '../tokens.js';

export class DedicatedPoolTerms {
  @ApiProperty({ example: 'cli_…' }) @Matches(/^cli_[0-9a-f-]{36}$/) client_id!: string;
  @ApiProperty({ example: 'ETH' }) @IsIn(['ETH']) asset!: AssetCode;
}

/** A product with validators for one client alone. Its rewards raise the rate: an asset has one pool whose rewards are paid out. */
@Injectable()
export class DedicatedPoolAction implements ProposalAction<DedicatedPoolTerms>, OnModuleInit {
  readonly kind = 'dedicated_pool';
  readonly terms = DedicatedPoolTerms;
  readonly ofPool = false;

  constructor(
    private readonly actions: ProposalActions,
    @Inject(CONFIG) private readonly config: StakingConfig,
  ) {}

  onModuleInit(): void {
    this.actions.register(this);
  }

  /** Refusals: tier.unknown_client, dedicated.open_already, dedicated.none_left. */
  async dryRun(em: EntityManager, terms: DedicatedPoolTerms): Promise<Result<DryRun>> {
    const offer = await this.offer(em, terms);
    if (!offer.ok) return offer;
    const { id, asset, mode, shareAsset } = offer.value;
    return ok({ product: id, asset, mode, pool: claimOf(shareAsset)?.pool ?? '', client: terms.client_id });
  }

  async carryOut(em: EntityManager, terms: DedicatedPoolTerms, _proposal: Proposal, { at }: Why): Promise<Refusal | null> {
    const offer = await this.offer(em, terms);
    if (!offer.ok) return offer.refusal;
    if (await openProduct(em, offer.value, this.config, at, uuidOf('client', terms.client_id))) return null;
    return refuse('dedicated.none_left', 'The pool has been opened for another meanwhile: propose it again.').refusal;
  }

  private async offer(em: EntityManager, { client_id, asset }: DedicatedPoolTerms): Promise<Result<Offer>> {
    const clientId = uuidOf('client', client_id);
    if (clientId === null || (await standingOf(em, clientId)) === null) return refuse('tier.unknown_client', 'There is no such client.');
    const products = await allProducts(em);
    const own = products.find((product) => product.clientId === clientId && product.asset === asset);
    if (own) return refuse('dedicated.open_already', 'This client has a pool of its own already.', { product_id: own.id });
    const taken = new Set(products.map((product) => product.poolId));
    const shareAsset = dedicatedShares.find((code) => claimOf(code)?.asset === asset && !taken.has(claimOf(code)?.pool ?? ''));
    if (shareAsset === undefined) return refuse('dedicated.none_left', 'No further pool for one client can be opened in this release.');
    const id = shareAsset.toLowerCase();
    return ok({ id, asset, mode: 'compound', chain: 'ethereum', shareAsset, isDefault: false });
  }
}
