import { join } from 'node:path';

/** Invented prices of ETH in USD and HKD that return every day. For the local network only: FileSource refuses them elsewhere. */
export const DEMO_PRICES = join(import.meta.dirname, 'demo-prices.json');
