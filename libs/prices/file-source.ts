import { readFile, stat } from 'node:fs/promises';
import { Fault } from '#kernel';
import type { PriceSource, Quote } from './source.js';

/** 64 MiB: a price a minute of one pair for two years. */
const MOST_BYTES = 64 * 1024 * 1024;
const DAY_MS = 86_400_000;
const HEADER = 'asset,currency,price,as_of';

const malformed = (name: string, what: string): Fault => new Fault('price.source_malformed', `${name}: ${what}`, false);

export interface FileSourceOptions {
  readonly path: string;
  /** Invented prices are only for a network that is invented too. */
  readonly allowDemo: boolean;
}

/**
 * A history of prices in a file, read anew each time. CSV: the header `asset,currency,price,as_of` and a row a price. JSON: `{"name", "quotes":
 * [{asset, currency, price, as_of}]}`; with `"demo": true` also `"daily": [{asset, currency, price, time}]`, prices that return every day at `HH:MM` UTC.
 */
export class FileSource implements PriceSource {
  readonly name: string;
  constructor(private readonly options: FileSourceOptions) {
    const file = options.path.split('/').at(-1) ?? options.path;
    this.name = `file:${file.replace(/\.(csv|json)$/, '').slice(0, 60)}`;
  }

  async quotes(now: Date): Promise<Quote[]> {
    const text = await this.text();
    return this.options.path.endsWith('.csv') ? this.csv(text) : this.json(text, now);
  }

  private async text(): Promise<string> {
    try {
      const { size } = await stat(this.options.path);
      if (size > MOST_BYTES) throw malformed(this.name, `the file is larger than ${MOST_BYTES} bytes`);
      return await readFile(this.options.path, 'utf8');
    } catch (cause) {
      if (cause instanceof Fault) throw cause;
      throw new Fault('price.source_unavailable', `${this.name}: the file cannot be read`, true, { cause });
    }
  }

  private csv(text: string): Quote[] {
    const [header, ...lines] = text.replace(/^\uFEFF/, '').split(/\r?\n/);
    if (header?.trim() !== HEADER) throw malformed(this.name, `the first line must be ${HEADER}`);
    return lines
      .filter((line) => line.trim() !== '')
      .map((line, index) => {
        const [asset, currency, price, asOf, ...more] = line.split(',').map((field) => field.trim());
        if (asset === undefined || currency === undefined || price === undefined || asOf === undefined || more.length > 0)
          throw malformed(this.name, `line ${index + 2} has not four fields`);
        return { asset, currency, price, asOf: this.moment(asOf, index + 2) };
      });
  }

  private json(text: string, now: Date): Quote[] {
    const file = parsed(text, this.name);
    const demo = file['demo'] === true;
    if (demo && !this.options.allowDemo) throw malformed(this.name, 'the prices are invented, which only a local network may use');
    const quotes = rowsOf(file['quotes']).map((row, index) => ({
      ...pair(row, this.name),
      asOf: this.moment(field(row, 'as_of', this.name), index),
    }));
    const daily = rowsOf(file['daily']);
    if (daily.length > 0 && !demo) throw malformed(this.name, 'only invented prices return every day');
    return [...quotes, ...daily.flatMap((row) => this.returning(row, now))];
  }

  /** Of yesterday and of today, as far as the day has come. */
  private returning(row: Record<string, unknown>, now: Date): Quote[] {
    const [, hours, minutes] = /^([01]\d|2[0-3]):([0-5]\d)$/.exec(field(row, 'time', this.name)) ?? [];
    if (hours === undefined || minutes === undefined) throw malformed(this.name, 'a time of the day is HH:MM');
    const midnight = Math.floor(now.getTime() / DAY_MS) * DAY_MS;
    const time = (Number(hours) * 60 + Number(minutes)) * 60_000;
    return [midnight - DAY_MS + time, midnight + time]
      .filter((at) => at <= now.getTime())
      .map((at) => ({ ...pair(row, this.name), asOf: new Date(at) }));
  }

  private moment(text: string, line: number): Date {
    const at = new Date(text);
    const form = /^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}:\d{2}(\.\d{1,3})?Z)?$/.test(text);
    if (!form || Number.isNaN(at.getTime())) throw malformed(this.name, `row ${line} has no time in UTC`);
    return at;
  }
}

function parsed(text: string, name: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  } catch {
    // said below
  }
  throw malformed(name, 'the file is no JSON object');
}

const rowsOf = (value: unknown): Record<string, unknown>[] =>
  Array.isArray(value) ? value.filter((row): row is Record<string, unknown> => typeof row === 'object' && row !== null) : [];

function field(row: Record<string, unknown>, key: string, name: string): string {
  const value = row[key];
  if (typeof value !== 'string') throw malformed(name, `a row has no text ${key}`);
  return value;
}
const pair = (row: Record<string, unknown>, name: string): Pick<Quote, 'asset' | 'currency' | 'price'> => ({
  asset: field(row, 'asset', name),
  currency: field(row, 'currency', name),
  price: field(row, 'price', name),
});
