import { Fault } from '#kernel';
import { DEMO_PRICES, FileSource, HttpSource, type PriceSource } from '#prices';
import type { ReceptionConfig } from '../config.js';

/** The sources that are configured. On a local network, where none is, invented prices. */
export function priceSources(config: ReceptionConfig): PriceSource[] {
  const local = config.BAILEE_MODE === 'demo' && config.BAILEE_NETWORK === 'localnet';
  const sources: PriceSource[] = [];
  if (config.PRICE_FILE !== undefined) sources.push(new FileSource({ path: config.PRICE_FILE, allowDemo: local }));
  if (config.PRICE_URL !== undefined)
    sources.push(
      new HttpSource({
        url: config.PRICE_URL,
        pricePath: config.PRICE_URL_PRICE_PATH,
        ...(config.PRICE_URL_TIME_PATH === undefined ? {} : { timePath: config.PRICE_URL_TIME_PATH }),
        pairs: config.PRICE_URL_PAIRS.split(',').map((pair) => {
          const [asset = '', currency = ''] = pair.split('/');
          return { asset, currency };
        }),
        timeoutMs: config.PRICE_URL_TIMEOUT_MS,
        maxBytes: config.PRICE_URL_MAX_BYTES,
      }),
    );
  if (config.PRICE_URL !== undefined && config.PRICE_URL_TIME_PATH === undefined && config.BAILEE_MODE !== 'demo')
    throw new Fault(
      'price.source_malformed',
      'PRICE_URL_TIME_PATH must say where the time of a price stands: without it an old price looks new, which only demo mode may take',
      false,
    );
  if (sources.length === 0 && local) sources.push(new FileSource({ path: DEMO_PRICES, allowDemo: true }));
  return sources;
}
