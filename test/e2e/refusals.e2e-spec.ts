import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { closeBooks } from '../../apps/exchange/tour/books.js';
import { control, newWallet } from '../../apps/exchange/tour/chain-side.js';
import { letTimePass } from '../../apps/exchange/tour/passing-time.js';
import { buckets, depositAddress, ownAddress, signUp, until, type Client } from '../../apps/exchange/tour/people.js';
import { newHome, removeHome, spawnExchange, type SpawnedExchange } from './exchange.spec-support.js';
import { scan, secretsOf } from './log-scan.spec-support.js';

const ONE = 10n ** 18n;

/** What a wrong, hostile or late input gets: a clear refusal with a stable code; nothing lost, nothing moved. */
describe('refusals', () => {
  const home = newHome();
  let exchange: SpawnedExchange;
  let stranger: Client;
  let before: unknown;
  beforeAll(async () => {
    exchange = await spawnExchange(home);
    stranger = await signUp(exchange.api, 'stranger');
    before = await buckets(exchange.demo);
  }, 200_000);
  afterAll(async () => {
    await exchange.stop();
    removeHome(home);
  });

  const raw = (path: string, init: RequestInit & { token?: string; key?: string | null } = {}): Promise<Response> =>
    fetch(exchange.api.baseUrl + path, {
      ...init,
      headers: {
        'content-type': 'application/json',
        ...(init.token === undefined
          ? { authorization: `Bearer ${exchange.demo.apiKey}` }
          : init.token
            ? { authorization: `Bearer ${init.token}` }
            : {}),
        ...(init.key === null ? {} : { 'idempotency-key': init.key ?? randomUUID() }),
        ...(init.headers as Record<string, string> | undefined),
      },
    });
  const problem = async (response: Response): Promise<unknown> => {
    expect(response.headers.get('content-type')).toContain('application/problem+json');
    const { status, code } = (await response.json()) as { status: number; code: string };
    expect(response.status).toBe(status);
    return `${status} ${code}`;
  };
  const stake = (body: unknown, more: { token?: string; key?: string | null } = {}): Promise<unknown> =>
    raw('/v1/staking/stakes', { method: 'POST', body: typeof body === 'string' ? body : JSON.stringify(body), ...more }).then(problem);

  it.each([
    ['zero', { asset: 'ETH', amount: '0' }, '422 stake.below_minimum'],
    ['below the minimum', { asset: 'ETH', amount: '0.00009' }, '422 stake.below_minimum'],
    ['negative', { asset: 'ETH', amount: '-1' }, '400 amount.malformed'],
    ['a number in words', { asset: 'ETH', amount: 'five' }, '400 amount.malformed'],
    ['an exponent', { asset: 'ETH', amount: '1e3' }, '400 amount.malformed'],
    ['too many decimals', { asset: 'ETH', amount: '1.0000000000000000001' }, '400 amount.precision_exceeded'],
    ['above the balance', { asset: 'ETH', amount: '1000000' }, '422 stake.insufficient_balance'],
    ['an amount as a number', { asset: 'ETH', amount: 5 }, '400 validation.failed'],
    ['an unknown field', { asset: 'ETH', amount: '1', admin: true }, '400 validation.failed'],
    ['an unknown asset', { asset: 'DOGE', amount: '1' }, '422 stake.unknown_asset'],
    ['an unknown product', { product_id: 'eth-magic', amount: '1' }, '422 stake.unknown_product'],
    ['a malformed body', '{"asset":', '400 body.malformed'],
    ['an array', '[]', '400 body.malformed'],
  ])('a stake of %s', async (_name, body, expected) => expect(await stake(body)).toBe(expected));

  it('an oversized body', async () =>
    expect(await stake({ asset: 'ETH', amount: '1', client_ref: 'x'.repeat(70_000) })).toBe('413 body.too_large'));

  it('no idempotency key, and one that was used for something else', async () => {
    expect(await stake({ asset: 'ETH', amount: '1' }, { key: null })).toBe('400 idempotency.key_missing');
    const key = randomUUID();
    expect(await stake({ asset: 'ETH', amount: '1000000' }, { key })).toBe('422 stake.insufficient_balance');
    expect(await stake({ asset: 'ETH', amount: '1000000' }, { key })).toBe('422 stake.insufficient_balance');
    expect(await stake({ asset: 'ETH', amount: '2' }, { key })).toBe('422 idempotency.key_reused');
  });

  it('bad credentials', async () => {
    expect(await stake({ asset: 'ETH', amount: '1' }, { token: '' })).toBe('401 auth.missing');
    expect(await stake({ asset: 'ETH', amount: '1' }, { token: `bk_${'A'.repeat(43)}` })).toBe('401 auth.invalid');
    expect(await stake({ asset: 'ETH', amount: '1' }, { token: "' OR 1=1 --" })).toBe('401 auth.invalid');
  });

  it('an unapproved client: no stake, no deposit address', async () => {
    expect(await stake({ asset: 'ETH', amount: '1' }, { token: stranger.apiKey })).toBe('403 stake.not_approved');
    expect(await problem(await raw('/v1/custody/addresses', { method: 'POST', body: '{"asset":"ETH"}', token: stranger.apiKey }))).toBe(
      '403 custody.not_approved',
    );
  });

  it("the wrong role, and another client's resource", async () => {
    expect((await exchange.staff.support.refused((a) => a.get('/v1/compliance/cases'))).code).toBe('auth.forbidden');
    expect((await exchange.staff.officer.refused((a) => a.post('/v1/staking/stakes', { asset: 'ETH', amount: '1' }))).code).toBe(
      'auth.forbidden',
    );
    const { data } = await exchange.demo.api.get<{ data: { id: string }[] }>('/v1/custody/deposits');
    const refused = await stranger.api.refused((a) => a.get(`/v1/custody/deposits/${data[0]?.id ?? ''}`));
    expect(`${refused.status} ${refused.code}`).toBe('404 not_found');
  });

  it('an address with a wrong checksum, or that is none, and a withdrawal off the list', async () => {
    const wrong = '0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAeD'.replace('5aA', '5AA');
    expect(
      (await exchange.demo.api.refused((a) => a.post('/v1/custody/address-book', { asset: 'ETH', address: wrong, label: 'x' }))).code,
    ).toBe('address.checksum');
    expect(
      (await exchange.demo.api.refused((a) => a.post('/v1/custody/address-book', { asset: 'ETH', address: '0x12', label: 'x' }))).code,
    ).toBe('address.malformed');
    const off = await exchange.demo.api.refused((a) =>
      a.post('/v1/custody/withdrawals', { asset: 'ETH', amount: '1', destination_id: `dst_${randomUUID()}` }),
    );
    expect(`${off.status} ${off.code}`).toBe('403 withdrawal.destination_not_allowed');
  });

  it('a held client: its hold binds at once, in neutral words', async () => {
    const hold = await exchange.staff.officer.post<{ id: string }>('/v1/compliance/holds', {
      client_id: exchange.demo.id,
      scopes: ['stake', 'withdraw'],
      reason: 'routine check',
      legal_basis: 'internal policy 4',
    });
    expect(await stake({ asset: 'ETH', amount: '1' })).toBe('423 stake.under_review');
    const proposal = await exchange.staff.officer.post<{ id: string; payload_hash: string }>(`/v1/compliance/holds/${hold.id}/release`, {
      comment: 'checked',
    });
    await exchange.staff.seniorOfficer.post(`/v1/compliance/decisions/${proposal.id}/approve`, { payload_hash: proposal.payload_hash });
    const placed = await until('the hold is lifted', () =>
      exchange.demo.api.post<{ id: string }>('/v1/staking/stakes', { asset: 'ETH', amount: '1' }).catch(() => null),
    );
    await exchange.demo.api.post(`/v1/staking/operations/${placed.id}/cancel`);
  });

  it('keeps secrets and what people told us out of every log, also where they were put in the wrong place', async () => {
    const told = {
      full_name: 'Zebulon Quillfeather-Marchbanks',
      date_of_birth: '1931-02-03',
      nationality: 'HK',
      residence: 'HK',
      occupation: 'lighthouse keeper of Waglan',
      source_of_funds: 'the sale of eleven lighthouses',
    };
    const misplaced = 'bk_misplaced-but-still-a-secret-0123456789ab';
    await stranger.api.post('/v1/onboarding/applications', told);
    const post = { method: 'POST', token: stranger.apiKey };
    await raw('/v1/onboarding/applications', { ...post, body: JSON.stringify({ ...told, full_name: [told.full_name] }) });
    await raw('/v1/onboarding/applications', { ...post, body: JSON.stringify(told).slice(0, -9) });
    await raw(`/v1/onboarding/applications?api_key=${misplaced}`, post);
    await raw(`/v1/${misplaced}`, { token: misplaced });
    await raw('/v1/me', { token: misplaced, headers: { cookie: `session=${misplaced}` } });
    const { date_of_birth: born, full_name, occupation, source_of_funds } = told;
    const forbidden = { ...secretsOf(home), born, full_name, occupation, source_of_funds, misplaced, stranger: stranger.apiKey };
    expect(Object.keys(forbidden).length).toBeGreaterThan(12);
    expect(scan(join(home, 'logs'), forbidden)).toEqual([]);
    expect(scan(join(home, 'logs'), { route: '/v1/onboarding/applications' })).not.toEqual([]); // the logs are there, and the scan finds what is in them
    expect(scan(join(home, 'secrets'), { demo: exchange.demo.apiKey })).not.toEqual([]);
    expect(Object.entries(forbidden).filter(([, secret]) => exchange.output().includes(secret) && !/^b[ks]_/.test(secret))).toEqual([]);
  });

  it('leaves nothing moved behind, and the books closed', async () => {
    expect(await buckets(exchange.demo)).toEqual(before);
    await closeBooks(exchange.staff);
  });
});

