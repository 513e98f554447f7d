import { newUuid } from '#kernel';
import { PoolsProcessor } from '../pools/pools.processor.js';
import { ETH, OpenRewards, POOL, type Person } from '../rewards.spec-support.js';

let rewards: OpenRewards;
beforeEach(async () => {
  rewards = await OpenRewards.start({ PAYOUT_CHUNK: '2' });
  await rewards.hear(PoolsProcessor, 'opened', {
    ...{
      poolId: 'eth-compound-1',
      productId: 'eth-compound',
      chain: 'ethereum',
      asset: 'ETH',
      shareAsset: 'ETH-COMPOUND-1',
      commissionBps: 1_000,
    },
    mode: 'compound',
  });
});
afterEach(() => rewards.close());
const URL = '/v1/rewards/preferences';
const put = (who: Person, body: object, key?: string | null) => rewards.call(who, 'PUT', URL, { asset: 'ETH', ...body }, key);

it('a client says what shall be done with its rewards, and sees what counts', async () => {
  const [client, other] = [await rewards.client(), await rewards.client()];
  const nothingSaid = {
    asset: 'ETH',
    mode: 'payout',
    product_id: null,
    min_amount: '0',
    min_amount_atomic: '0',
    version: 0,
    changed_at: null,
  };
  expect((await rewards.call(client, 'GET', URL)).body).toEqual({ data: [nothingSaid] });
  const body = { mode: 'restake', product_id: 'eth-compound', min_amount: '0.25', version: 0 };
  const key = newUuid();
  const said = await put(client, body, key);
  expect(said).toMatchObject({ status: 200, body: { mode: 'restake', product_id: 'eth-compound', min_amount: '0.25', version: 1 } });
  expect(await put(client, body, key)).toMatchObject({ status: 200, body: { version: 1 }, headers: { 'idempotent-replayed': 'true' } });
  expect((await put(client, { mode: 'payout' }, key)).body).toMatchObject({ code: 'idempotency.key_reused' });
  expect((await put(client, { mode: 'payout', version: 0 })).body).toMatchObject({ code: 'preference.changed', status: 409 });
  expect((await put(client, { mode: 'payout' })).body).toMatchObject({ mode: 'payout', product_id: null, min_amount: '0', version: 2 });
  expect((await rewards.call(other, 'GET', URL)).body).toEqual({ data: [nothingSaid] });
  expect(await rewards.query('SELECT version, mode FROM rewards.preference_history ORDER BY version')).toEqual([
    { version: 1, mode: 'restake' },
    { version: 2, mode: 'payout' },
  ]);
  expect((await rewards.acts(client)).map((act) => act.action)).toEqual(['preference.change', 'preference.change']);
});

it.each([
  ['no product to restake into', { mode: 'restake' }, 'preference.product_missing'],
  ['a product to be paid out into', { mode: 'payout', product_id: 'eth-compound' }, 'preference.product_missing'],
  ['no such product', { mode: 'restake', product_id: 'gold' }, 'preference.product_unknown'],
  ['no such asset', { asset: 'BTC', mode: 'payout' }, 'preference.unknown_asset'],
  ['an asset that nobody pays', { asset: 'ETH-COMPOUND-1', mode: 'payout' }, 'preference.unknown_asset'],
  ['a negative amount', { mode: 'payout', min_amount: '-5' }, 'amount.malformed'],
  ['an amount that is a number', { mode: 'payout', min_amount: 5 }, 'validation.failed'],
  ['null for an amount', { mode: 'payout', min_amount: null }, 'validation.failed'],
  ['null for a product', { mode: 'restake', product_id: null }, 'validation.failed'],
  ['null for a version', { mode: 'payout', version: null }, 'validation.failed'],
  ['another mode', { mode: 'burn' }, 'validation.failed'],
  ['more fields', { mode: 'payout', client_id: newUuid() }, 'validation.failed'],
])('refuses %s', async (_what, body, code) => {
  const client = await rewards.client();
  expect((await put(client, body)).body).toMatchObject({ code });
  expect(await rewards.query('SELECT FROM rewards.preference')).toEqual([]);
});

