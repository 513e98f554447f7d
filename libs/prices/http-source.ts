import { Fault } from '#kernel';
import type { PriceSource, Quote } from './source.js';

export interface HttpSourceOptions {
  /** With `{asset}` and `{currency}` where they belong: `https://prices.example/{asset}-{currency}`. */
  readonly url: string;
  /** Where the price is in the JSON that comes back: names and indexes with dots between (`data.0.price`). */
  readonly pricePath: string;
  /** Where its time is (RFC 3339, or seconds or milliseconds since 1970); without it, the time of asking. */
  readonly timePath?: string;
  readonly pairs: readonly { readonly asset: string; readonly currency: string }[];
  readonly timeoutMs: number;
  readonly maxBytes: number;
}

const LOOPBACK = /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/;

/** Asks a service for one pair after the other. https only, but for loopback; follows no redirection; reads no more than it may. */
export class HttpSource implements PriceSource {
  readonly name: string;
  readonly pairs: HttpSourceOptions['pairs'];
  constructor(private readonly options: HttpSourceOptions) {
    const url = new URL(options.url.replaceAll(/[{}]/g, ''));
    const safe = url.protocol === 'https:' || (url.protocol === 'http:' && LOOPBACK.test(url.hostname));
    if (!safe || url.username !== '' || url.password !== '')
      throw new Fault(
        'price.source_malformed',
        'a price source is asked over https (http on loopback only), without credentials in its address',
        false,
      );
    this.pairs = options.pairs;
    this.name = `http:${url.host}`;
  }

  async quotes(now: Date): Promise<Quote[]> {
    const quotes: Quote[] = [];
    for (const pair of this.options.pairs) quotes.push(await this.quote(pair, now));
    return quotes;
  }

  private async quote({ asset, currency }: { asset: string; currency: string }, now: Date): Promise<Quote> {
    const url = this.options.url.replaceAll('{asset}', encodeURIComponent(asset)).replaceAll('{currency}', encodeURIComponent(currency));
    const body = await this.fetched(url);
    const time = this.options.timePath === undefined ? now : moment(at(body, this.options.timePath));
    if (time === null) throw this.malformed('the time is not readable');
    // a source ahead of our clock would stay the newest for ever
    if (time.getTime() > now.getTime() + 60_000) throw this.malformed('the price is of the future');
    return { asset, currency, price: priceText(at(body, this.options.pricePath)) ?? '', asOf: time };
  }

  private async fetched(url: string): Promise<unknown> {
    let text: string;
    try {
      const reply = await fetch(url, {
        redirect: 'error',
        headers: { accept: 'application/json' },
        signal: AbortSignal.timeout(this.options.timeoutMs),
      });
      if (reply.status !== 200) throw new Error(`status ${reply.status}`);
      text = await this.limited(reply);
    } catch (cause) {
      if (cause instanceof Fault) throw cause;
      throw new Fault('price.source_unavailable', `${this.name} does not answer as it should`, true, { cause });
    }
    try {
      return JSON.parse(text);
    } catch {
      throw this.malformed('the answer is no JSON');
    }
  }

  private async limited(reply: Response): Promise<string> {
    const parts: Uint8Array[] = [];
    let size = 0;
    for await (const part of (reply.body ?? []) as AsyncIterable<Uint8Array>) {
      size += part.byteLength;
      if (size > this.options.maxBytes) throw this.malformed(`the answer is larger than ${this.options.maxBytes} bytes`);
      parts.push(part);
    }
    return Buffer.concat(parts).toString('utf8');
  }

  private malformed(what: string): Fault {
    return new Fault('price.source_malformed', `${this.name}: ${what}`, false);
  }
}

function at(value: unknown, path: string): unknown {
  let found = value;
  for (const name of path.split('.')) {
    if (typeof found !== 'object' || found === null || !Object.hasOwn(found, name)) return undefined;
    found = (found as Record<string, unknown>)[name];
  }
  return found;
}

/** A number of at most 15 digits is written as it was sent; one with more may not be, so such prices must come as text. */
function priceText(value: unknown): string | null {
  if (typeof value === 'string') return value;
  if (typeof value !== 'number' || !Number.isFinite(value)) return null;
  const text = String(value);
  return text.replace(/[-.]/g, '').replace(/^0+/, '').length <= 15 ? text : null;
}

function moment(value: unknown): Date | null {
  if (typeof value === 'string' && /^\d{4}-\d{2}-\d{2}T/.test(value)) {
    const read = new Date(value);
    return Number.isNaN(read.getTime()) ? null : read;
  }
  const count = typeof value === 'string' && /^\d{9,13}$/.test(value) ? Number(value) : value;
  if (typeof count !== 'number' || !Number.isSafeInteger(count) || count <= 0) return null;
  return new Date(count < 100_000_000_000 ? count * 1_000 : count);
}
