import { publicId } from '#kernel';
import { StandingProcessor } from '../standing/standing.processor.js';
import { DISCLOSURE, ETH, OpenStaking, operationId, POOL, type Person } from '../staking.spec-support.js';

let s: OpenStaking;
let maker: Person;
let officer: Person;
beforeEach(async () => {
  s = await OpenStaking.ready();
  maker = await s.staff('treasury');
  officer = await s.staff('officer');
});
afterEach(() => s.close());

const propose = (body: object, who = maker) => s.call(who, 'POST', '/v1/staking/proposals', { comment: 'as agreed', ...body });
const decide = (id: string, event = 'approve', who = officer) =>
  s.call(who, 'POST', `/v1/staking/proposals/${id}/${event}`, { comment: 'as agreed' });
const inAMoment = (): string => new Date(s.clock.now().getTime() + 1_000).toISOString();
async function both(body: object): Promise<void> {
  const proposed = await propose(body);
  expect(proposed).toMatchObject({ status: 201 });
  expect(await decide(proposed.body.id)).toMatchObject({ status: 200, body: { state: 'done' } });
}

it('charges a tier its own fee from the day that two people set it, and says so to the client', async () => {
  const ada = await s.funded(100n * ETH);
  await s.stake(ada, '32');
  const first = await s.fillValidator();
  const bob = await s.funded(100n * ETH);
  await s.stake(bob, '32');
  const second = await s.fillValidator();
  await s.report([{ pubkey: first }, { pubkey: second }]);
  await both({ kind: 'fee_schedule', pool_id: POOL, terms: { tier: 'private', commission_bps: 200, effective_at: inAMoment() } });
  expect(await s.said('fee_schedule.changed@1')).toMatchObject([{ poolId: POOL, tier: 'private', version: 1, commissionBps: 200 }]);
  await both({ kind: 'client_tier', terms: { client_id: publicId('client', ada.uuid), tier: 'private' } });
  s.clock.advance(2_000);
  await s.report([
    { pubkey: first, reward: 10_000n },
    { pubkey: second, reward: 10_000n },
  ]);
  await s.settle();
  expect(await s.balance('client.rewards', ada.uuid)).toBe(9_800n);
  expect(await s.balance('client.rewards', bob.uuid)).toBe(9_000n);
  const product = (await s.call(ada, 'GET', '/v1/staking/products/eth-payout')).body;
  expect(product).toMatchObject({ commission_bps: 200, fees: { tier: 'private', standard_bps: 1_000 } });
  expect((await s.call(bob, 'GET', '/v1/staking/products/eth-payout')).body.commission_bps).toBe(1_000);
  const schedule = (await s.call(bob, 'GET', '/v1/staking/products/eth-payout/fees')).body.data;
  expect(schedule).toMatchObject([
    { tier: 'standard', version: 1 },
    { tier: 'private', version: 1, commission_bps: 200 },
  ]);
  await s.closes();
});

it('refuses fees that cannot be, and decisions of those who may not take them', async () => {
  const terms = { tier: 'standard', commission_bps: 900, effective_at: inAMoment() };
  const wish = (change: object) => propose({ kind: 'fee_schedule', pool_id: POOL, terms: { ...terms, ...change } });
  expect(await wish({ commission_bps: 10_001 })).toMatchObject({ status: 400, body: { code: 'validation.failed' } });
  expect(await wish({ commission_bps: -1 })).toMatchObject({ status: 400 });
  expect((await wish({ effective_at: '2020-01-01T00:00:00Z' })).body.code).toBe('fee.in_the_past');
  expect((await wish({ tier: 'vip', commission_bps: 1_001 })).body.code).toBe('fee.above_standard');
  expect(await wish({ surprise: true })).toMatchObject({ status: 400, body: { code: 'validation.failed' } });
  expect((await propose({ kind: 'fee_schedule', terms })).body.code).toBe('proposal.incomplete');
  expect(
    (await propose({ kind: 'client_tier', pool_id: POOL, terms: { client_id: publicId('client', officer.uuid), tier: 'vip' } })).body.code,
  ).toBe('proposal.incomplete');
  const stranger = publicId('client', officer.uuid);
  expect((await propose({ kind: 'client_tier', terms: { client_id: stranger, tier: 'vip' } })).body.code).toBe('tier.unknown_client');
  const ada = publicId('client', (await s.client()).uuid);
  expect((await propose({ kind: 'client_tier', terms: { client_id: ada, tier: 'vip' } })).body.code).toBe('tier.unknown');
  expect((await propose({ kind: 'client_tier', terms: { client_id: ada, tier: 'standard' } })).body.code).toBe('tier.unchanged');
  const { id } = (await wish({})).body;
  expect((await decide(id, 'approve', await s.staff('treasury'))).body.code).toBe('proposal.not_yours');
  const both = await s.staff('treasury', 'officer');
  const own = (await propose({ kind: 'fee_schedule', pool_id: POOL, terms: { ...terms, tier: 'vip' } }, both)).body.id;
  expect((await decide(own, 'approve', both)).body.code).toBe('proposal.same_person');
  s.clock.advance(5_000); // its day has come before anybody decided
  expect((await decide(id)).body.code).toBe('fee.in_the_past');
  expect(await s.query('SELECT tier FROM staking.fee_schedule WHERE proposal_id IS NOT NULL')).toEqual([]);
});

