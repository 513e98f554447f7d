import { ETH, OpenStaking, operationId, POOL, type Person } from '../staking.spec-support.js';
import { TransactionsProcessor } from '../transactions/transactions.processor.js';

const CREDENTIALS = `0x02${'0'.repeat(22)}${'fa'.repeat(20)}`;
let s: OpenStaking;
let ada: Person;
let pubkey: string;
beforeEach(async () => {
  s = await OpenStaking.ready({
    POOL_CREDENTIALS: 'compounding',
    POOL_TARGET_BALANCE: String(64n * ETH),
    DEPOSIT_PROTECTION: 'head_checks',
  });
  ada = await s.funded(200n * ETH);
  await s.stake(ada, '32');
  pubkey = await s.fillValidator();
  await s.report([{ pubkey }]);
});
afterEach(() => s.close());

const partials = () =>
  s.query<{ state: string; purpose: string }>('SELECT state, purpose FROM staking.partial_withdrawal ORDER BY created_at');
const topUp = async (eth: string): Promise<string> => {
  const id = operationId(await s.stake(ada, eth));
  await s.schedules().allocate();
  await s.signKeys();
  await s.schedules().allocate();
  await s.send('stake_top_up');
  return id;
};

it('fills a validator to its target before it opens another; a top-up mints when the chain has applied it', async () => {
  const id = await topUp('10.5');
  expect((await s.said('deposit_data.request@1')).at(-1)).toMatchObject({
    pubkey,
    amountGwei: '10000000000',
    withdrawalCredentials: CREDENTIALS,
  });
  expect(await s.operation(ada, id)).toMatchObject({ state: 'queued', parts: [{ state: 'activating', amount: '10' }] });
  await s.report([{ pubkey, reward: 1_000n }]); // not applied yet
  await s.closes();
  expect(await s.balance('client.shares', ada.uuid, 'ETH-PAYOUT-1')).toBe(32n * ETH);
  await s.report([{ pubkey, deposited: 10n * ETH }]);
  await s.closes();
  expect(await s.balance('client.shares', ada.uuid, 'ETH-PAYOUT-1')).toBe(42n * ETH);
  expect(await s.query('SELECT principal::text FROM staking.validator')).toEqual([{ principal: String(42n * ETH) }]);
  await s.stake(ada, '53.5');
  await s.schedules().allocate();
  const asked = (await s.said('deposit_data.request@1')).slice(-2);
  expect(asked).toMatchObject([{ pubkey, amountGwei: '22000000000' }, { amountGwei: '32000000000' }]); // to 64, then another
});

it('pays leavers from what a validator has above 32 ETH, and takes as principal what was asked for as such', async () => {
  await topUp('20');
  await s.report([{ pubkey, deposited: 20n * ETH }]);
  const id = operationId(await s.unstake(ada, '15'));
  await s.report([{ pubkey, reward: 2n * ETH }]);
  s.chain.epoch = 120n;
  await s.schedules().leave();
  await s.schedules().leave();
  expect(await s.requested('partial_withdrawal')).toMatchObject([{ pubkey, amount: String(15n * ETH) }]);
  expect(await s.requested('exit_request')).toEqual([]);
  const basis = expect.stringMatching(/^0 ETH before it .* 15 ETH of its own; .* partial withdrawals of the fake; then by the next report/);
  expect(await s.operation(ada, id)).toMatchObject({ state: 'exit_scheduled', cancellable: false, eta: { basis, p50_seconds: 616 } });
  await s.send('partial_withdrawal');
  await s.schedules().leave();
  expect(await s.operation(ada, id)).toMatchObject({ state: 'unbonding', cancellable: false });
  expect(await s.requested('partial_withdrawal')).toHaveLength(1);
  await s.report([{ pubkey, withdrawn: 15n * ETH }]);
  await s.closes();
  expect(await partials()).toEqual([{ state: 'paid', purpose: 'principal' }]);
  expect(await s.operation(ada, id)).toMatchObject({ state: 'settled', amounts: { settled: { amount: '15' } } });
  expect(await s.balance('pool.collected', POOL)).toBe(0n); // the 2 ETH of rewards are in the validator still

  await s.schedules().leave();
  expect((await s.requested('partial_withdrawal')).at(-1)).toMatchObject({ amount: String(2n * ETH) });
  await s.send('partial_withdrawal');
  await s.report([{ pubkey, withdrawn: 2n * ETH }]);
  expect(await s.balance('pool.collected', POOL)).toBe(2n * ETH);
  await s.closes();
});

it('takes whole validators for what is left, and asks again for what the protocol dropped in silence', async () => {
  await topUp('4');
  await s.report([{ pubkey, deposited: 4n * ETH }]);
  const id = operationId(await s.unstake(ada, '3'));
  await s.report([{ pubkey }]);
  s.chain.epoch = 120n;
  await s.schedules().leave();
  await s.send('partial_withdrawal');
  await s.schedules().leave();
  await s.query(`UPDATE staking.pool_report SET to_epoch = 200 WHERE number = (SELECT max(number) FROM staking.pool_report)`);
  await s.schedules().leave();
  expect((await partials()).map((p) => p.state)).toEqual(['refused', 'requested']);
  expect(await s.operation(ada, id)).toMatchObject({ state: 'unbonding' });
  await s.closes();
});

it('strands no top-up of a validator that leaves by itself meanwhile: it mints, and comes back as principal', async () => {
  await topUp('10');
  await s.report([{ pubkey, reward: 5n, withdrawn: 32n * ETH + 5n, emptied: true }]);
  await s.closes();
  expect(await s.query('SELECT state FROM staking.validator')).toEqual([{ state: 'withdrawn' }]);
  expect(await s.balance('client.staking', ada.uuid)).toBe(10n * ETH);
  await s.report([{ pubkey, deposited: 10n * ETH }]);
  expect(await s.balance('client.shares', ada.uuid, 'ETH-PAYOUT-1')).toBe(42n * ETH);
  await s.closes();
  await s.report([{ pubkey, reward: 2n, withdrawn: 10n * ETH + 2n, emptied: true }]);
  await s.closes();
  expect(await s.query('SELECT buffer::text, collected::text FROM staking.pool WHERE id = $1', [POOL])).toEqual([
    { buffer: String(42n * ETH), collected: '7' },
  ]);
  await s.report([]); // nothing more to see of it
  await s.closes();
});

it('counts what a switch put back into the deposit queue as reward that is in the validator, and asks for it again only later', async () => {
  await s.report([{ pubkey, reward: 2n * ETH }]); // the balance is 32 ETH, the closing counts the 2 ETH in the queue
  await s.closes();
  await s.schedules().leave();
  const [request] = await s.requested('partial_withdrawal');
  const { requestId } = request ?? {};
  await s.hear(TransactionsProcessor, 'refused', {
    requestId,
    purpose: 'partial_withdrawal',
    code: 'partial.below_minimum',
    detail: 'queued',
  });
  await s.schedules().leave();
  expect(await s.requested('partial_withdrawal')).toHaveLength(1);
  await s.report([{ pubkey }]); // applied: nothing has changed, it is no deposit
  expect(await s.query('SELECT kind FROM staking.incident')).toEqual([]);
  s.clock.advance(3_600_000);
  await s.schedules().leave();
  expect(await s.requested('partial_withdrawal')).toHaveLength(2);
  await s.send('partial_withdrawal');
  await s.report([{ pubkey, withdrawn: 2n * ETH }]);
  expect(await s.balance('pool.collected', POOL)).toBe(2n * ETH);
  await s.closes();
});
