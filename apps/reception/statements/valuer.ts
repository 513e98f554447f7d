import { assets, type Asset, refuse, type Result } from '#kernel';
import { type Currency, type KeptObservation, PriceSeries } from '#prices';
import type { EntityManager } from 'typeorm';
import type { Valuer } from './statement.js';

const native = Object.values(assets)
  .filter((asset: Asset) => asset.kind === 'native')
  .map((asset) => asset.code);

/** Prices of a stretch of time in one currency, read from the database once. */
export class SeriesValuer implements Valuer {
  private series = new Map<string, PriceSeries>();
  private covered: { readonly from: Date; readonly to: Date } | null = null;

  constructor(
    readonly currency: Currency,
    private readonly maxAgeMs: number,
  ) {}

  /** Reads the prices of [from, to] unless it has them. */
  async cover(em: EntityManager, from: Date, to: Date): Promise<void> {
    if (this.covered && this.covered.from <= from && this.covered.to >= to) return;
    const series = new Map<string, PriceSeries>();
    for (const asset of native)
      series.set(asset, await PriceSeries.load(em, { asset, currency: this.currency }, { from, to }, this.maxAgeMs));
    [this.series, this.covered] = [series, { from, to }];
  }

  at(asset: string, at: Date): Result<KeptObservation> {
    return this.series.get(asset)?.at(at) ?? refuse('price.absent', 'There is no price of this asset.', { asset });
  }
}
