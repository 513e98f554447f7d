import { Inject, Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { Transactor } from '#database';
import { money } from '#http';
import { refuse, Refused, timestamp, type Clock } from '#kernel';
import { feeOf, STANDARD } from '../fees/fee-schedule.js';
import { feesInForce, feesOf, tierOf } from '../fees/fee-schedule.store.js';
import { bunkerView } from '../losses/bunker.js';
import { lossPolicyOf } from '../losses/loss-policy.js';
import { EtaService } from '../orders/eta.service.js';
import { priceOf } from '../pools/pool.js';
import type { PoolRow } from '../pools/pool.entity.js';
import { domainOf, poolOf } from '../pools/pools.store.js';
import { RatesService } from '../rates/rates.service.js';
import type { Standing } from '../standing/standing.entity.js';
import { acknowledgedBy, disclosuresInForce, standingOf } from '../standing/standing.store.js';
import { CLOCK } from '../tokens.js';
import { ratio } from '../wire.js';
import type { Product } from './product.entity.js';
import { allProducts, isFor, productOf } from './products.store.js';
import { documentPath, eligibility } from './terms.js';

export interface ProductFilter {
  readonly asset?: string;
  readonly chain?: string;
  readonly kind?: string;
}

/** The public face of products. */
@Injectable()
export class ProductsService {
  constructor(
    private readonly transactor: Transactor,
    private readonly etas: EtaService,
    private readonly rates: RatesService,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  async list(clientId: string, filter: ProductFilter): Promise<object[]> {
    const products = await this.transactor.read(allProducts);
    const asked = products.filter(
      (p) =>
        isFor(p, clientId) &&
        (filter.asset ?? p.asset) === p.asset &&
        (filter.chain ?? p.chain) === p.chain &&
        (filter.kind ?? p.kind) === p.kind,
    );
    return Promise.all(asked.map((product) => this.view(product, clientId)));
  }

  async one(clientId: string, id: string): Promise<object> {
    return this.view(await this.require(id, clientId), clientId);
  }

  private async view(product: Product, clientId: string): Promise<object> {
    const known = await this.transactor.read((em) => this.read(em, product, clientId));
    const [entry, exit] = await Promise.all([this.etas.recent('stake', product), this.etas.recent('unstake', product)]);
    const { disclosure, standing, acknowledged, rates } = known;
    const fees = known.fees;
    const { allowed, reasons } = eligibility(standing, disclosure, acknowledged);
    return {
      id: product.id,
      asset: product.asset,
      chain: product.chain,
      kind: product.kind,
      mode: product.mode,
      pool_id: product.poolId,
      rates,
      deposit_protection: product.depositProtection,
      commission_bps: feeOf(fees, known.tier),
      fees: { tier: known.tier, standard_bps: feeOf(fees, STANDARD), schedule: `/v1/staking/products/${product.id}/fees` },
      dedicated: product.clientId !== null,
      default: product.isDefault,
      min: money(product.asset, product.minimum),
      max_user_left: null,
      pool_cap_left: null,
      bonding: entry,
      unbonding: exit,
      earns_while_bonding: false,
      earns_while_unbonding: false,
      payout_schedule: 'rewards are settled and paid to your balance by scheduled payout runs',
      loss_policy: known.lossPolicy,
      paused: known.row && bunkerView(known.row),
      disclosures: disclosure
        ? [{ product_id: product.id, version: disclosure.version, hash: disclosure.hash, document: documentPath(disclosure) }]
        : [],
      eligibility: { allowed, reasons: reasons.map(({ code, detail, facts }) => ({ code, detail, facts })) },
    };
  }

  /** Every version of every tier's fee: what was, is and will be charged. */
  async fees(clientId: string, id: string): Promise<object> {
    const product = await this.require(id, clientId);
    const fees = await this.transactor.read((em) => feesOf(em, product.id));
    return {
      product_id: id,
      basis:
        'of positive net rewards above the high-water mark of the pool, by report; a tier without a fee of its own pays the standard one',
      data: fees.map(({ tier, version, commissionBps, effectiveAt }) => ({
        tier,
        version,
        commission_bps: commissionBps,
        effective_at: timestamp(effectiveAt),
      })),
    };
  }

  private async read(em: EntityManager, product: Product, clientId: string) {
    const disclosure = (await disclosuresInForce(em)).get(product.id) ?? null;
    const standing: Standing | null = await standingOf(em, clientId);
    const acknowledged = disclosure !== null && (await acknowledgedBy(em, [clientId])).has(clientId, disclosure);
    const fees = await feesInForce(em, product.id, this.clock.now());
    const row = await poolOf(em, product.poolId);
    const rates = await this.rates.ratesOf(em, product, row);
    const lossPolicy = await lossPolicyOf(em, product);
    return { disclosure, standing, acknowledged, fees, tier: await tierOf(em, clientId), rates, row, lossPolicy };
  }

  private async require(id: string, clientId: string): Promise<Product> {
    const product = await this.transactor.read((em) => productOf(em, id));
    if (product === null || !isFor(product, clientId)) throw new Refused(refuse('not_found', 'There is no such product.').refusal);
    return product;
  }
}

export const lastRate = (row: PoolRow, product: Product): string | null => {
  const price = priceOf(domainOf({ row, product }));
  return ratio(price.value, price.shares);
};
