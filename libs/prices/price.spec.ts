import { createServer, type Server } from 'node:http';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { assets } from '#kernel';
import { DEMO_PRICES, FileSource, HttpSource } from './index.js';
import { compare, distanceBps, formatPrice, judge, type KeptObservation, parsePrice, usable, valueOf } from './price.js';

const at = (text: string): Date => new Date(text);
const seen = (price: bigint, asOf = '2026-01-01T00:00:00Z', more: Partial<KeptObservation> = {}): KeptObservation => ({
  asset: 'ETH',
  currency: 'USD',
  price,
  source: 'file:a',
  asOf: at(asOf),
  fetchedAt: at(asOf),
  standing: 'accepted',
  ...more,
});
const HOUR = 3_600_000;

describe('a price', () => {
  it('is exact both ways', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 1n, max: 10n ** 38n }), (price) => {
        expect(parsePrice(formatPrice(price))).toEqual({ ok: true, value: price });
      }),
    );
  });
  it.each(['0', '0.000', '-1', '1e3', '', 'NaN', 'Infinity', '1,5', '01', '1.0000000000000000001', '999999999999999999999', ' 1'])(
    'is not %p',
    (text) => {
      expect(parsePrice(text)).toMatchObject({ ok: false, refusal: { code: 'price.invalid' } });
    },
  );
  it('values whole units, towards zero, signed', () => {
    const price = 3_000n * 10n ** 18n;
    expect(valueOf(assets.ETH, 10n ** 18n, price)).toBe(3_000n * 10n ** 8n);
    expect(valueOf(assets.ETH, -(5n * 10n ** 17n), price)).toBe(-1_500n * 10n ** 8n);
    expect(valueOf(assets.ETH, 1n, price)).toBe(0n);
  });
  it('is absent, stale or unconfirmed, and then nothing is valued', () => {
    const now = at('2026-01-01T02:00:00Z');
    expect(usable(null, now, HOUR)).toMatchObject({ refusal: { code: 'price.absent' } });
    expect(usable(seen(5n), now, HOUR)).toMatchObject({ refusal: { code: 'price.stale' } });
    expect(usable(seen(5n), now, 2 * HOUR)).toMatchObject({ ok: true });
    expect(usable(seen(5n, '2026-01-01T01:30:00Z', { standing: 'suspect' }), now, HOUR)).toMatchObject({
      refusal: { code: 'price.invalid' },
    });
    expect(usable(seen(0n), now, 2 * HOUR)).toMatchObject({ refusal: { code: 'price.invalid' } });
    expect(usable(seen(5n, '2026-01-01T03:00:00Z'), now, HOUR)).toMatchObject({ refusal: { code: 'price.absent' } });
  });
  it('that jumps waits for another source, or long enough', () => {
    const accepted = seen(1_000n);
    const limits = { mostJumpBps: 2_000, dwellMs: HOUR };
    const from = (price: bigint, minute: number, source = 'file:a') =>
      seen(price, new Date(Date.UTC(2026, 0) + minute * 60_000).toISOString(), { source });
    const first = judge(from(5_000n, 0), accepted, null, false, limits);
    const of = (...args: Parameters<typeof from>) => judge(from(...args), accepted, first.jump, false, limits).standing;
    const beside = (...args: Parameters<typeof from>) => judge(from(...args), accepted, first.jump, true, limits).standing;
    expect(first.standing).toBe('suspect');
    expect([of(1_200n, 1), of(1_201n, 1), of(833n, 1)]).toEqual(['accepted', 'suspect', 'suspect']);
    expect([of(5_050n, 59), of(5_050n, 60), of(9_000n, 60)]).toEqual(['suspect', 'accepted', 'suspect']);
    expect([beside(5_050n, 60), beside(5_050n, 1, 'http:b'), beside(9_000n, 60, 'http:b')]).toEqual(['suspect', 'accepted', 'suspect']);
    expect(judge(seen(7n), null, null, false, limits).standing).toBe('accepted');
    expect(judge(seen(7n), null, null, true, limits).standing).toBe('suspect');
    expect(judge(seen(7n), accepted, null, false, { ...limits, dwellMs: 0 }).standing).toBe('suspect');
  });
  it('of two sources is the lower where they agree', () => {
    const other = { source: 'http:b' };
    expect(compare(seen(1_000n), seen(1_010n, undefined, other), 100)).toMatchObject({
      value: { lower: { price: 1_000n }, apartBps: 100 },
    });
    expect(compare(seen(1_000n), seen(1_011n, undefined, other), 100)).toMatchObject({ refusal: { code: 'price.sources_differ' } });
    expect(compare(seen(1_000n), seen(1_000n), 100)).toMatchObject({ refusal: { code: 'price.invalid' } });
    expect(compare(seen(0n), seen(1n, undefined, other), 100)).toMatchObject({ refusal: { code: 'price.invalid' } });
    expect(compare(seen(-1n), seen(1n, undefined, other), 10_000)).toMatchObject({ refusal: { code: 'price.invalid' } });
  });
  it('is as far from another as the other from it', () => {
    const price = fc.bigInt({ min: 1n, max: 10n ** 24n });
    fc.assert(
      fc.property(price, price, (a, b) => {
        expect(distanceBps(a, b)).toBe(distanceBps(b, a));
        expect(distanceBps(a, b) === 0n).toBe(a === b);
      }),
    );
  });
});

