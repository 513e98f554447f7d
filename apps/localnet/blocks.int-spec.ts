import { parseGwei } from 'viem';
import type { Hex } from 'viem';
import { SLOTS_PER_EPOCH, World } from './spec-support.js';

const OPERATOR = `0x${'0b'.repeat(20)}` as const;
const RECEIVER = `0x${'12'.repeat(20)}` as const;

describe('what blocks pay, and what waits for them', () => {
  let world: World;

  beforeAll(async () => {
    world = await World.start();
    await world.fund('50');
    await world.slots(2 * SLOTS_PER_EPOCH);
  });
  afterAll(() => world.end());

  const head = () => world.public.getBlock({ includeTransactions: true });
  const held = (address: Hex, blockNumber?: bigint) =>
    world.public.getBalance({ address, ...(blockNumber !== undefined && { blockNumber }) });
  const transfer = (nonce?: number, maxFee = 20n) =>
    world.wallet.sendTransaction({
      to: RECEIVER,
      value: 1n,
      maxFeePerGas: parseGwei(String(maxFee)),
      maxPriorityFeePerGas: parseGwei('1'),
      ...(nonce !== undefined && { nonce }),
    });
  /** Priority fees of a block, by its receipts. */
  const tips = async (): Promise<bigint> => {
    const block = await head();
    const receipts = await Promise.all(block.transactions.map(({ hash }) => world.public.getTransactionReceipt({ hash })));
    return receipts.reduce((sum, { effectiveGasPrice, gasUsed }) => sum + (effectiveGasPrice - (block.baseFeePerGas ?? 0n)) * gasUsed, 0n);
  };
  const nonce = (blockTag: 'latest' | 'pending') => world.public.getTransactionCount({ address: world.account.address, blockTag });

  it('pays priority fees to whom the proposer named', async () => {
    const everyone = Array.from({ length: 64 }, (_, index) => ({ validator_index: String(index), fee_recipient: OPERATOR }));
    expect((await world.beacon('v1/validator/prepare_beacon_proposer', everyone)).status).toBe(200);
    await transfer();
    await world.slots(1);
    const block = await head();
    expect(block.miner.toLowerCase()).toBe(OPERATOR);
    expect(await held(OPERATOR)).toBe(await tips());
    const { body, proposer_index } = (await world.data('v2/beacon/blocks/head')).message;
    expect(body.execution_payload.fee_recipient.toLowerCase()).toBe(OPERATOR);
    const other = `0x${'0c'.repeat(20)}`;
    expect(await world.drive('fee-recipient', { index: Number(proposer_index), address: other })).toMatchObject({ address: other });
    await world.drive('fee-recipient', { index: Number(proposer_index), address: OPERATOR });
  });

  it('lets a builder make a block and pay the proposer by its last transaction', async () => {
    const before = await held(OPERATOR);
    const { builder } = await world.drive('builder', { wei: '123456789' });
    await transfer();
    await transfer();
    await world.slots(1);
    const block = await head();
    const last = block.transactions.at(-1);
    expect([block.miner, last?.from]).toEqual([builder.toLowerCase(), builder.toLowerCase()]);
    expect([block.transactions.length, last?.to, last?.value]).toEqual([3, OPERATOR, 123_456_789n]);
    expect((await held(OPERATOR)) - before).toBe(123_456_789n);
    await world.slots(1);
    expect((await head()).miner.toLowerCase()).toBe(OPERATOR);
    expect((await held(OPERATOR)) - before).toBe(123_456_789n);
  });

  it('never makes the old blocks again after a reorg, whoever is paid', async () => {
    const old = await head();
    await world.drive('reorg', { depth: 2 });
    expect((await head()).hash).not.toBe(old.hash);
  });

  it('keeps a transaction that the base fee has outrun, and takes it when the fee falls', async () => {
    await world.drive('base-fee', { wei: parseGwei('1').toString() });
    await world.slots(1);
    const hash = await transfer();
    await world.drive('base-fee', { wei: parseGwei('100').toString(), blocks: 3 });
    await world.slots(3);
    expect((await head()).baseFeePerGas).toBe(parseGwei('100'));
    expect(await world.public.getTransaction({ hash })).toMatchObject({ blockHash: null, nonce: await nonce('latest') });
    expect(await nonce('pending')).toBe((await nonce('latest')) + 1);
    const next = await transfer(await nonce('pending'), 30n); // refused by anvil, kept by a node
    const { body } = await world.rpc({ jsonrpc: '2.0', id: 1, method: 'txpool_status' });
    expect(body.result.pending).toBe('0x2');
    await world.slots(16);
    const receipts = await Promise.all([hash, next].map((each) => world.public.getTransactionReceipt({ hash: each })));
    expect(receipts.map(({ status }) => status)).toEqual(['success', 'success']);
  });

  it('lets one that waits be replaced for a tenth more, and dropped', async () => {
    await world.drive('base-fee', { wei: parseGwei('100').toString(), blocks: 8 });
    const at = await nonce('latest');
    const stuck = await transfer(at, 10n);
    await expect(transfer(at, 10n)).rejects.toThrow('already known');
    await expect(transfer(at, 9n)).rejects.toThrow('replacement transaction underpriced');
    await expect(transfer(at - 1, 10n)).rejects.toThrow('nonce');
    await world.slots(1);
    const fees = { maxFeePerGas: parseGwei('200'), maxPriorityFeePerGas: parseGwei('2') };
    const foreign = await world.wallet.sendTransaction({ to: OPERATOR, value: 2n, nonce: at, ...fees });
    await expect(world.public.getTransaction({ hash: stuck })).rejects.toThrow('could not be found');
    await world.slots(1);
    expect((await world.public.getTransactionReceipt({ hash: foreign })).status).toBe('success');
    const dropped = await transfer(at + 1, 10n);
    await world.drive('drop-transaction', { hash: dropped });
    await expect(world.public.getTransaction({ hash: dropped })).rejects.toThrow('could not be found');
    await world.slots(20);
    expect(await nonce('latest')).toBe(at + 1);
  });

  it('has all of it after an orderly stop, and after a kill', async () => {
    await world.drive('base-fee', { wei: parseGwei('100').toString(), blocks: 4 });
    const waiting = await transfer(undefined, 30n);
    await world.slots(4);
    const before = await world.status();
    await world.net.stop();
    await world.startAgain();
    expect((await world.status()).blockHash).toBe(before.blockHash);
    expect(await world.public.getTransaction({ hash: waiting })).toMatchObject({ blockHash: null });
    await world.slots(16);
    expect((await world.public.getTransactionReceipt({ hash: waiting })).status).toBe('success');
    await world.drive('finalise');
    const { finalizedBlock } = await world.status();
    const final = await world.public.getBlock({ blockNumber: BigInt(finalizedBlock) });
    await world.net.kill();
    await world.startAgain();
    expect((await world.public.getBlock({ blockNumber: BigInt(finalizedBlock) })).hash).toBe(final.hash);
  });

  it('refuses what it cannot do', async () => {
    for (const [what, body] of [
      ['builder', { wei: '0' }],
      ['base-fee', { wei: 5 }],
      ['base-fee', { wei: '5', blocks: 0 }],
      ['fee-recipient', { index: 1, address: '0x12' }],
      ['slash', { index: 1, by: 'rumour' }],
    ] as const)
      expect(await world.control(what, body)).toMatchObject({ status: 400, body: { code: 'localnet.invalid' } });
    for (const body of [{}, [{}], [{ validator_index: '1', fee_recipient: '0x12' }]])
      expect((await world.beacon('v1/validator/prepare_beacon_proposer', body)).status).toBe(400);
    await world.drive('builder', { wei: '9'.repeat(30) });
    expect(await world.control('advance')).toMatchObject({ status: 409, body: { code: 'localnet.builder_empty' } });
    await world.slots(1);
    const { commands } = (await (await fetch(`${world.net.controlUrl}/localnet/help`)).json()) as { commands: { command: string }[] };
    expect(commands.map(({ command }) => command)).toEqual(expect.arrayContaining(['advance', 'slash', 'builder', 'base-fee']));
  });
});
