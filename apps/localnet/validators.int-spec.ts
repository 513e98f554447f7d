import { concatHex, toHex } from 'viem';
import { CONSOLIDATION_REQUESTS, GWEI, SLOTS_PER_EPOCH, WITHDRAWAL_REQUESTS, World } from './spec-support.js';
import type { Deposit, Withdrawal } from './spec-support.js';

const EFFECTIVE_32 = 32n * GWEI;

/** One life after another on one chain: each step stands on the one before. */
describe('the life of validators, to the wei', () => {
  let world: World;
  let plain: Deposit;
  let unsigned: Deposit;
  let compounding: Deposit;
  let switching: Deposit;

  beforeAll(async () => {
    world = await World.start();
  });
  afterAll(() => world.end());

  it('gives money by a signed transfer that the next block includes', async () => {
    const hash = await world.fund('1000');
    await world.slots(1);
    const receipt = await world.public.getTransactionReceipt({ hash });
    const transaction = await world.public.getTransaction({ hash });
    expect(receipt).toMatchObject({ status: 'success', blockNumber: 1n, from: (await world.status()).faucet.toLowerCase() });
    expect(transaction.value).toBe(world.funded);
    expect(await world.public.getBalance({ address: world.account.address })).toBe(world.funded);
    await world.slots(3 * SLOTS_PER_EPOCH);
  });

  it('carries deposits from the contract into the queue of the beacon chain', async () => {
    plain = await world.deposit();
    unsigned = await world.deposit({ badSignature: true });
    compounding = await world.deposit({ prefix: '0x02', ether: 40 });
    switching = await world.deposit();
    await world.slots(1);
    for (const { hash, value } of [plain, unsigned, compounding, switching]) await world.enter(hash, value);
    expect((await world.pendingKeys()).sort()).toEqual([plain, unsigned, compounding, switching].map(({ pubkey }) => pubkey).sort());
    expect(await world.validator(plain.pubkey)).toBeNull();
    const { body } = (await world.data('v2/beacon/blocks/head')).message;
    expect(body.execution_requests.deposits).toHaveLength(4);
    expect(body.execution_payload.block_hash).toBe((await world.public.getBlock()).hash);
  });

  it('activates those with a good signature and drops the other', async () => {
    const active = await world.untilStatus(plain.pubkey, 'active_ongoing');
    expect(active.validator.withdrawal_credentials).toBe(`0x01${'00'.repeat(11)}${world.account.address.slice(2).toLowerCase()}`);
    await world.untilStatus(compounding.pubkey, 'active_ongoing');
    await world.untilStatus(switching.pubkey, 'active_ongoing');
    expect(await world.pendingKeys()).toEqual([]);
    expect(await world.validator(unsigned.pubkey)).toBeNull();
  });

  it('pays rewards that add up with the skims, validator by validator', async () => {
    await world.slots(10 * SLOTS_PER_EPOCH);
    const { expected, held, withdrawals } = await world.reconcile();
    expect(held).toBe(expected);
    const { index } = await world.validator(plain.pubkey);
    expect(withdrawals.filter(({ validator_index }) => validator_index === index).length).toBeGreaterThan(0);
    expect(BigInt((await world.validator(compounding.pubkey)).balance)).toBeGreaterThan(40n * GWEI);
  });

  it('answers rewards that explain each Gwei of a balance over an epoch boundary', async () => {
    const { slot } = await world.status();
    await world.slots(SLOTS_PER_EPOCH - (slot % SLOTS_PER_EPOCH));
    const head = (await world.status()).headSlot;
    const { index } = await world.validator(plain.pubkey);
    const balance = async (at: number) => BigInt((await world.data(`v1/beacon/states/${at}/validator_balances?id=${index}`))[0].balance);
    const votes = (await world.beacon(`v1/beacon/rewards/attestations/${head / SLOTS_PER_EPOCH - 2}`, [index])).body.data.total_rewards[0];
    const sync = (await world.beacon(`v1/beacon/rewards/sync_committee/${head}`, [index])).body.data[0]?.reward ?? '0';
    const proposed = await world.data(`v1/beacon/rewards/blocks/${head}`);
    const paidOut: bigint = (await world.data(`v2/beacon/blocks/${head}`)).message.body.execution_payload.withdrawals
      .filter((withdrawal: Withdrawal) => withdrawal.validator_index === index)
      .reduce((sum: bigint, { amount }: Withdrawal) => sum + BigInt(amount), 0n);
    const parts = [
      votes.head,
      votes.source,
      votes.target,
      votes.inactivity,
      sync,
      proposed.proposer_index === index ? proposed.total : '0',
    ];
    const rewards = parts.reduce((sum: bigint, part: string) => sum + BigInt(part), 0n);
    expect((await balance(head)) - (await balance(head - 1)) + paidOut).toBe(rewards);
  });

  it('pays a partial withdrawal of a 0x02 validator (EIP-7002)', async () => {
    await world.ask(WITHDRAWAL_REQUESTS, concatHex([compounding.pubkey, toHex(3n * GWEI, { size: 8 })]));
    const [queued] = await world.data('v1/beacon/states/head/pending_partial_withdrawals');
    expect(queued).toMatchObject({ validator_index: (await world.validator(compounding.pubkey)).index, amount: '3000000000' });
    await world.until(async () => ((await world.data('v1/beacon/states/head/pending_partial_withdrawals')) as unknown[]).length === 0);
    const { expected, held, withdrawals } = await world.reconcile();
    expect(withdrawals.filter(({ amount }) => amount === '3000000000').map(({ validator_index }) => validator_index)).toEqual([
      queued.validator_index,
    ]);
    expect(held).toBe(expected);
  });

  it('turns 0x01 credentials into 0x02 ones (EIP-7251)', async () => {
    await world.ask(CONSOLIDATION_REQUESTS, concatHex([switching.pubkey, switching.pubkey]));
    expect((await world.validator(switching.pubkey)).validator.withdrawal_credentials.slice(0, 4)).toBe('0x02');
  });

  it('takes a full exit to the sweep and to the balance, exactly in its block (EIP-7002)', async () => {
    await world.ask(WITHDRAWAL_REQUESTS, concatHex([plain.pubkey, toHex(0n, { size: 8 })]));
    expect(await world.validator(plain.pubkey)).toMatchObject({ status: 'active_exiting' });
    const done = await world.untilStatus(plain.pubkey, 'withdrawal_done');
    expect(done.balance).toBe('0');
    const { expected, held, withdrawals } = await world.reconcile();
    expect(held).toBe(expected);
    const last = withdrawals.filter(({ validator_index }) => validator_index === done.index).at(-1);
    expect(BigInt(last?.amount ?? 0)).toBeGreaterThanOrEqual(EFFECTIVE_32);

    const payload = (await world.data(`v2/beacon/blocks/${last?.slot}`)).message.body.execution_payload;
    const blockNumber = BigInt(payload.block_number);
    const block = await world.public.getBlock({ blockNumber });
    expect(block.hash).toBe(payload.block_hash);
    expect(block.withdrawals?.map(({ index, amount }) => [BigInt(index), BigInt(amount)])).toEqual(
      payload.withdrawals.map(({ index, amount }: Withdrawal) => [BigInt(index), BigInt(amount)]),
    );
    const { address } = world.account;
    const [after, before] = await Promise.all([
      world.public.getBalance({ address, blockNumber }),
      world.public.getBalance({ address, blockNumber: blockNumber - 1n }),
    ]);
    const here = withdrawals.filter(({ slot }) => slot === last?.slot);
    expect(after - before).toBe(here.reduce((sum, { amount }) => sum + BigInt(amount), 0n) * GWEI);
  });

  it('takes a voluntary exit that is signed for the Capella fork, and no other (EIP-7044)', async () => {
    const spec = await world.data('v1/config/spec');
    const path = 'v1/beacon/pool/voluntary_exits';
    const refused = await world.beacon(path, await world.voluntaryExit(compounding, spec.ELECTRA_FORK_VERSION));
    expect(refused).toMatchObject({ status: 400, body: { message: 'invalid exit: invalid_signature' } });
    expect((await world.beacon(path, await world.voluntaryExit(compounding, spec.CAPELLA_FORK_VERSION))).status).toBe(200);
    expect(await world.data(path)).toHaveLength(1);
    await world.slots(1);
    expect(await world.validator(compounding.pubkey)).toMatchObject({ status: 'active_exiting' });
    expect(await world.data(path)).toHaveLength(0);
  });

  it('dequeues sixteen requests a block, at a fee that rises with what waits and falls again', async () => {
    const data = concatHex([switching.pubkey, toHex(1n, { size: 8 })]); // more than the balance allows: the beacon chain ignores them
    const nonce = await world.public.getTransactionCount({ address: world.account.address });
    const sending = { to: WITHDRAWAL_REQUESTS, data, value: 1000n, gas: 200_000n } as const;
    const hashes = await Promise.all(Array.from({ length: 20 }, (_, i) => world.wallet.sendTransaction({ ...sending, nonce: nonce + i })));
    const dequeued: number[] = [];
    for (let slot = 0; slot < 3; slot++) {
      await world.slots(1);
      dequeued.push((await world.data('v2/beacon/blocks/head')).message.body.execution_requests.withdrawals.length);
    }
    expect(dequeued).toEqual([16, 4, 0]);
    for (const hash of hashes) await world.enter(hash, 1000n);
    const fee = async () => BigInt((await world.public.call({ to: WITHDRAWAL_REQUESTS })).data ?? 0);
    const raised = await fee();
    await world.slots(9);
    expect([raised, await fee()]).toEqual([2n, 1n]);
  });

  it('slashes: the penalty at once, and the long wait', async () => {
    const before = await world.validator(switching.pubkey);
    await world.drive('slash', { pubkey: switching.pubkey });
    await world.slots(1);
    const after = await world.validator(switching.pubkey);
    const spec = await world.data('v1/config/spec');
    expect(after).toMatchObject({ status: 'active_slashed', validator: { slashed: true } });
    const penalty = BigInt(before.validator.effective_balance) / BigInt(spec.MIN_SLASHING_PENALTY_QUOTIENT_ELECTRA);
    const lost = BigInt(before.balance) - BigInt(after.balance);
    expect(lost).toBeGreaterThan(penalty - 100_000n); // a sync committee reward may come in the same block
    expect(lost).toBeLessThanOrEqual(penalty + 100_000n);
    expect(Number(after.validator.withdrawable_epoch)).toBeGreaterThanOrEqual(Number(spec.EPOCHS_PER_SLASHINGS_VECTOR));
    expect(await world.control('slash', { pubkey: switching.pubkey })).toMatchObject({
      status: 409,
      body: { code: 'localnet.not_slashable' },
    });
    const { expected, held } = await world.reconcile();
    expect(held).toBe(expected);
  });
});