it('opens a pool for one client, which nobody else sees', async () => {
  const ada = await s.funded(100n * ETH);
  const terms = { client_id: publicId('client', ada.uuid), asset: 'ETH' };
  await both({ kind: 'dedicated_pool', terms });
  expect(await s.said('pool.opened@1')).toMatchObject([
    {},
    {},
    { poolId: 'eth-dedicated-1', mode: 'compound', shareAsset: 'ETH-DEDICATED-1', dedicated: true },
  ]);
  expect(await s.said('wallet.open@1')).toMatchObject([{}, {}, { poolId: 'eth-dedicated-1', dedicated: true }]);
  expect((await s.said('wallet.open@1')).slice(0, 2).concat((await s.said('pool.opened@1')).slice(0, 2))).not.toContainEqual(
    expect.objectContaining({ dedicated: expect.anything() }),
  );
  expect((await propose({ kind: 'dedicated_pool', terms })).body.code).toBe('dedicated.open_already');
  const products = async (who: Person) => (await s.call(who, 'GET', '/v1/staking/products')).body.data.map((p: { id: string }) => p.id);
  expect(await products(ada)).toEqual(['eth-compound', 'eth-dedicated-1', 'eth-payout']);
  const bob = await s.funded(100n * ETH);
  expect(await products(bob)).toEqual(['eth-compound', 'eth-payout']);
  expect(await s.call(bob, 'GET', '/v1/staking/products/eth-dedicated-1')).toMatchObject({ status: 404 });
  const placed = await s.call(bob, 'POST', '/v1/staking/stakes', { product_id: 'eth-dedicated-1', amount: '1' });
  expect(placed.body.code).toBe('stake.unknown_product');
  for (let n = 2; n <= 4; n++) {
    const next = await s.client();
    await both({ kind: 'dedicated_pool', terms: { client_id: publicId('client', next.uuid), asset: 'ETH' } });
  }
  const last = publicId('client', (await s.client()).uuid);
  expect((await propose({ kind: 'dedicated_pool', terms: { client_id: last, asset: 'ETH' } })).body.code).toBe('dedicated.none_left');
  // the asset alone still means the product for all
  expect(await s.operation(ada, operationId(await s.stake(ada, '1')))).toMatchObject({ product_id: 'eth-payout' });
});

it('answers everybody but its client as if the pool of one client were not there', async () => {
  const [ada, bob] = [await s.funded(100n * ETH), await s.funded(100n * ETH)];
  await both({ kind: 'dedicated_pool', terms: { client_id: publicId('client', ada.uuid), asset: 'ETH' } });
  const [own, pool, open] = ['eth-dedicated-1', 'eth-dedicated-1', 'eth-payout'];
  await s.hear(StandingProcessor, 'published', { ...DISCLOSURE, productId: own });
  await s.hear(StandingProcessor, 'acknowledged', { clientId: ada.uuid, ...DISCLOSURE, productId: own });
  const placed = [await s.stake(ada, '1'), await s.stake(bob, '1'), await s.stake(ada, '2', { asset: undefined, product_id: own })];
  expect(placed.map((p) => p.status)).toEqual([202, 202, 202]);
  const answers = async (who: Person | null, url: string) => {
    const { status, body } = await s.call(who, 'GET', url);
    return [status, body.code as string | undefined];
  };
  for (const who of [null, bob, ada, officer]) {
    for (const url of [`/v1/staking/pools/${pool}`, `/v1/staking/exit-queues/${pool}/checkpoints`])
      expect([url, await answers(who, url)]).toEqual([url, [404, 'not_found']]);
    for (const url of [`/v1/staking/pools/${POOL}`, `/v1/staking/exit-queues/${POOL}/checkpoints`])
      expect([url, await answers(who, url)]).toEqual([url, [200, undefined]]);
  }
  const ofProduct = (id: string) => [
    ...['', '/pool', '/fees', '/rates', '/rates/history', '/incidents', '/exit-checkpoints'].map(
      (end) => `/v1/staking/products/${id}${end}`,
    ),
    `/v1/staking/positions/${id}`,
  ];
  for (const url of [...ofProduct(open), ...ofProduct(own)]) expect([url, await answers(ada, url)]).toEqual([url, [200, undefined]]);
  for (const url of ofProduct(open)) expect([url, await answers(bob, url)]).toEqual([url, [200, undefined]]);
  for (const url of ofProduct(own)) expect([url, await answers(bob, url)]).toEqual([url, [404, 'not_found']]);
  expect((await s.call(ada, 'GET', `/v1/staking/products/${own}/pool`)).body).toMatchObject({
    id: pool,
    product_id: own,
    mode: 'compound',
  });

  const unknown = async (url: string, method: 'GET' | 'POST', body?: object) => (await s.call(bob, method, url, body)).body.code;
  const order = { product_id: own, amount: '1' };
  expect(await unknown('/v1/staking/quotes', 'POST', { ...order, side: 'stake' })).toBe('stake.unknown_product');
  expect(await unknown('/v1/staking/stakes', 'POST', order)).toBe('stake.unknown_product');
  expect(await unknown('/v1/staking/unstakes', 'POST', order)).toBe('stake.unknown_product');
  expect(await unknown('/v1/staking/unstakes', 'POST', { ...order, instant: true })).toBe('stake.unknown_product');
  expect(await unknown(`/v1/staking/instant-quote?product_id=${own}&amount=1`, 'GET')).toBe('stake.unknown_product');
  for (const list of ['products', 'positions', 'withdrawal-queue']) {
    expect([list, JSON.stringify((await s.call(bob, 'GET', `/v1/staking/${list}`)).body).includes('dedicated-')]).toEqual([list, false]);
  }
  const queue = (await s.call(ada, 'GET', '/v1/staking/withdrawal-queue')).body.data as { pool_id: string; checkpoints: string }[];
  for (const { checkpoints } of queue) expect([checkpoints, await answers(ada, checkpoints)]).toEqual([checkpoints, [200, undefined]]);
  expect(queue.map((q) => q.pool_id)).toContain(pool);
});
