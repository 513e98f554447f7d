import 'reflect-metadata';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Transactor } from '#database';
import { openRoom } from '#http';
import { systemClock } from '#kernel';
import { priceAt } from '#prices';
import { loadConfig } from '#runtime';
import { createTestDatabase, type TestDatabase } from '#testing';
import { ReceptionConfig } from '../config.js';
import { reception } from '../room.js';
import { PricesSchedule } from './prices.schedule.js';
import { priceSources } from './sources.js';

const quiet = { LOG_LEVEL: 'silent', PRICE_EVERY_MS: '0', STATEMENTS_EVERY_MS: '0' };
const configured = (env: Record<string, string>): string[] =>
  priceSources(loadConfig(ReceptionConfig, 'reception', { DATABASE_URL: 'postgres://x', ...env })).map((source) => source.name);

describe('price sources', () => {
  it('are those that are set; invented prices only on a local network without one', () => {
    const local = { BAILEE_MODE: 'demo', BAILEE_NETWORK: 'localnet' };
    expect(configured(local)).toEqual(['file:demo-prices']);
    expect(configured({ ...local, PRICE_FILE: '/prices/history.csv' })).toEqual(['file:history']);
    expect(configured({ BAILEE_MODE: 'demo', BAILEE_NETWORK: 'hoodi' })).toEqual([]);
    expect(configured({ BAILEE_MODE: 'production' })).toEqual([]);
    const service = { PRICE_URL: 'https://prices.example/{asset}/{currency}', PRICE_URL_TIME_PATH: 'time' };
    expect(configured({ PRICE_FILE: '/p/a.json', ...service })).toEqual(['file:a', 'http:prices.example']);
  });
  it('that are set wrongly stop the room at its boot', () => {
    expect(() => configured({ PRICE_URL: 'file:///etc/passwd' })).toThrow('PRICE_URL');
    expect(() => configured({ PRICE_URL_PAIRS: 'ETH' })).toThrow('PRICE_URL_PAIRS');
    expect(() => configured({ PRICE_URL: 'http://prices.example/{asset}' })).toThrow('https');
    const timeless = { PRICE_URL: 'https://prices.example/{asset}/{currency}' };
    expect(() => configured({ ...timeless, BAILEE_MODE: 'production' })).toThrow('PRICE_URL_TIME_PATH must say');
    expect(configured({ ...timeless, BAILEE_MODE: 'demo' })).toEqual(['http:prices.example']);
  });
});

describe('the schedule of prices', () => {
  let database: TestDatabase;
  const folder = mkdtempSync(join(tmpdir(), 'reception-prices-'));
  beforeAll(async () => {
    database = await createTestDatabase();
  });
  afterAll(async () => {
    await database.close();
    rmSync(folder, { recursive: true });
  });
  const observed = async (env: Record<string, string>, work: (price: ReturnType<typeof priceAt>) => Promise<void>): Promise<void> => {
    const open = await openRoom(reception, { DATABASE_URL: database.url('reception'), BAILEE_MODE: 'demo', ...quiet, ...env });
    try {
      await open.app.get(PricesSchedule, { strict: false }).observe();
      await open.app.get(PricesSchedule, { strict: false }).observe();
      const price = open.app.get(Transactor, { strict: false }).read((em) => priceAt(em, 'ETH', 'HKD', systemClock.now()));
      await work(price);
    } finally {
      await open.close();
    }
  };

  it('goes on past a source that is of no use, and keeps nothing of it', async () => {
    writeFileSync(join(folder, 'broken.csv'), 'price\n1\n');
    await observed({ PRICE_FILE: join(folder, 'broken.csv') }, async (price) => {
      expect(await price).toMatchObject({ refusal: { code: 'price.absent' } });
    });
  });
  it('keeps what a local network needs, once', async () => {
    await observed({ BAILEE_NETWORK: 'localnet' }, async (price) => {
      expect(await price).toMatchObject({ ok: true, value: { source: 'file:demo-prices', standing: 'accepted' } });
    });
    const [row] = await database.admin.query<{ twice: boolean }[]>(
      'SELECT count(*) <> count(DISTINCT (currency, as_of)) AS twice FROM prices.observation',
    );
    expect(row?.twice).toBe(false);
  });
});