describe('a chain that misbehaves', () => {
  const home = newHome();
  let exchange: SpawnedExchange;
  beforeAll(async () => {
    exchange = await spawnExchange(home);
  }, 200_000);
  afterAll(async () => {
    await exchange.stop();
    removeHome(home);
  });
  const deposits = async (): Promise<{ tx_hash: string; state: string }[]> =>
    (await exchange.demo.api.get<{ data: { tx_hash: string; state: string }[] }>('/v1/custody/deposits')).data;
  const stateOf = async (hash: string): Promise<string | undefined> => (await deposits()).find((d) => d.tx_hash === hash)?.state;

  it('takes a deposit away in a reorg: it was seen, it is dropped, nothing was credited', async () => {
    const wallet = await newWallet(exchange.outside, '3');
    const address = await depositAddress(exchange.demo);
    const free = (await buckets(exchange.demo))?.available_atomic;
    await control(exchange.outside, 'advance', { slots: 2 });
    const hash = await wallet.send(address, ONE);
    await control(exchange.outside, 'advance', { slots: 1 });
    await until('the deposit is seen', async () => (await stateOf(hash)) === 'seen');
    await control(exchange.outside, 'reorg', { depth: 6, keep: false });
    await letTimePass(exchange.outside, 'the deposit is dropped', async () => (await stateOf(hash)) === 'dropped');
    expect((await buckets(exchange.demo))?.available_atomic).toBe(free);
    await closeBooks(exchange.staff);
  }, 120_000);

  it('syncs: crediting stops and says so, and goes on by itself', async () => {
    const wallet = await newWallet(exchange.outside, '3');
    await ownAddress(exchange.demo, wallet.address, 'own wallet');
    const address = await depositAddress(exchange.demo);
    await control(exchange.outside, 'syncing', { syncing: true });
    const ready = async (): Promise<number> => (await fetch(`${exchange.api.baseUrl}/health/ready/custody`)).status;
    await until('the exchange says that it is not ready', async () => (await ready()) === 503);
    const hash = await wallet.send(address, ONE);
    await control(exchange.outside, 'finalise');
    expect(await stateOf(hash)).toBeUndefined();
    await control(exchange.outside, 'syncing', { syncing: false });
    await letTimePass(exchange.outside, 'the deposit is credited', async () => (await stateOf(hash)) === 'credited');
    await until('the exchange is ready again', async () => (await ready()) === 200);
  }, 120_000);

  it('stalls: the head does not move, the exchange says so, and goes on by itself', async () => {
    await control(exchange.outside, 'halt', { halted: true });
    const state = async (): Promise<string | undefined> =>
      (await exchange.staff.treasury.get<{ chains: { state: string; code: string | null }[] }>('/v1/custody/status')).chains.map(
        (c) => `${c.state} ${c.code ?? ''}`,
      )[0];
    await until('custody notices', async () => (await state()) === 'unavailable chain.stalled', 60_000);
    await control(exchange.outside, 'halt', { halted: false });
    await letTimePass(exchange.outside, 'custody follows again', async () => (await state())?.startsWith('following'));
  }, 120_000);
});
