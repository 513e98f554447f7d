import type { EntityManager } from 'typeorm';
import type { Transactor } from '#database';
import { createTestDatabase, type TestDatabase } from '#testing';
import { compare, formatPrice, priceAt, pricesBySource, PricesOf, type Quote, recordQuotes } from './index.js';

const at = (text: string): Date => new Date(text);
const now = at('2026-03-01T00:00:00Z');

describe('prices', () => {
  let database: TestDatabase;
  let reception: Transactor;
  let staking: Transactor;
  beforeAll(async () => {
    database = await createTestDatabase();
    [reception, staking] = [await database.transactor('reception'), await database.transactor('staking')];
  });
  afterAll(() => database.close());

  const quote = (price: string, asOf: string, more: Partial<Quote> = {}): Quote => ({
    asset: 'ETH',
    currency: 'USD',
    price,
    asOf: at(asOf),
    ...more,
  });
  const tell = (source: string, ...quotes: Quote[]) =>
    recordQuotes((work) => reception.run(work), source, quotes, { now, mostJumpBps: 2_000, dwellMs: 600_000 });
  const ask = (asOf: string, currency = 'USD', asset = 'ETH') => staking.read((em) => priceAt(em, asset, currency, at(asOf)));

  it('are kept with source and age, and told to every room as of a time', async () => {
    expect(await tell('file:a', quote('3000.5', '2026-01-01'), quote('3001', '2026-01-02'))).toMatchObject({
      kept: 2,
      suspect: 0,
      refused: [],
    });
    expect(await ask('2026-01-01T23:00:00Z')).toMatchObject({
      ok: true,
      value: { source: 'file:a', asOf: at('2026-01-01'), fetchedAt: now },
    });
    const told = await ask('2026-01-02T00:00:00Z');
    expect(told.ok && formatPrice(told.value.price)).toBe('3001');
  });
  it('once said stay said', async () => {
    expect(await tell('file:a', quote('9', '2026-01-01'))).toMatchObject({ kept: 0 });
    const told = await ask('2026-01-01T00:00:00Z');
    expect(told.ok && formatPrice(told.value.price)).toBe('3000.5');
    await expect(database.admin.query('UPDATE prices.observation SET price = 1')).rejects.toMatchObject({ driverError: { code: '23001' } });
    await expect(database.admin.query('DELETE FROM prices.observation')).rejects.toMatchObject({ driverError: { code: '23001' } });
  });
  it('are refused when absent, stale, or of a currency nobody knows', async () => {
    expect(await ask('2025-12-31T00:00:00Z')).toMatchObject({ refusal: { code: 'price.absent' } });
    expect(await ask('2026-01-03T00:00:01Z')).toMatchObject({ refusal: { code: 'price.stale' } });
    expect(await ask('2026-01-02T00:00:00Z', 'HKD')).toMatchObject({ refusal: { code: 'price.absent' } });
    expect(await ask('2026-01-02T00:00:00Z', 'XXX')).toMatchObject({ refusal: { code: 'price.currency_unknown' } });
    expect(await ask('2026-01-02T00:00:00Z', 'USD', 'DOGE')).toMatchObject({ refusal: { code: 'price.absent' } });
  });
  it('of zero, below zero, of the future or of nothing are not kept', async () => {
    const told = await tell(
      'file:a',
      quote('0', '2026-01-05'),
      quote('-3000', '2026-01-06'),
      quote('3000', '2026-04-01'),
      quote('3000', '2026-01-07', { currency: 'ZZZ' }),
      quote('3000', '2026-01-07', { asset: 'DOGE' }),
    );
    expect(told).toMatchObject({ kept: 0 });
    expect(told.refused.map((r) => r.refusal.code)).toEqual([
      'price.invalid',
      'price.invalid',
      'price.invalid',
      'price.currency_unknown',
      'price.invalid',
    ]);
  });
  it('that jump hold everything up until a second one confirms or refutes them', async () => {
    await tell('file:a', quote('3000', '2026-02-01T00:00:00Z'));
    expect(await tell('file:a', quote('30000', '2026-02-01T01:00:00Z'))).toMatchObject({ kept: 1, suspect: 1 });
    expect(await ask('2026-02-01T01:30:00Z')).toMatchObject({ refusal: { code: 'price.invalid' } });
    expect(await ask('2026-02-01T00:30:00Z')).toMatchObject({ ok: true });
    await tell('http:b', quote('3005', '2026-02-01T02:00:00Z'));
    expect(await ask('2026-02-01T02:30:00Z')).toMatchObject({ ok: true });
    await tell('file:a', quote('1500', '2026-02-01T03:00:00Z'));
    expect(await ask('2026-02-01T03:30:00Z')).toMatchObject({ refusal: { code: 'price.invalid' } });
    await tell('http:b', quote('1510', '2026-02-01T04:00:00Z'));
    expect(await ask('2026-02-01T04:30:00Z')).toMatchObject({ ok: true, value: { source: 'http:b' } });
  });
  it('that jump are confirmed by their own source only where no other speaks, and after a while', async () => {
    const cad = (price: string, asOf: string): Quote => quote(price, asOf, { currency: 'CAD' });
    const record = (source: string, one: Quote, other: string, says: Quote[] = []) =>
      recordQuotes((work) => reception.run(work), source, [one], {
        now,
        mostJumpBps: 2_000,
        dwellMs: 600_000,
        others: [{ source: other, says }],
      });
    // alone: not before it has stood for ten minutes
    expect(await record('http:c', cad('3000', '2026-02-10T00:00:00Z'), 'http:d')).toMatchObject({ suspect: 0 });
    for (const minute of ['01', '02', '10'])
      expect(await record('http:c', cad('9000', `2026-02-10T00:${minute}:00Z`), 'http:d')).toMatchObject({ suspect: 1 });
    expect(await record('http:c', cad('9000', '2026-02-10T00:11:00Z'), 'http:d')).toMatchObject({ suspect: 0 });
    // with another source beside it: by that one alone
    expect(await record('http:d', cad('9000', '2026-02-10T00:12:00Z'), 'http:c')).toMatchObject({ suspect: 0 });
    for (const hour of ['01', '02', '03'])
      expect(await record('http:c', cad('1', `2026-02-10T${hour}:00:00Z`), 'http:d')).toMatchObject({ suspect: 1 });
    expect(await record('http:d', cad('1', '2026-02-10T04:00:00Z'), 'http:c')).toMatchObject({ suspect: 0 });
    // the first price ever of a pair, where another source speaks of it too
    const aud = (price: string, asOf: string): Quote => quote(price, asOf, { currency: 'AUD' });
    const says = [aud('4500', '2026-02-10T00:00:10Z')];
    expect(await record('http:c', aud('0.01', '2026-02-10T00:00:00Z'), 'http:d', says)).toMatchObject({ suspect: 1 });
    expect(await record('http:d', aud('4500', '2026-02-10T00:00:10Z'), 'http:c')).toMatchObject({ suspect: 1 });
    expect(await record('http:c', aud('4510', '2026-02-10T00:01:00Z'), 'http:d')).toMatchObject({ suspect: 0 });
  });
  it('of two sources can be compared, and of many moments are read at once', async () => {
    const both = await staking.read((em) => pricesBySource(em, 'ETH', 'USD', now));
    expect(both.map((o) => o.source)).toEqual(['file:a', 'http:b']);
    const [a, b] = both;
    expect(a && b && compare(a, b, 100)).toMatchObject({ refusal: { code: 'price.sources_differ' } });
    const moments = ['2025-12-30', '2026-01-01T05:00:00Z', '2026-01-03T00:00:01Z', '2026-02-01T01:30:00Z', '2026-02-01T04:30:00Z'];
    const prices = await staking.read((em) => PricesOf.load(em, { asset: 'ETH', currency: 'USD' }, moments.map(at)));
    for (const moment of moments) expect(prices.at(at(moment))).toEqual(await ask(moment));
  });
  it('come in long histories: in chunks, once, in seconds', async () => {
    const long = Array.from({ length: 40_000 }, (_, minute) => {
      const asOf = new Date(Date.UTC(2025, 0) + minute * 60_000);
      return { asset: 'ETH', currency: 'CHF', price: `${3_000 + (minute % 100)}`, asOf };
    });
    let chunks = 0;
    const counted: Transactor['run'] = (work) => {
      chunks++;
      return reception.run(work);
    };
    const began = performance.now();
    const record = (quotes: Quote[]) => recordQuotes(counted, 'file:long', quotes, { now, mostJumpBps: 2_000, dwellMs: 600_000 });
    expect(await record([...long].reverse())).toMatchObject({ kept: 40_000, suspect: 0 });
    expect(chunks).toBe(9);
    expect(performance.now() - began).toBeLessThan(15_000);
    let read = 0;
    const counting = async (em: EntityManager): Promise<PricesOf> => {
      const query = em.query.bind(em);
      em.query = async <T>(sql: string, parameters?: unknown[]): Promise<T> => {
        const rows = (await query(sql, parameters)) as T;
        read += Array.isArray(rows) ? rows.length : 0;
        return rows;
      };
      return PricesOf.load(em, { asset: 'ETH', currency: 'CHF' }, [at('2025-01-02T00:00:30Z'), at('2025-01-25'), at('2025-01-25')]);
    };
    expect((await staking.read(counting)).at(at('2025-01-02T00:00:30Z'))).toMatchObject({ value: { asOf: at('2025-01-02') } });
    // as many as moments, not as many as lie between them
    expect(read).toBe(2);
    const next = { ...quote('3050', '2026-02-20', { currency: 'CHF' }) };
    expect(await record([...long, next, next])).toMatchObject({ kept: 1 });
    expect(await record([quote('3050', '2024-01-01', { currency: 'CHF' })])).toMatchObject({ kept: 0 });
  });
  it('are added by reception alone, and read by the signer not at all', async () => {
    const limits = { now, mostJumpBps: 1, dwellMs: 1 };
    await expect(recordQuotes((work) => staking.run(work), 'x', [quote('1', '2026-01-09')], limits)).rejects.toThrow('permission');
    await expect((await database.transactor('signer')).read((em) => priceAt(em, 'ETH', 'USD', now))).rejects.toThrow('permission');
    await expect(reception.run((em) => em.query('SELECT * FROM prices.observation'))).rejects.toThrow('permission');
  });
});
