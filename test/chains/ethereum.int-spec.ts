/** The Ethereum adapter against a real local network: real EVM, real consensus rules, the real wire protocols. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Chain, SignedDeposit, TransactionPlan, TransactionStatus } from '#chains';
import {
  createEthereum,
  deriveBlsKey,
  HdTree,
  parseAddressPath,
  seedOf,
  signDeposit,
  signTransaction,
  validatorKeyPath,
} from '#chains/ethereum';
import { accept, amount, type Amount } from '#kernel';
import { FakeClock } from '#testing';
import { startLocalnet, type StartedLocalnet } from '../../apps/localnet/index.js';

const ETH = 10n ** 18n;
const STAKE = amount(32n * ETH);
const OMNIBUS = "m/44'/60'/1'/0/0";
const VAULT = "m/44'/60'/2'/0/0";
const STRANGER = "m/44'/60'/9'/0/0";

const seed = seedOf(new Uint8Array(32).fill(7));
const tree = new HdTree(seed);
const addressAt = (path: string): string => tree.address(at(path));
const [omnibus, vault, stranger] = [OMNIBUS, VAULT, STRANGER].map(addressAt) as [string, string, string];

let folder: string;
let localnet: StartedLocalnet;
let chain: Chain;
const clock = new FakeClock();

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'adapter-'));
  localnet = await startLocalnet({ dir: folder });
  chain = createEthereum({ network: 'localnet', executionUrl: localnet.executionUrl, beaconUrl: localnet.beaconUrl, clock });
  for (const address of [omnibus, vault, stranger])
    await control('fund', { address, wei: (address === omnibus ? 100n * ETH : ETH).toString() });
  await control('advance', { epochs: 3 });
}, 60_000);
afterAll(async () => {
  await localnet.stop();
  rmSync(folder, { recursive: true, force: true });
});

function at(path: string) {
  const parsed = parseAddressPath(path);
  if (!parsed) throw new Error(path);
  return parsed;
}

async function control(what: string, body: object = {}): Promise<Record<string, unknown>> {
  const response = await fetch(`${localnet.controlUrl}/localnet/${what}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  const answer = (await response.json()) as Record<string, unknown>;
  if (!response.ok) throw new Error(`${what}: ${JSON.stringify(answer)}`);
  return answer;
}

/** Builds, signs, decodes and sends a plan, twice, as custody would after a crash. */
async function send(plan: TransactionPlan, path: string): Promise<{ signed: string; hash: string }> {
  const [fee, nonce] = await Promise.all([chain.writer.quoteFee(plan), chain.writer.nextNonce(plan.from)]);
  const made = accept(signTransaction(chain.writer.build(plan, nonce, fee), tree.privateKey(at(path))));
  expect(accept(chain.writer.decode(made.signed))).toMatchObject({
    from: plan.from,
    to: plan.to,
    value: plan.value,
    nonce,
    hash: made.hash,
  });
  expect(await chain.writer.broadcast(made.signed)).toEqual({ ok: true, value: made.hash });
  expect(await chain.writer.broadcast(made.signed)).toEqual({ ok: true, value: made.hash });
  return made;
}
const transfer = (from: string, to: string, value: Amount): TransactionPlan => ({ from, to, value, data: '0x' });
const included = async (hash: string): Promise<Extract<TransactionStatus, { state: 'included' }>> => {
  const status = await chain.writer.status(hash);
  if (status.state !== 'included') throw new Error(`${hash} is ${status.state}`);
  return status;
};
const keyNumber = async (index: number, value = STAKE, payee = vault): Promise<SignedDeposit> =>
  signDeposit(
    deriveBlsKey(seed, validatorKeyPath(index)),
    chain.staking.withdrawalCredentials(payee),
    value,
    (await chain.staking.network()).genesisForkVersion,
  );
async function untilFinalised(pubkey: string, status: string): Promise<void> {
  for (let epoch = 0; epoch < 60; epoch++) {
    const { validators } = await chain.staking.validators([pubkey], 'finalised');
    if (validators[0]?.status === status) return;
    await control('advance', { epochs: 1 });
  }
  throw new Error(`${pubkey} never became ${status}`);
}

describe('the network', () => {
  it('is in step, and its parameters come from the node', async () => {
    await expect(chain.reader.check()).resolves.toBeUndefined();
    expect(await chain.staking.network()).toMatchObject({ secondsPerSlot: 12, slotsPerEpoch: 8n, shardCommitteePeriod: 8n });
    expect(chain.writer.chainId).toBe(31_337n);
  });

  it.each(['mainnet', 'hoodi'] as const)('is not %s', async (network) => {
    const other = createEthereum({ network, executionUrl: localnet.executionUrl, beaconUrl: localnet.beaconUrl, clock });
    await expect(other.reader.head()).rejects.toMatchObject({ code: 'chain.wrong_network' });
    await expect(other.staking.checkpoint()).rejects.toMatchObject({ code: 'chain.wrong_network' });
  });

  it('says when it is syncing, and when it stands still', async () => {
    await control('syncing', { syncing: true });
    await expect(chain.reader.check()).rejects.toMatchObject({ code: 'chain.syncing' });
    await control('syncing', { syncing: false });
    for (let slot = 0; slot < 8; slot++) {
      await chain.reader.check();
      clock.advance(12_000);
    }
    await expect(chain.reader.check()).rejects.toMatchObject({ code: 'chain.stalled' });
    await control('advance', { slots: 1 });
    await expect(chain.reader.check()).resolves.toBeUndefined();
  });
});

