import { assets, type Asset, refuse, type Result } from '#kernel';
import { type Currency, type KeptObservation, PricesOf } from '#prices';
import type { EntityManager } from 'typeorm';
import type { Valuer } from './statement.js';

const native = Object.values(assets)
  .filter((asset: Asset) => asset.kind === 'native')
  .map((asset) => asset.code);

/** Prices in one currency of the moments it was asked to know, read from the database at once. */
export class MomentValuer implements Valuer {
  private prices = new Map<string, PricesOf>();

  constructor(
    readonly currency: Currency,
    private readonly maxAgeMs: number,
  ) {}

  /** Reads the prices of these moments, and forgets those of others. */
  async cover(em: EntityManager, moments: readonly Date[]): Promise<void> {
    const prices = new Map<string, PricesOf>();
    for (const asset of native) prices.set(asset, await PricesOf.load(em, { asset, currency: this.currency }, moments, this.maxAgeMs));
    this.prices = prices;
  }

  at(asset: string, at: Date): Result<KeptObservation> {
    return this.prices.get(asset)?.at(at) ?? refuse('price.absent', 'There is no price of this asset.', { asset });
  }
}
