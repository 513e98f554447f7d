import { newUuid } from '#kernel';
import { CREDENTIALS, ETH, OpenStaking, operationId, POOL, units, type Person } from './staking.spec-support.js';
import { TransactionsProcessor } from './transactions/transactions.processor.js';

describe('the life of an order', () => {
  let s: OpenStaking;
  let ada: Person;
  let bo: Person;
  beforeAll(async () => {
    s = await OpenStaking.ready();
    ada = await s.funded(10n * ETH);
    bo = await s.funded(40n * ETH);
  });
  afterAll(() => s.close());

  let stake: string;
  let pubkey: string;

  it('opens its products once, each with a vault', async () => {
    expect(await s.said('pool.opened@1')).toMatchObject([
      { poolId: POOL, mode: 'payout' },
      { poolId: 'eth-compound-1', mode: 'compound' },
    ]);
    expect(await s.said('wallet.open@1')).toEqual([POOL, 'eth-compound-1'].map((poolId) => ({ chain: 'ethereum', role: 'vault', poolId })));
    const pool = await s.call(null, 'GET', `/v1/staking/pools/${POOL}`);
    expect(pool.body).toMatchObject({ next_batch_missing: { amount: '32' }, assets: { amount: '0' } });
  });

  it('quotes: fees, terms and times, never a rate', async () => {
    const quote = await s.call(ada, 'POST', '/v1/staking/quotes', { product_id: 'eth-payout', side: 'stake', amount: '5' }, null);
    expect(quote.status).toBe(201);
    expect(quote.body).toMatchObject({
      eta: { p50_seconds: 601 + 605, basis: 'two passes, 1 ETH ahead of the rest to prove the key: deposit queue of the fake' },
      fees: [
        { kind: 'commission', bps: 1000 },
        { kind: 'network', amount: '0' },
      ],
      last_published_rate: { bound: false },
      required_disclosures: [{ product_id: 'eth-payout', version: 1, accepted: true }],
    });
    const reply = await s.stake(ada, '5', { quote_id: quote.body.quote_id, client_ref: 'first' });
    expect(reply.status).toBe(202);
    stake = operationId(reply);
    expect(reply.headers['location']).toBe(`/v1/staking/operations/${stake}`);
    expect(reply.body).toMatchObject({ type: 'stake', state: 'queued', cancellable: true, amount: '5', client_ref: 'first' });
    expect(await s.balance('client.reserved', ada.uuid)).toBe(5n * ETH);
    expect((await s.acts(ada)).map((act) => [act.action, act.resource])).toEqual([
      ['quote.request', quote.body.quote_id],
      ['stake.place', stake],
    ]);
    await s.closes();
  });

  it('waits until 32 ETH are there, then asks for a key', async () => {
    await s.schedules().allocate();
    expect(await s.said('deposit_data.request@1')).toEqual([]);
    expect((await s.call(null, 'GET', `/v1/staking/pools/${POOL}`)).body.queue.next_batch_missing.amount).toBe('27');
    await s.stake(bo, '30');
    await s.schedules().allocate();
    expect(await s.said('deposit_data.request@1')).toMatchObject([
      { amountGwei: '1000000000', genesisForkVersion: '0x10000910', poolId: POOL },
    ]);
    expect(await s.operation(ada, stake)).toMatchObject({ state: 'queued', parts: [{ state: 'allocated', amount: '5' }] });
  });

  it('checks and guards the deposit, then asks custody; once', async () => {
    [pubkey = ''] = await s.signKeys();
    await s.schedules().allocate();
    await s.schedules().allocate();
    expect(s.chain.guarded).toEqual([pubkey]);
    expect(await s.requested('stake_deposit')).toMatchObject([{ amount: String(ETH), deposit: { pubkey } }]);
  });

  it('moves the first ETH of reserved to staking when it is signed; nothing can be cancelled any more', async () => {
    const [request] = await s.requested('stake_deposit');
    const hash = await s.sign(request.requestId, 'stake_deposit');
    expect(await s.balance('client.staking', ada.uuid)).toBe((5n * ETH) / 32n);
    expect(await s.operation(ada, stake)).toMatchObject({ state: 'submitted', cancellable: false });
    await s.closes();
    const again = { requestId: request.requestId, transactionId: newUuid(), purpose: 'stake_deposit', transactionHash: hash };
    await s.hear(TransactionsProcessor, 'signed', again); // heard twice: nothing more happens
    expect(await s.balance('client.staking', ada.uuid)).toBe((5n * ETH) / 32n);
    const late = await s.call(ada, 'POST', `/v1/staking/operations/${stake}/cancel`);
    expect([late.status, late.body.code]).toEqual([409, 'operation.not_cancellable']);

    await s.finalise(request.requestId, 'stake_deposit', hash);
    await s.hear(TransactionsProcessor, 'finalised', { ...again, blockNumber: '1', succeeded: true });
    expect(await s.balance('pool.bonding', POOL)).toBe(-ETH);
    await s.closes();
  });

  it('sends the rest when the key stands with our credentials in a finalised state', async () => {
    await s.schedules().watch();
    await s.schedules().allocate();
    expect(await s.said('deposit_data.request@1')).toHaveLength(1); // not on chain yet
    s.chain.sees(pubkey, CREDENTIALS, { status: 'pending' });
    await s.schedules().watch();
    await s.schedules().allocate();
    expect((await s.said('deposit_data.request@1'))[1]).toMatchObject({ pubkey, amountGwei: '31000000000' });
    await s.signKeys();
    await s.schedules().allocate();
    expect(s.chain.toppedUp).toEqual([{ pubkey, amount: 31n * ETH }]);
    const [request] = await s.requested('stake_top_up');
    expect(request).toMatchObject({ amount: String(31n * ETH), deposit: { pubkey } });
    const hash = await s.sign(request.requestId, 'stake_top_up');
    expect(await s.balance('client.staking', ada.uuid)).toBe(5n * ETH);
    await s.finalise(request.requestId, 'stake_top_up', hash);
    const [part] = (await s.operation(ada, stake)).parts;
    expect(part).toMatchObject({ state: 'activating', validator: pubkey });
    expect(part.steps.map((step: { name: string }) => step.name)).toEqual(['signed', 'predeposited', 'proven', 'rest_signed', 'deposited']);
    expect(part.steps.at(-1).tx_hash).toBe(hash);
    expect(part.steps[0].tx_hash).toBe(part.tx_hash);
    expect(await s.operation(ada, stake)).toMatchObject({ state: 'activating', eta: { p50_seconds: 601 + 600 } });
    await s.closes();
  });

  it('is effective when the validator is active in a finalised state', async () => {
    await s.schedules().watch();
    expect(await s.said('validator.activated@1')).toEqual([]);
    s.chain.sees(pubkey, CREDENTIALS, { status: 'active' });
    await s.schedules().watch();
    await s.schedules().watch();
    expect(await s.said('validator.activated@1')).toMatchObject([
      { pubkey, principal: String(32n * ETH), activationEpoch: '100', observedSlot: '3200' },
    ]);
    expect(await s.balance('stake.validator', pubkey)).toBe(-32n * ETH);
    expect(await s.balance('pool.bonding', POOL)).toBe(0n);
    expect(await s.balance('pool.staked', POOL)).toBe(0n); // not minted: still the clients' own
    await s.closes();
  });

  it('mints at the first report that contains the validator', async () => {
    await s.report([{ pubkey, reward: 32_000_000n }]);
    expect(await s.operation(ada, stake)).toMatchObject({
      state: 'active',
      shares: { amount: '5' },
      amounts: { settled: { amount: '5' } },
      share_rate: '1',
      eta: null,
    });
    expect((await s.operation(ada, stake)).steps.map((step: { name: string }) => step.name)).toEqual([
      'accepted',
      'queued',
      'submitted',
      'activating',
      'active',
    ]);
    expect(await s.said('report.applied@1')).toMatchObject([
      { number: 1, poolAssets: String(32n * ETH), poolShares: String(32n * ETH), commission: '3200000' },
    ]);
    await s.closes();
  });

  it('raises the index by rewards and takes commission, and settles each holder', async () => {
    await s.report([{ pubkey, reward: 64_000_000n, withdrawn: 96_000_000n }]);
    await s.closes();
    const run = newUuid();
    await s.settle(run);
    const net = ((32_000_000n + 64_000_000n) * 9n) / 10n;
    expect(await s.balance('client.rewards', ada.uuid)).toBe((net * 5n) / 32n);
    expect(await s.said('settlement.done@1')).toEqual([{ runId: run, poolId: POOL, holders: 2 }]);
    await s.settle(run); // the same run again answers again and moves nothing
    await s.settle();
    expect(await s.balance('client.rewards', ada.uuid)).toBe((net * 5n) / 32n);
    expect(await s.balance('pool.collected', POOL)).toBe(96_000_000n);
    await s.closes();
  });

  it('publishes rates from its reports', async () => {
    const rates = (await s.call(ada, 'GET', '/v1/staking/products/eth-payout/rates?window=inception')).body;
    expect(rates.history).toHaveLength(2);
    expect(rates.rates).toMatchObject([{ window: 'inception', samples: 2 }]);
    expect(rates.rates[0]).toMatchObject({ gross: '0.000000', components: { mev: '0.000000' } }); // millionths, of so little
  });

  it('refuses dust that would make a validator leave, but lets all of a position go; quotes what all of it is worth', async () => {
    expect((await s.unstake(ada, '0.009')).body).toMatchObject({
      code: 'unstake.below_minimum',
      limits: { min_atomic: String(ETH / 100n) },
    });
    const quote = await s.call(ada, 'POST', '/v1/staking/quotes', { product_id: 'eth-payout', side: 'unstake', amount: 'max' }, null);
    expect(quote).toMatchObject({ status: 201, body: { amount: '5' } });
  });

  let unstake: string;
  it('locks shares at acceptance, and fixes the nominal at the next report', async () => {
    const reply = await s.unstake(ada, '5');
    expect(reply.body).toMatchObject({ type: 'unstake', state: 'accepted', cancellable: true, shares: { amount: '5' } });
    unstake = operationId(reply);
    expect(await s.balance('client.shares_locked', ada.uuid, 'ETH-PAYOUT-1')).toBe(5n * ETH);
    await s.schedules().leave();
    expect(await s.requested('exit_request')).toEqual([]); // no nominal yet
    await s.report([{ pubkey, reward: 32_000n }]);
    expect((await s.operation(ada, unstake)).amounts.nominal.amount).toBe('5');
    const queueSeenBy = async (who: Person) =>
      (await s.call(who, 'GET', '/v1/staking/withdrawal-queue')).body.data.find((q: { pool_id: string }) => q.pool_id === POOL);
    expect(await queueSeenBy(bo)).toMatchObject({ orders: 1, nominal: { amount: '5' }, yours: [] });
    const queue = await queueSeenBy(ada);
    expect(queue.yours).toMatchObject([{ operation_id: unstake, amount: '5', before: { amount: '0' } }]);
    expect((await s.call(ada, 'GET', '/v1/staking/positions/eth-payout')).body.buckets.exiting.amount).toBe('5');
    expect((await s.call(ada, 'GET', '/v1/staking/positions/none')).status).toBe(404);
    await s.closes();
  });

  it('asks a whole validator to leave when it is old enough', async () => {
    await s.schedules().leave();
    expect(await s.requested('exit_request')).toEqual([]);
    s.chain.epoch = 108n;
    await s.schedules().leave();
    await s.schedules().leave();
    const [request, ...others] = await s.requested('exit_request');
    expect(others).toEqual([]);
    expect(request).toMatchObject({ pubkey, amount: '0', poolId: POOL });
    expect(await s.operation(ada, unstake)).toMatchObject({ state: 'exit_scheduled', cancellable: false });
    await s.finalise(request.requestId, 'exit_request', await s.sign(request.requestId, 'exit_request'));
    expect(await s.operation(ada, unstake)).toMatchObject({
      state: 'unbonding',
      eta: { basis: expect.stringContaining('exit queue of the fake') },
    });
    s.chain.sees(pubkey, '', { status: 'exiting' });
    await s.schedules().watch();
    expect(await s.query('SELECT state FROM staking.validator')).toEqual([{ state: 'exiting' }]);
  });

  it('waits for custody to book what the protocol paid, then pays the leaver and keeps the rest', async () => {
    const out = { pubkey, reward: 32_000n, withdrawn: 32n * ETH + 64_000n, emptied: true };
    await expect(s.report([out], { booked: false })).rejects.toMatchObject({ code: 'report.withdrawals_not_booked', retryable: true });
    await s.closes();
    await s.report([out]);
    expect(await s.operation(ada, unstake)).toMatchObject({ state: 'settled', amounts: { settled: { amount: '5' } } });
    expect(await s.balance('client.available', ada.uuid)).toBe(10n * ETH);
    expect(await s.balance('client.shares_locked', ada.uuid, 'ETH-PAYOUT-1')).toBe(0n);
    const pool = (await s.call(null, 'GET', `/v1/staking/pools/${POOL}`)).body;
    expect(pool).toMatchObject({ buffer: { amount: '27' }, assets: { amount: '27' }, exit_queue: { orders: 0 }, validators: 0 });
    expect(pool.next_batch_missing.amount).toBe('2'); // 27 of the pool, 3 of bo's second part
    await s.closes();
  });

  it('lets what is left join the next batch', async () => {
    await s.stake(ada, '2');
    const second = await s.fillValidator();
    expect(await s.query(`SELECT fill::text FROM staking.batch WHERE pubkey = $1`, [second])).toEqual([{ fill: String(27n * ETH) }]);
    await s.closes();
    await s.report([{ pubkey: second, reward: 9n }]);
    expect((await s.call(null, 'GET', `/v1/staking/pools/${POOL}`)).body).toMatchObject({
      assets: { amount: '32' },
      shares: { amount: '32' },
      buffer: { amount: '0' },
    });
    const [position] = (await s.call(ada, 'GET', '/v1/staking/positions')).body.data;
    expect(position).toMatchObject({
      buckets: { active: { amount: '2' }, exiting: { amount: '0' } },
      value: { amount: '2' },
      cost_basis: { amount: '2' },
    });
    await s.closes();
  });

  it('shows units the same way everywhere', async () => {
    const operations = (await s.call(ada, 'GET', '/v1/staking/operations?limit=2')).body;
    expect(operations.data).toHaveLength(2);
    const next = (await s.call(ada, 'GET', `/v1/staking/operations?limit=2&cursor=${operations.page.next_cursor}`)).body;
    expect([...operations.data, ...next.data].map((o: { id: string }) => o.id)).toHaveLength(3);
    expect(units(operations.data[0])).toBe(2n * ETH);
  });
});