it('takes the product of one client from that client alone; to others there is no such product', async () => {
  const [owner, other] = [await rewards.client(), await rewards.client()];
  const pool = { poolId: 'eth-dedicated-1', productId: 'eth-dedicated-1', chain: 'ethereum', asset: 'ETH', shareAsset: 'ETH-DEDICATED-1' };
  await rewards.hear(PoolsProcessor, 'opened', { ...pool, commissionBps: 0, mode: 'compound', dedicated: true, clientId: owner.uuid });
  const body = { mode: 'restake', product_id: pool.productId };
  const unknown = await put(other, { ...body, product_id: 'gold' });
  const refused = await put(other, body);
  expect(refused.body).toMatchObject({ code: 'preference.product_unknown' });
  expect([refused.status, refused.body.title, refused.body.detail]).toEqual([unknown.status, unknown.body.title, unknown.body.detail]);
  expect((await put(owner, body)).body).toMatchObject({ mode: 'restake', product_id: pool.productId });
});

it('is for clients, with a key of their own making', async () => {
  expect((await put(await rewards.staff('treasury'), { mode: 'payout' })).status).toBe(403);
  expect((await put(await rewards.client(), { mode: 'payout' }, null)).body).toMatchObject({ code: 'idempotency.key_missing' });
  expect((await rewards.call(null, 'GET', URL)).status).toBe(401);
});

it('two first words at once are two versions', async () => {
  const client = await rewards.client();
  const said = await Promise.all([put(client, { mode: 'payout', min_amount: '1' }), put(client, { mode: 'payout', min_amount: '2' })]);
  expect(said.map(({ body }) => body.version).sort()).toEqual([1, 2]);
});

it('what is less than the client wants waits for the run in which it is enough', async () => {
  const [patient, other] = [await rewards.client(), await rewards.client()];
  await rewards.prefer(patient, { mode: 'payout', min_amount: '2' });
  await rewards.earn(
    [
      [patient, ETH],
      [other, ETH],
    ],
    2n * ETH,
  );
  const first = await rewards.payOut();
  expect(await rewards.runRow(first)).toMatchObject({
    state: 'reconciled',
    lines_below: 1,
    below: String(ETH),
    paid: String(ETH),
    left_over: String(ETH),
  });
  expect(await rewards.balance('client.rewards', patient.uuid)).toBe(ETH);
  expect((await rewards.call(patient, 'GET', '/v1/rewards/payouts')).body.data).toEqual([]);
  const treasury = await rewards.staff('treasury');
  const { body } = await rewards.call(treasury, 'GET', `/v1/rewards/payout-runs/run_${first}/lines?state=below_threshold`);
  expect(body.data).toMatchObject([{ owed: '1', amount: '0', state: 'below_threshold' }]);
  await rewards.earn([[patient, ETH]], ETH);
  await rewards.payOut();
  expect(await rewards.balance('client.available', patient.uuid)).toBe(2n * ETH);
  expect(await rewards.balance('pool.collected', POOL)).toBe(0n);
  await rewards.closes();
});

it('what is restaked is paid and asked to be staked in one transaction, once', async () => {
  const clients = await Promise.all(Array.from({ length: 5 }, () => rewards.client()));
  for (const client of clients.slice(0, 3)) await rewards.prefer(client, { mode: 'restake', product_id: 'eth-compound' });
  await rewards.hold(clients[0] as Person);
  await rewards.earn(
    clients.map((client, i) => [client, BigInt(i + 1) * ETH] as const),
    15n * ETH,
  );
  const run = await rewards.payOut();
  await rewards.release(run);
  await rewards.posting().postAll();
  const lines = await rewards.query<{ id: string; client_id: string }>('SELECT id, client_id FROM rewards.payout_line');
  const asked = (await rewards.said('restake.request@1')).sort((a, b) => Number(BigInt(a.amount) - BigInt(b.amount)));
  expect(asked).toEqual(
    clients.slice(1, 3).map(({ uuid: clientId }, i) => ({
      ...{ lineId: lines.find((line) => line.client_id === clientId)?.id, clientId, productId: 'eth-compound', asset: 'ETH' },
      amount: String(BigInt(i + 2) * ETH),
    })),
  );
  await rewards.posting().advance(run);
  expect(await rewards.said('restake.request@1')).toHaveLength(2);
  expect(await rewards.balance('client.available', clients[1]?.uuid ?? '')).toBe(2n * ETH); // from there staking takes it, if it may
});
