import { concatHex, toHex } from 'viem';
import { CONSOLIDATION_REQUESTS, GWEI, SLOTS_PER_EPOCH, WITHDRAWAL_REQUESTS, World } from './spec-support.js';
import type { Deposit } from './spec-support.js';

/** With rich genesis validators there is churn for consolidations. Each step stands on the one before. */
describe('the life of compounding validators, to the wei', () => {
  let world: World;
  let target: Deposit;
  let source: Deposit;

  beforeAll(async () => {
    world = await World.start({ validatorEther: 256 });
    await world.fund('5000');
    await world.slots(3 * SLOTS_PER_EPOCH);
  });
  afterAll(() => world.end());

  const reconciled = async (): Promise<void> => {
    const { expected, held } = await world.reconcile();
    expect(held).toBe(expected);
  };
  const effective = async (pubkey: Deposit['pubkey']): Promise<bigint> =>
    BigInt((await world.validator(pubkey))?.validator.effective_balance ?? 0);

  it('makes a validator in two steps: 1 ETH for the credentials, 31 for the activation', async () => {
    target = await world.deposited({ prefix: '0x02', ether: 1 });
    await world.until(() => world.validator(target.pubkey));
    expect(await world.validator(target.pubkey)).toMatchObject({ status: 'pending_initialized', balance: String(GWEI) });
    await world.slots(4 * SLOTS_PER_EPOCH);
    expect((await world.validator(target.pubkey)).status).toBe('pending_initialized');
    await world.deposited({ prefix: '0x02', ether: 31, key: target.key });
    source = await world.deposited({ prefix: '0x02', ether: 33 });
    await world.untilStatus(target.pubkey, 'active_ongoing');
    await world.untilStatus(source.pubkey, 'active_ongoing');
  });

  it('is topped up to the maximum, and swept above it', async () => {
    await world.deposited({ prefix: '0x02', ether: 2017, key: target.key });
    await world.until(async () => (await effective(target.pubkey)) === 2048n * GWEI);
    await world.slots(2 * SLOTS_PER_EPOCH);
    const { index, balance } = await world.validator(target.pubkey);
    const { withdrawals } = await world.reconcile();
    expect(BigInt(balance)).toBeLessThan(2049n * GWEI);
    expect(withdrawals.some(({ validator_index }) => validator_index === index)).toBe(true);
    await reconciled();
  });

  it('pays partial withdrawals of a rich validator, several at once', async () => {
    for (const ether of [100n, 900n]) {
      await world.ask(WITHDRAWAL_REQUESTS, concatHex([target.pubkey, toHex(ether * GWEI, { size: 8 })]));
    }
    expect(await world.data('v1/beacon/states/head/pending_partial_withdrawals')).toHaveLength(2);
    await world.until(async () => ((await world.data('v1/beacon/states/head/pending_partial_withdrawals')) as unknown[]).length === 0);
    const { withdrawals } = await world.reconcile();
    expect(withdrawals.map(({ amount }) => amount)).toEqual(expect.arrayContaining([String(100n * GWEI), String(900n * GWEI)]));
    await reconciled();
  });

  it('moves a validator into another (EIP-7251)', async () => {
    const before = await world.validator(target.pubkey);
    await world.ask(CONSOLIDATION_REQUESTS, concatHex([source.pubkey, target.pubkey]));
    const { index } = await world.validator(source.pubkey);
    expect(await world.data('v1/beacon/states/head/pending_consolidations')).toEqual([{ source_index: index, target_index: before.index }]);
    await world.until(async () => ((await world.data('v1/beacon/states/head/pending_consolidations')) as unknown[]).length === 0);
    const after = await world.validator(target.pubkey);
    expect(BigInt(after.balance) - BigInt(before.balance)).toBeGreaterThanOrEqual(33n * GWEI);
    await world.untilStatus(source.pubkey, 'withdrawal_done'); // what it earned on the way out is swept
    await reconciled();
  });

  it('holds a deposit to a validator that leaves until it may be withdrawn, and pays back one to a validator that has left', async () => {
    await world.ask(WITHDRAWAL_REQUESTS, concatHex([target.pubkey, toHex(0n, { size: 8 })]));
    await world.deposited({ prefix: '0x02', ether: 5, key: target.key });
    await world.slots(4 * SLOTS_PER_EPOCH);
    expect(await world.pendingKeys()).toContain(target.pubkey);
    await world.until(async () => !(await world.pendingKeys()).includes(target.pubkey));
    await world.untilStatus(target.pubkey, 'withdrawal_done');
    const late = await world.deposited({ prefix: '0x02', ether: 7, key: target.key });
    await world.until(async () => !(await world.pendingKeys()).includes(late.pubkey));
    await world.untilStatus(late.pubkey, 'withdrawal_done');
    const { index } = await world.validator(late.pubkey);
    const { withdrawals } = await world.reconcile();
    const last = withdrawals.filter(({ validator_index }) => validator_index === index).at(-1);
    expect(last?.amount).toBe(String(7n * GWEI));
    await reconciled();
  });
});