describe('a file of prices', () => {
  const folder = mkdtempSync(join(tmpdir(), 'prices-'));
  afterAll(() => rmSync(folder, { recursive: true }));
  const file = (name: string, text: string): FileSource => {
    writeFileSync(join(folder, name), text);
    return new FileSource({ path: join(folder, name), allowDemo: false });
  };
  const now = at('2026-01-02T05:30:00Z');

  it('is a CSV or JSON history', async () => {
    const csv = file('history.csv', 'asset,currency,price,as_of\nETH,USD,3000.5,2026-01-01\nETH,HKD,23400,2026-01-01T12:00:00Z\n');
    expect(csv.name).toBe('file:history');
    expect(await csv.quotes(now)).toEqual([
      { asset: 'ETH', currency: 'USD', price: '3000.5', asOf: at('2026-01-01T00:00:00Z') },
      { asset: 'ETH', currency: 'HKD', price: '23400', asOf: at('2026-01-01T12:00:00Z') },
    ]);
    const json = file('h.json', JSON.stringify({ quotes: [{ asset: 'ETH', currency: 'USD', price: '1', as_of: '2026-01-01' }] }));
    expect(await json.quotes(now)).toHaveLength(1);
  });
  it.each([
    ['no header', 'a.csv', 'ETH,USD,1,2026-01-01'],
    ['a field too many', 'b.csv', 'asset,currency,price,as_of\nETH,USD,1,2026-01-01,x'],
    ['a time that is none', 'c.csv', 'asset,currency,price,as_of\nETH,USD,1,2026-02-31T25:00:00Z'],
    ['no JSON', 'd.json', 'ETH'],
    ['a number for a price', 'e.json', '{"quotes":[{"asset":"ETH","currency":"USD","price":1,"as_of":"2026-01-01"}]}'],
    ['prices that return without being invented', 'f.json', '{"daily":[{"asset":"ETH","currency":"USD","price":"1","time":"00:00"}]}'],
  ])('is refused with %s', async (_what, name, text) => {
    await expect(file(name, text).quotes(now)).rejects.toMatchObject({ code: 'price.source_malformed' });
  });
  it('that is not there may come later', async () => {
    const source = new FileSource({ path: join(folder, 'absent.csv'), allowDemo: false });
    await expect(source.quotes(now)).rejects.toMatchObject({ code: 'price.source_unavailable', retryable: true });
  });
  it('of invented prices serves a local network only', async () => {
    await expect(new FileSource({ path: DEMO_PRICES, allowDemo: false }).quotes(now)).rejects.toMatchObject({
      code: 'price.source_malformed',
    });
    const quotes = await new FileSource({ path: DEMO_PRICES, allowDemo: true }).quotes(now);
    expect(quotes).toHaveLength(2 * (24 + 6));
    expect(quotes.every((q) => q.asOf <= now && parsePrice(q.price).ok)).toBe(true);
  });
});