describe('money', () => {
  it('moves once, at the cost that the block says', async () => {
    const before = await chain.reader.head();
    const balances = await Promise.all([omnibus, stranger].map((address) => chain.reader.balance(address, before.number)));
    const { hash, signed } = await send(transfer(omnibus, stranger, amount(ETH)), OMNIBUS);
    expect(await chain.writer.status(hash)).toEqual({ state: 'pending' });
    await control('advance', { slots: 1 });
    const { block, gasCost, succeeded } = await included(hash);
    expect(succeeded).toBe(true);
    const after = await Promise.all([omnibus, stranger].map((address) => chain.reader.balance(address, block.number)));
    expect([(balances[0] ?? 0n) - (after[0] ?? 0n), (after[1] ?? 0n) - (balances[1] ?? 0n)]).toEqual([ETH + gasCost, ETH]);
    const read = await chain.reader.block(block.number);
    expect(read).toMatchObject({ ...block, parentHash: await chain.reader.blockHash(block.number - 1n) });
    expect(read.transfers).toContainEqual({
      transactionHash: hash,
      from: omnibus,
      to: stranger,
      value: ETH,
      nonce: 0n,
      gasCost,
      succeeded: true,
    });
    expect(await chain.writer.broadcast(signed)).toEqual({ ok: true, value: hash });
    expect(await chain.reader.blockHash(block.number + 1000n)).toBeNull();
  });

  it('that is not there, or whose nonce is used, is refused', async () => {
    const fee = await chain.writer.quoteFee(transfer(stranger, omnibus, amount(1n)));
    const sign = (value: bigint, nonce: bigint): string =>
      accept(signTransaction(chain.writer.build(transfer(stranger, omnibus, amount(value)), nonce, fee), tree.privateKey(at(STRANGER))))
        .signed;
    expect(await chain.writer.broadcast(sign(1000n * ETH, 0n))).toMatchObject({
      ok: false,
      refusal: { code: 'transaction.insufficient_funds' },
    });
    const used = accept(
      signTransaction(chain.writer.build(transfer(omnibus, stranger, amount(2n)), 0n, fee), tree.privateKey(at(OMNIBUS))),
    );
    expect(await chain.writer.broadcast(used.signed)).toMatchObject({ ok: false, refusal: { code: 'transaction.nonce_used' } });
  });
});

