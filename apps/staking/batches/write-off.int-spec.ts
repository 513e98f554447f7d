import { amount, newUuid } from '#kernel';
import { mustPost } from '#ledger';
import { eventually } from '#testing';
import { ETH, OpenStaking, operationId, POOL, type Person } from '../staking.spec-support.js';

const STRANGER = `0x01${'0'.repeat(22)}${'ee'.repeat(20)}`;
let s: OpenStaking;
let ada: Person;
let bo: Person;
let [one, two]: (Person | undefined)[] = [];
const open = async (env: Record<string, string> = {}): Promise<void> => {
  s = await OpenStaking.ready(env);
  [ada, bo] = [await s.funded(40n * ETH), await s.funded(40n * ETH)];
  [one, two] = [await s.staff('officer'), await s.staff('senior_officer')];
};
afterEach(() => s.close());

const batch = async (): Promise<string> => (await s.query<{ id: string }>('SELECT id FROM staking.batch ORDER BY created_at'))[0]?.id ?? '';
const propose = async () =>
  s.call(one ?? null, 'POST', '/v1/staking/proposals', { pool_id: POOL, kind: 'write_off', batch_id: await batch(), comment: 'lost' });
const approve = (id: string) => s.call(two ?? null, 'POST', `/v1/staking/proposals/${id}/approve`, { comment: 'so it is' });

it('makes clients whole for the 1 ETH that a stranger took: the house pays, out of what it gave for gas', async () => {
  await open();
  const [first, second] = [operationId(await s.stake(ada, '20')), operationId(await s.stake(bo, '12'))];
  const pubkey = await s.predeposit(STRANGER);
  expect((await propose()).body).toMatchObject({ code: 'write_off.float_too_small' });
  await s.book(['gas.top_up', null, ETH + 5n]);
  const made = await propose();
  expect(made.body.dry_run).toEqual({
    float_atomic: String(ETH + 5n),
    loss_atomic: String(ETH),
    to_clients_atomic: String(ETH),
    to_pool_atomic: '0',
  });
  expect(await approve(made.body.id)).toMatchObject({ status: 200, body: { state: 'done' } });
  await s.closes();
  expect(await s.balance('client.available', ada.uuid)).toBe(20n * ETH + (20n * ETH) / 32n);
  expect(await s.balance('client.staking', bo.uuid)).toBe(0n);
  expect([await s.balance('pool.bonding', POOL), await s.balance('stake.validator', pubkey)]).toEqual([0n, 0n]);
  expect(await s.balance('trust.gas_float', 'ethereum')).toBe(5n);
  expect(await s.operation(ada, first)).toMatchObject({ state: 'queued', reason: { code: 'stake.made_good' } });
  expect((await propose()).body.code).toBe('proposal.incomplete'); // once

  await s.call(bo, 'POST', `/v1/staking/operations/${second}/cancel`);
  expect(await s.balance('client.available', bo.uuid)).toBe(40n * ETH);
  expect(await s.operation(bo, second)).toMatchObject({ state: 'failed_reversed' });
  await s.closes();
});

it('gives the pool its own part back, and ends an order of which all was lost', async () => {
  await open({ DEPOSIT_PROTECTION: 'head_checks' });
  const id = operationId(await s.stake(ada, '32'));
  await s.schedules().allocate();
  await s.signKeys();
  await s.schedules().allocate();
  await s.send('stake_deposit');
  const [row] = await s.query<{ pubkey: string }>('SELECT pubkey FROM staking.batch');
  s.chain.sees(row?.pubkey ?? '', STRANGER, { status: 'active' });
  await s.schedules().watch();
  await s.book(['gas.top_up', null, 32n * ETH]);
  const made = await propose();
  await approve(made.body.id);
  await s.closes();
  expect(await s.operation(ada, id)).toMatchObject({ state: 'failed_reversed', parts: [{ state: 'failed' }] });
  expect(await s.balance('client.available', ada.uuid)).toBe(40n * ETH);
  expect(await s.query('SELECT state FROM staking.batch')).toEqual([{ state: 'written_off' }]);
});

it('does not write off what somebody else has written off since it was proposed', async () => {
  await open();
  await s.stake(ada, '32');
  await s.predeposit(STRANGER);
  await s.book(['gas.top_up', null, 2n * ETH]);
  const [first, again] = [await propose(), await propose()];
  await approve(first.body.id);
  expect((await approve(again.body.id)).body.code).toBe('proposal.incomplete');
  expect(await s.balance('trust.gas_float', 'ethereum')).toBe(ETH);
  await s.closes();
});

it('is refused, and nothing moves, where the float is spent while it is decided', async () => {
  await open();
  await s.stake(ada, '32');
  await s.predeposit(STRANGER);
  await s.book(['gas.top_up', null, ETH]);
  const made = await propose();
  const custody = await s.database.transactor('custody');
  const account = (kind: 'trust.gas_float' | 'trust.gas_reserved') => ({ kind, owner: 'ethereum', asset: 'ETH' }) as const;
  const decided = await custody.run(async (em) => {
    const [debit, credit] = [account('trust.gas_float'), account('trust.gas_reserved')];
    const posting = {
      key: newUuid(),
      kind: 'gas.reserve',
      debit,
      credit,
      amount: amount(1n),
      effectiveAt: s.clock.now(),
      reference: newUuid(),
    } as const;
    await mustPost(em, [posting]);
    const approving = approve(made.body.id);
    const waiting = () => s.query(`SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`);
    await eventually(async () => (await waiting()).length > 0, { timeoutMs: 10_000 });
    return { approving };
  });
  expect(await decided.approving).toMatchObject({ status: 409, body: { code: 'write_off.float_too_small' } });
  expect(await s.query('SELECT state FROM staking.batch')).toEqual([{ state: 'compromised' }]);
  await s.book(['gas.top_up', null, 1n]);
  expect(await approve(made.body.id)).toMatchObject({ status: 200 });
  await s.closes();
});