describe('a service of prices', () => {
  let server: Server;
  let base = '';
  let reply: { status: number; body: string; headers?: Record<string, string> } = { status: 200, body: '' };
  const asked: string[] = [];
  beforeAll(async () => {
    server = createServer((request, response) => {
      asked.push(request.url ?? '');
      if (request.url === '/silent') return;
      response.writeHead(reply.status, reply.headers).end(reply.body);
    });
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterAll(() => {
    server.closeAllConnections();
    server.close();
  });
  const source = (path: string, more: object = {}): HttpSource =>
    new HttpSource({
      url: `${base}${path}`,
      pricePath: 'data.0.price',
      pairs: [{ asset: 'ETH', currency: 'HKD' }],
      timeoutMs: 500,
      maxBytes: 200,
      ...more,
    });
  const now = at('2026-01-01T00:00:00Z');
  const body = (price: unknown, time?: unknown): string => JSON.stringify({ data: [{ price, time }] });

  it('is asked pair by pair, text and short numbers alike', async () => {
    reply = { status: 200, body: body('23400.123456789012345678', '2025-12-31T23:59:00Z') };
    expect(await source('/p/{asset}-{currency}', { timePath: 'data.0.time' }).quotes(now)).toEqual([
      { asset: 'ETH', currency: 'HKD', price: '23400.123456789012345678', asOf: at('2025-12-31T23:59:00Z') },
    ]);
    expect(asked.at(-1)).toBe('/p/ETH-HKD');
    reply = { status: 200, body: body(23400.5, 1_767_225_540) };
    expect((await source('/', { timePath: 'data.0.time' }).quotes(now))[0]).toMatchObject({
      price: '23400.5',
      asOf: at('2025-12-31T23:59:00Z'),
    });
  });
  it('is believed nothing that cannot be read', async () => {
    for (const price of [null, {}, true, undefined]) {
      reply = { status: 200, body: body(price) };
      const [quote] = await source('/').quotes(now);
      expect(parsePrice(quote?.price ?? '')).toMatchObject({ ok: false });
    }
    reply = { status: 200, body: '{"data":[{"price":0.12345678901234567}]}' };
    expect((await source('/').quotes(now))[0]?.price).toBe('');
    reply = { status: 200, body: body('1', '2027-01-01T00:00:00Z') };
    await expect(source('/', { timePath: 'data.0.time' }).quotes(now)).rejects.toMatchObject({ code: 'price.source_malformed' });
    reply = { status: 200, body: 'x'.repeat(201) };
    await expect(source('/').quotes(now)).rejects.toMatchObject({ code: 'price.source_malformed' });
    reply = { status: 200, body: '{' };
    await expect(source('/').quotes(now)).rejects.toMatchObject({ code: 'price.source_malformed' });
  });
  it('is unavailable when it is silent, fails or sends elsewhere', async () => {
    await expect(source('/silent').quotes(now)).rejects.toMatchObject({ code: 'price.source_unavailable' });
    for (const status of [500, 404, 204]) {
      reply = { status, body: '' };
      await expect(source('/').quotes(now)).rejects.toMatchObject({ code: 'price.source_unavailable' });
    }
    reply = { status: 302, body: '', headers: { location: '/' } };
    await expect(source('/').quotes(now)).rejects.toMatchObject({ code: 'price.source_unavailable' });
  });
  it('is asked over https, or on this machine', () => {
    for (const url of ['http://prices.example/{asset}', 'ftp://127.0.0.1/', 'https://me:secret@prices.example/'])
      expect(() => source('', { url })).toThrow('https');
    expect(source('', { url: 'https://prices.example/{asset}' }).name).toBe('http:prices.example');
  });
});
