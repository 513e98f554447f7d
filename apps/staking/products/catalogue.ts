import type { AssetCode } from '#kernel';
import type { Product } from './product.entity.js';

/** A product as it is opened. Its pool is named by its share asset. */
export interface Offer {
  readonly id: string;
  readonly asset: AssetCode;
  readonly mode: Product['mode'];
  readonly chain: string;
  readonly shareAsset: AssetCode;
  readonly isDefault: boolean;
}

/** What everybody may stake in. An asset has one product whose rewards are paid out, and any number whose rewards raise the rate. */
export const catalogue: readonly Offer[] = [
  { id: 'eth-payout', asset: 'ETH', mode: 'payout', chain: 'ethereum', shareAsset: 'ETH-PAYOUT-1', isDefault: true },
  { id: 'eth-compound', asset: 'ETH', mode: 'compound', chain: 'ethereum', shareAsset: 'ETH-COMPOUND-1', isDefault: false },
];

/** Share assets of pools with the validators of one client each, by asset, in the order in which they are taken. */
export const dedicatedShares: readonly AssetCode[] = ['ETH-DEDICATED-1', 'ETH-DEDICATED-2', 'ETH-DEDICATED-3', 'ETH-DEDICATED-4'];
