/** What blocks pay besides the protocol's own rewards: priority fees and builders' payments, each kept apart. */
import type { ExecutionReward, SignedDeposit } from '#chains';
import { ETH, Stage } from './stage.spec-support.js';

let stage: Stage;
let ours: SignedDeposit;
let index: bigint;
let payee: string;
beforeAll(async () => {
  stage = await Stage.open();
  ours = await stage.deposit(0, 32n);
  index = (await stage.untilFinalised(ours.pubkey, 'active')).index ?? 0n;
  payee = `0x${'0b'.repeat(20)}`;
}, 60_000);
afterAll(() => stage.close());

/** Our address is paid for these proposers only. */
async function prepare(indices: readonly bigint[], recipient = payee): Promise<void> {
  const response = await fetch(`${stage.net.beaconUrl}/eth/v1/validator/prepare_beacon_proposer`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(indices.map((each) => ({ validator_index: String(each), fee_recipient: recipient }))),
  });
  expect(response.status).toBe(200);
}
const rewards = async (from: bigint, addresses = new Set([payee])): Promise<readonly ExecutionReward[]> => {
  await stage.control('finalise');
  const { number } = await stage.chain.reader.finalised();
  return stage.chain.staking.executionRewards({ pubkeys: new Set([ours.pubkey]), addresses }, from, number);
};
const held = async (block?: bigint, address = payee): Promise<bigint> =>
  stage.chain.reader.balance(address, block ?? (await stage.chain.reader.head()).number);
const proposed = (found: readonly ExecutionReward[]) => found.filter(({ proposerPubkey }) => proposerPubkey === ours.pubkey);

describe('execution rewards', () => {
  it('of a validator of ours are the priority fees of its blocks, to the wei', async () => {
    await prepare([index]);
    const from = (await stage.chain.reader.head()).number + 1n;
    await stage.until(async () => {
      for (let slot = 0; slot < 8; slot++) await stage.settle('stranger', stage.transfer('stranger', stage.omnibus, 1n));
      return (await held()) > 0n;
    }, 30);
    const found = await rewards(from);
    expect(found.length).toBeGreaterThan(0);
    expect(proposed(found)).toEqual(found);
    for (const { blockNumber, slot, recipient, priorityFees, mev } of found) {
      const block = await stage.chain.reader.block(blockNumber);
      expect([recipient, priorityFees, mev]).toEqual([payee, block.priorityFees, 0n]);
      expect(block.feeRecipient).toBe(payee);
      expect(slot).toBeGreaterThan(blockNumber - 1n);
      expect((await held(blockNumber)) - (await held(blockNumber - 1n))).toBe(priorityFees);
    }
    expect(found.reduce((sum, { priorityFees }) => sum + priorityFees, 0n)).toBe(await held());
  });

  it('of a block that a builder made are what the builder paid, and not its fees', async () => {
    const before = await held();
    const from = (await stage.chain.reader.head()).number + 1n;
    const everyone = Array.from({ length: Number(index) + 1 }, (_, each) => BigInt(each));
    await prepare(everyone);
    await stage.control('builder', { wei: (ETH / 50n).toString() });
    const { block, gasCost } = await stage.settle('stranger', stage.transfer('stranger', stage.omnibus, 1n));
    await prepare([]);
    const found = (await rewards(from)).filter(({ blockNumber }) => blockNumber === block.number);
    expect(gasCost).toBeGreaterThan(0n);
    expect(found).toMatchObject([{ recipient: payee, priorityFees: 0n, mev: ETH / 50n }]);
    const paid = await stage.chain.reader.block(block.number);
    expect(paid.priorityFees).toBeGreaterThan(0n);
    expect((await held(block.number)) - before).toBe(ETH / 50n);
  });

  it('are there where slots were missed: a block is not a slot', async () => {
    for (const offline of [3, 7, 11, 19, 23]) await stage.control('offline', { index: offline });
    const from = (await stage.chain.reader.head()).number + 1n;
    await stage.epochs(3);
    const settled = await stage.settle('stranger', stage.transfer('stranger', stage.omnibus, 1n));
    for (const offline of [3, 7, 11, 19, 23]) await stage.control('offline', { index: offline, offline: false });
    const found = (await rewards(from)).find(({ blockNumber }) => blockNumber === settled.block.number);
    expect(found?.slot).toBeGreaterThan(settled.block.number);
    expect(found?.priorityFees).toBe((await stage.chain.reader.block(settled.block.number)).priorityFees);
  });

  it('are no transfers among our own, and nothing where nothing was paid', async () => {
    const from = (await stage.chain.reader.head()).number + 1n;
    const { block } = await stage.settle('omnibus', stage.transfer('omnibus', stage.vault, ETH));
    const found = await rewards(from, new Set([stage.omnibus, stage.vault]));
    expect(found.filter(({ blockNumber, mev }) => blockNumber === block.number && mev > 0n)).toEqual([]);
    expect(found.filter(({ priorityFees, mev }) => priorityFees + mev > 0n)).toEqual([]);
  });

  it('of a validator of ours are told without money where its block paid somebody else', async () => {
    const stranger = `0x${'0c'.repeat(20)}`;
    await prepare([index], stranger);
    const from = (await stage.chain.reader.head()).number + 1n;
    await stage.until(async () => {
      for (let slot = 0; slot < 8; slot++) await stage.settle('stranger', stage.transfer('stranger', stage.omnibus, 1n));
      return (await held(undefined, stranger)) > 0n;
    }, 30);
    await prepare([index]);
    const astray = proposed(await rewards(from)).filter(({ recipient }) => recipient === stranger);
    expect(astray.length).toBeGreaterThan(0);
    expect(astray.every(({ priorityFees, mev }) => priorityFees + mev === 0n)).toBe(true);
  });
});
