import { Prices1764000085001 } from './001-prices.js';

export const pricesMigrations = [Prices1764000085001];