describe('a stake', () => {
  let deposit: SignedDeposit;
  let opening: Amount = STAKE;
  let since: bigint;
  const total = { reward: 0n, withdrawn: 0n };

  async function report(): Promise<{ emptied: boolean; reward: bigint }> {
    const to = await chain.staking.checkpoint();
    const [observed] = await chain.staking.rewards([{ pubkey: deposit.pubkey, opening, sinceSlot: since }], to);
    if (!observed) throw new Error('one was asked for');
    expect(observed.reward).toBe(observed.closing + observed.withdrawn - opening);
    total.reward += observed.reward;
    total.withdrawn += observed.withdrawn;
    [opening, since] = [observed.closing, to.slot];
    return observed;
  }

  it('passes the guard with a fresh key only', async () => {
    deposit = await keyNumber(0);
    expect(chain.staking.verifyDeposit(deposit)).toMatchObject({ ok: true });
    expect(await chain.staking.guardFirstDeposit(deposit.pubkey)).toBeNull();
    const stolen = await keyNumber(1, amount(ETH), stranger); // somebody was here before us, with credentials of his own
    await send(chain.staking.depositPlan(omnibus, stolen), OMNIBUS);
    await control('advance', { slots: 1 });
    await send(chain.staking.depositPlan(omnibus, deposit), OMNIBUS);
    await control('advance', { slots: 1 });
    expect(await chain.staking.guardFirstDeposit(deposit.pubkey)).toMatchObject({ code: 'deposit.key_queued' });
    expect(await chain.staking.guardFirstDeposit(stolen.pubkey)).toMatchObject({ code: 'deposit.key_queued' });
    const { validators } = await chain.staking.validators([deposit.pubkey, (await keyNumber(2)).pubkey], 'head');
    expect(validators).toMatchObject([
      { status: 'deposited', queued: STAKE, balance: 0n, index: null },
      { status: 'unknown', queued: 0n },
    ]);
  });

  it('becomes an active validator within the time it was told', async () => {
    const eta = await chain.staking.entryEta(STAKE);
    const sent = await chain.reader.head();
    await untilFinalised(deposit.pubkey, 'active');
    const [validator] = (await chain.staking.validators([deposit.pubkey], 'finalised')).validators;
    expect(validator).toMatchObject({ balance: STAKE, slashed: false, withdrawalCredentials: chain.staking.withdrawalCredentials(vault) });
    since = (validator?.activationEpoch ?? 0n) * 8n;
    const genesis = (await chain.reader.block(0n)).time.getTime();
    const waited = genesis / 1000 + Number(since) * 12 - sent.time.getTime() / 1000;
    expect(waited).toBeLessThanOrEqual(eta.p90Seconds);
    expect(eta.basis).toContain('ETH in');
    expect(await chain.staking.guardFirstDeposit(deposit.pubkey)).toMatchObject({ code: 'deposit.key_known' });
    expect(await chain.staking.exitPlan(vault, deposit.pubkey)).toMatchObject({ ok: false, refusal: { code: 'exit.too_young' } });
  });

  it('takes no notice of deposits that the protocol drops: they fix nothing for their key', async () => {
    // signed for another network: the contract takes it, the protocol drops it
    const foreign = signDeposit(
      deriveBlsKey(seed, validatorKeyPath(5)),
      chain.staking.withdrawalCredentials(vault),
      amount(ETH),
      '0x00000000',
    );
    expect(chain.staking.verifyDeposit(foreign)).toMatchObject({ ok: false, refusal: { code: 'deposit.bad_signature' } });
    await send(chain.staking.depositPlan(omnibus, foreign), OMNIBUS);
    await control('advance', { epochs: 6 });
    expect((await chain.staking.validators([foreign.pubkey], 'head')).validators).toMatchObject([{ status: 'unknown' }]);
    expect(await chain.staking.guardFirstDeposit(foreign.pubkey)).toBeNull();
  });

  it('earns, over slots that were missed as well', async () => {
    const first = await report();
    for (const index of [3, 7, 11, 19, 23]) await control('offline', { index });
    await control('advance', { epochs: 9 });
    const second = await report();
    for (const index of [3, 7, 11, 19, 23]) await control('offline', { index, offline: false });
    expect(first.reward).toBeGreaterThanOrEqual(0n);
    expect(second.reward).toBeGreaterThan(0n);
  });

  it('leaves on the word of its vault alone, and is paid out to the last wei', async () => {
    expect(await chain.staking.exitPlan(stranger, deposit.pubkey)).toMatchObject({ ok: false, refusal: { code: 'exit.wrong_sender' } });
    const eta = await chain.staking.exitEta(STAKE);
    const asked = await chain.reader.head();
    await send(accept(await chain.staking.exitPlan(vault, deposit.pubkey)), VAULT);
    await control('advance', { slots: 1 });
    expect(await chain.staking.exitPlan(vault, deposit.pubkey)).toMatchObject({ ok: false, refusal: { code: 'exit.already_exiting' } });
    for (let epoch = 0; !(await report()).emptied; epoch++) {
      if (epoch > 60) throw new Error('it was never paid out');
      await control('advance', { epochs: 1 });
    }
    expect(total.withdrawn).toBe(STAKE + total.reward);
    const credits = await creditsOf(vault);
    expect(credits.reduce((sum, credit) => sum + credit.amount, 0n)).toBe(total.withdrawn);
    const last = credits.at(-1);
    expect(last?.amount).toBeGreaterThanOrEqual(31n * ETH);
    expect(((last?.time.getTime() ?? 0) - asked.time.getTime()) / 1000).toBeLessThanOrEqual(eta.p90Seconds);
    const { validators } = await chain.staking.validators([deposit.pubkey], 'finalised');
    expect(validators).toMatchObject([{ status: 'withdrawn', balance: 0n }]);
  });

  async function creditsOf(address: string): Promise<{ amount: bigint; time: Date }[]> {
    const { number } = await chain.reader.finalised();
    const found: { amount: bigint; time: Date }[] = [];
    for (let height = 0n; height <= number; height++) {
      const { credits, time } = await chain.reader.block(height);
      found.push(...credits.filter((credit) => credit.address === address).map((credit) => ({ amount: credit.amount, time })));
    }
    return found;
  }
});

describe('finality', () => {
  it('is one block on both nodes, and stands while finality stalls', async () => {
    const [checkpoint, finalised] = await Promise.all([chain.staking.checkpoint(), chain.reader.finalised()]);
    expect(checkpoint.slot).toBe(checkpoint.epoch * 8n);
    expect(finalised).toEqual(checkpoint.block);
    expect(await chain.reader.blockHash(finalised.number)).toBe(finalised.hash);
    await control('stall');
    await control('advance', { epochs: 3 });
    expect((await chain.reader.finalised()).number - finalised.number).toBeLessThanOrEqual(16n);
    await control('stall', { stalled: false });
    await control('advance', { epochs: 4 });
    expect((await chain.reader.finalised()).number).toBeGreaterThan(finalised.number);
  });
});
