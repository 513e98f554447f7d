import type { EntityManager } from 'typeorm';
import { invariant, shares, uuidOf, type Shares } from '#kernel';
import { balanceOf } from '#ledger';
import { priceOf } from '../pools/pool.js';
import { PoolRow } from '../pools/pool.entity.js';
import type { Product } from '../products/product.entity.js';
import { allProducts, isFor } from '../products/products.store.js';
import type { Quote } from '../quotes/quote.entity.js';
import { quotesById } from '../quotes/quotes.store.js';
import type { Disclosure, Standing } from '../standing/standing.entity.js';
import type { Acknowledged } from '../standing/standing.store.js';
import { acknowledgedBy, disclosuresInForce, lockStandings } from '../standing/standing.store.js';
import type { Placement } from './placement.js';

/** All that a batch of orders is decided by, read at once. */
export class Knowledge {
  private constructor(
    private readonly products: readonly Product[],
    private readonly pools: ReadonlyMap<string, PoolRow>,
    private readonly standings: ReadonlyMap<string, Standing>,
    private readonly disclosures: ReadonlyMap<string, Disclosure>,
    private readonly acknowledged: Acknowledged,
    private readonly quotes: ReadonlyMap<string, Quote>,
    private readonly balances: ReadonlyMap<string, bigint>,
  ) {}

  /** Locks the standings of the clients concerned until the transaction ends. A, S and I are constant between reports: no pool is locked. */
  static async of(em: EntityManager, placements: readonly Placement[]): Promise<Knowledge> {
    const clients = [...new Set(placements.map((p) => p.clientId))].sort();
    const products = await allProducts(em);
    const pools = await em.find(PoolRow);
    const quotes = placements.map((p) => uuidOf('quote', p.body.quote_id ?? '')).filter((id) => id !== null);
    return new Knowledge(
      products,
      new Map(pools.map((pool) => [pool.id, pool])),
      await lockStandings(em, clients),
      await disclosuresInForce(em),
      await acknowledgedBy(em, clients),
      await quotesById(em, quotes),
      await balancesFor(em, placements, products, pools),
    );
  }

  /** Those for everybody, and those for this client alone. */
  productsFor(clientId: string): readonly Product[] {
    return this.products.filter((product) => isFor(product, clientId));
  }
  standing(clientId: string): Standing | null {
    return this.standings.get(clientId) ?? null;
  }
  disclosure(productId: string): Disclosure | null {
    return this.disclosures.get(productId) ?? null;
  }
  hasAcknowledged(clientId: string, document: Disclosure | null): boolean {
    return document !== null && this.acknowledged.has(clientId, document);
  }
  /** undefined: none was given; null: no such quote. */
  quote(quoteId: string | undefined): Quote | null | undefined {
    return quoteId === undefined ? undefined : (this.quotes.get(uuidOf('quote', quoteId) ?? '') ?? null);
  }
  available(clientId: string, product: Product): bigint {
    return this.balances.get(nameOf('client.available', clientId, product.asset)) ?? 0n;
  }
  held(clientId: string, product: Product): Shares {
    return shares(this.balances.get(nameOf('client.shares', clientId, this.pool(product).shareAsset)) ?? 0n);
  }
  pool(product: Product): PoolRow {
    const pool = this.pools.get(product.poolId);
    invariant(pool !== undefined, 'pool.unknown', { pool: product.poolId });
    return pool;
  }
  price(product: Product) {
    return priceOf(this.pool(product));
  }
}

const nameOf = (kind: string, owner: string, asset: string): string => `${kind}/${owner}/${asset}`;

/** Balances that decide: of 'max' stakes, and the shares of those who leave. The ledger has the last word on both. */
async function balancesFor(
  em: EntityManager,
  placements: readonly Placement[],
  products: readonly Product[],
  pools: readonly PoolRow[],
): Promise<Map<string, bigint>> {
  const balances = new Map<string, bigint>();
  const read = async (kind: 'client.available' | 'client.shares', owner: string, asset: Product['asset']): Promise<void> => {
    const name = nameOf(kind, owner, asset);
    if (!balances.has(name)) balances.set(name, await balanceOf(em, { kind, owner, asset }));
  };
  for (const { type, clientId, body } of placements) {
    if (type === 'unstake') {
      for (const pool of pools) await read('client.shares', clientId, pool.shareAsset);
    } else if (body.amount === 'max') {
      for (const asset of new Set(products.map((p) => p.asset))) await read('client.available', clientId, asset);
    }
  }
  return balances;
}
