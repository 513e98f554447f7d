import { Inject, Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { record } from '#audit';
import { Transactor } from '#database';
import { money } from '#http';
import {
  accept,
  amount as units,
  asset as assetOf,
  newUuid,
  parseDecimal,
  publicId,
  refuse,
  Refused,
  shares,
  timestamp,
  ZERO,
  type Amount,
  type Clock,
} from '#kernel';
import { balanceOf } from '#ledger';
import type { StakingConfig } from '../config.js';
import { feeOf } from '../fees/fee-schedule.js';
import { feesInForce, tierOf } from '../fees/fee-schedule.store.js';
import { ExitEtas } from '../exit-queue/exit-etas.service.js';
import { EtaService } from '../orders/eta.service.js';
import { priceOf, redeemedFor } from '../pools/pool.js';
import { domainOf, poolOf } from '../pools/pools.store.js';
import type { PoolRow } from '../pools/pool.entity.js';
import { lastRate } from '../products/products.service.js';
import type { Product } from '../products/product.entity.js';
import { isFor, productOf } from '../products/products.store.js';
import { documentPath } from '../products/terms.js';
import { RatesService } from '../rates/rates.service.js';
import type { Disclosure } from '../standing/standing.entity.js';
import { acknowledgedBy, disclosuresInForce } from '../standing/standing.store.js';
import { CLOCK, CONFIG } from '../tokens.js';
import type { QuoteBody } from './quotes.dto.js';
import { Quote } from './quote.entity.js';
import { insertQuote } from './quotes.store.js';

interface Known {
  readonly product: Product;
  readonly pool: PoolRow | null;
  readonly trailingNet: string | null;
  readonly disclosure: Disclosure | null;
  readonly acknowledged: boolean;
  readonly amount: Amount;
  /** What the client's tier pays. */
  readonly commissionBps: number;
}

/** Quotes bind fees and terms for a while. A rate is only told. */
@Injectable()
export class QuotesService {
  constructor(
    private readonly transactor: Transactor,
    private readonly etas: EtaService,
    private readonly exitEtas: ExitEtas,
    private readonly rates: RatesService,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(CONFIG) private readonly config: StakingConfig,
  ) {}

  async quote(clientId: string, body: QuoteBody): Promise<object> {
    const known = await this.transactor.read((em) => this.read(em, clientId, body));
    const eta =
      (body.side === 'unstake' ? await this.exitEtas.asked(known.product, known.amount) : null) ??
      (await this.etas.ask(body.side, known.product, known.amount));
    const createdAt = this.clock.now();
    const expiresAt = this.clock.now();
    expiresAt.setTime(createdAt.getTime() + this.config.QUOTE_VALID_MS);
    const quote = Object.assign(new Quote(), {
      id: newUuid(),
      clientId,
      productId: known.product.id,
      side: body.side,
      amount: known.amount,
      commissionBps: known.commissionBps,
      disclosureVersion: known.disclosure?.version ?? null,
      disclosureHash: known.disclosure?.hash ?? null,
      createdAt,
      expiresAt,
    });
    await this.transactor.run(async (em) => {
      await insertQuote(em, quote);
      await record(em, { actor: { kind: 'client', id: clientId }, action: 'quote.request', resource: publicId('quote', quote.id) });
    });
    const first = this.clock.now();
    first.setTime(createdAt.getTime() + eta.p50_seconds * 1_000);
    return view(quote, known, eta, body.side === 'stake' ? timestamp(first) : null);
  }

  /** What 'max' would be: all that is available, or what all free shares are worth by the last report. */
  private async most(em: EntityManager, owner: string, side: QuoteBody['side'], product: Product, row: PoolRow | null): Promise<Amount> {
    const { asset } = product;
    if (side === 'stake' || row === null) return units(await balanceOf(em, { kind: 'client.available', owner, asset }));
    const held = shares(await balanceOf(em, { kind: 'client.shares', owner, asset: row.shareAsset }));
    return held === 0n ? ZERO : redeemedFor(priceOf(domainOf({ row, product })), held);
  }

  private async read(em: EntityManager, clientId: string, body: QuoteBody): Promise<Known> {
    const product = await productOf(em, body.product_id);
    if (product === null || !isFor(product, clientId))
      throw new Refused(refuse('stake.unknown_product', 'There is no such product.', { product_id: body.product_id }).refusal);
    const pool = await poolOf(em, product.poolId);
    const rates = await this.rates.ratesOf(em, product, pool);
    const disclosure = (await disclosuresInForce(em)).get(product.id) ?? null;
    const { asset } = product;
    const amount =
      body.amount === 'max' ? await this.most(em, clientId, body.side, product, pool) : accept(parseDecimal(assetOf(asset), body.amount));
    return {
      product,
      pool,
      trailingNet: rates.find((rate) => rate.window === '30d')?.net ?? null,
      disclosure,
      acknowledged: disclosure !== null && (await acknowledgedBy(em, [clientId])).has(clientId, disclosure),
      amount,
      commissionBps: feeOf(await feesInForce(em, product.id, this.clock.now()), await tierOf(em, clientId)),
    };
  }
}

function view(quote: { id: string; side: string; expiresAt: Date }, known: Known, eta: object, firstRewardAt: string | null): object {
  const { product, pool, disclosure, amount } = known;
  return {
    quote_id: publicId('quote', quote.id),
    product_id: product.id,
    side: quote.side,
    mode: 'queue',
    asset: product.asset,
    ...money(product.asset, amount),
    expires_at: timestamp(quote.expiresAt),
    fees: [
      {
        kind: 'commission',
        bps: known.commissionBps,
        of: 'rewards',
        detail: 'taken from positive net rewards above the high-water mark; never from principal',
      },
      { kind: 'network', ...money(product.asset, 0n), of: 'amount', detail: 'gas and protocol fees are paid by the house' },
    ],
    trailing_net_apr: known.trailingNet,
    last_published_rate: pool ? { share_rate: lastRate(pool, product), report: pool.reportNumber, bound: false } : null,
    eta,
    first_reward_at: firstRewardAt,
    warnings: warnings(quote.side, amount, product),
    required_disclosures: disclosure
      ? [
          {
            product_id: product.id,
            version: disclosure.version,
            hash: disclosure.hash,
            document: documentPath(disclosure),
            accepted: known.acknowledged,
          },
        ]
      : [],
  };
}

function warnings(side: string, amount: Amount, product: Product): string[] {
  const list = ['Rates are of the past and not promised; an order takes the rate of the first report after it became effective.'];
  if (side === 'stake' && amount < product.minimum) list.push('The amount is below the minimum of this product.');
  if (side === 'stake') list.push('A stake earns from when its validator is active; until then it waits for others to fill the validator.');
  else list.push('The nominal is fixed by the next report; from then the shares earn nothing, and losses until payment are borne.');
  return list;
}
