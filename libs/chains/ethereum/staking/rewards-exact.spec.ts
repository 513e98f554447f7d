import { encodeAbiParameters, type Hex } from 'viem';
import fc from 'fast-check';
import { amount } from '#kernel';
import { withdrawalCredentials } from '../deposit/credentials.js';
import { DEPOSIT_EVENT } from '../deposit/deposit-event.js';
import { signDeposit } from '../deposit/sign-deposit.js';
import { deriveBlsKey, validatorKeyPath } from '../keys/validator-key.js';
import { FakeNodes, hexOf } from '../node/fake-nodes.spec-support.js';
import type { Network } from '../node/network.js';
import { fromGwei } from '../units.js';
import { blockHash, EPOCH, ModelBeacon, type ModelDeposit, type ModelValidator, type Snapshot } from './model-beacon.spec-support.js';
import { observeRewards } from './rewards.js';

const GWEI = 1_000_000_000n;
const FAR = '18446744073709551615';
const vault = `0x${'aa'.repeat(20)}`;
const CONTRACT = '0x00000000219ab540356cbb839cbe05303d7705fa';
/** Deposits of 32 ETH for keys that are no validators yet, as their keys sign them. */
const signed = new Map(
  [1, 2, 3].map((n) => {
    const made = signDeposit(deriveBlsKey(new Uint8Array(32).fill(9), validatorKeyPath(n)), withdrawalCredentials(vault), fromGwei(32n * GWEI), '0x10000031'); // prettier-ignore
    return [made.pubkey, made.signature];
  }),
);
const signatureOf = (deposit: ModelDeposit): string =>
  deposit.signature !== '' ? deposit.signature : deposit.valid ? (signed.get(deposit.pubkey) ?? '') : `0x${'5e'.repeat(96)}`;

/** Small, fast and the same for the same seed. */
function randomFrom(seed: number): (below: number) => number {
  let state = seed >>> 0;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

/** The model over the wire. */
function serve(model: ModelBeacon): Network {
  const nodes = new FakeNodes();
  const epoch = (value: number): string => (value >= 2 ** 40 ? FAR : String(value));
  const view = (of: ModelValidator, at: number): unknown => ({
    index: String(of.index),
    balance: String(of.balance),
    status:
      of.withdrawable <= at
        ? 'withdrawal_possible'
        : of.exit <= at
          ? 'exited_unslashed'
          : of.exit < 2 ** 40
            ? 'active_exiting'
            : 'active_ongoing',
    validator: {
      pubkey: of.pubkey,
      withdrawal_credentials: withdrawalCredentials(vault, of.compounding ? 'compounding' : 'eth1'),
      effective_balance: String(of.effective),
      slashed: of.slashed,
      activation_epoch: '0',
      exit_epoch: epoch(of.exit),
      withdrawable_epoch: epoch(of.withdrawable),
    },
  });
  const parts: Record<string, (state: Snapshot, query: string, slot: number) => unknown> = {
    validators: (state, query, slot) => {
      const ids = query.replace('id=', '').split(',');
      const found = state.validators.filter((of) => ids.includes(of.pubkey) || ids.includes(String(of.index)));
      return found.map((of) => view(of, Math.floor(slot / EPOCH)));
    },
    pending_deposits: (state) =>
      state.deposits.map((deposit) => ({
        pubkey: deposit.pubkey,
        withdrawal_credentials: withdrawalCredentials(vault),
        amount: String(deposit.amount),
        signature: signatureOf(deposit),
        slot: String(deposit.slot),
      })),
    pending_consolidations: (state) =>
      state.consolidations.map(({ source, target }) => ({ source_index: String(source), target_index: String(target) })),
  };
  nodes.otherwise = (path) => {
    const [, slot, part, query] = /^\/eth\/v1\/beacon\/states\/(\d+)\/(\w+)\??(.*)$/.exec(path) ?? [];
    const state = model.states[Number(slot)];
    const data = state && part && parts[part]?.(state, query ?? '', Number(slot));
    return data === undefined ? undefined : { execution_optimistic: false, finalized: true, data };
  };
  nodes.method('eth_getBlockByNumber', (at: string) => {
    const number = Number(at);
    const block = model.blocks[number];
    return {
      number: at,
      hash: blockHash(number),
      parentHash: blockHash(number - 1),
      timestamp: hexOf(1000 + (block?.slot ?? 0) * 12),
      withdrawals: (block?.paid ?? []).map((paid, n) => ({
        index: hexOf(n),
        validatorIndex: hexOf(paid.index),
        address: vault,
        amount: hexOf(paid.amount),
      })),
    };
  });
  nodes.method('eth_getLogs', (filter: { fromBlock: string; toBlock: string }) =>
    logs(model, Number(filter.fromBlock), Number(filter.toBlock)),
  );
  return nodes.network();
}

function logs(model: ModelBeacon, from: number, to: number): unknown[] {
  const little = (value: bigint): Hex => `0x${Buffer.from(value.toString(16).padStart(16, '0'), 'hex').reverse().toString('hex')}`;
  const bytes = { type: 'bytes' } as const;
  const all = model.blocks.flatMap((block, number) => block.logged.map((deposit) => ({ deposit, number })));
  return all
    .map(({ deposit, number }, index) => ({ deposit, number, index }))
    .filter(({ number }) => number >= from && number <= to)
    .map(({ deposit, number, index }) => ({
      address: CONTRACT,
      topics: [DEPOSIT_EVENT],
      blockNumber: hexOf(number),
      blockHash: blockHash(number),
      removed: false,
      data: encodeAbiParameters([bytes, bytes, bytes, bytes, bytes], [deposit.pubkey as Hex, withdrawalCredentials(vault), little(deposit.amount), signatureOf(deposit) as Hex, little(BigInt(index))]), // prettier-ignore
    }));
}

const requeued = (state: Snapshot, pubkey: string): bigint =>
  state.deposits.filter((deposit) => deposit.pubkey === pubkey && deposit.slot === 0).reduce((sum, deposit) => sum + deposit.amount, 0n);

async function compare(seed: number, cuts: readonly number[]): Promise<void> {
  const model = new ModelBeacon(8, randomFrom(seed), [...signed.keys()]);
  const END = 44 * EPOCH;
  model.run(END);
  const network = serve(model);
  const epochs = [...new Set([0, ...cuts, 44])].sort((a, b) => a - b);
  for (const [n, to] of epochs.entries()) {
    const from = epochs[n - 1];
    if (from === undefined) continue;
    const [before, after] = [model.states[from * EPOCH], model.states[to * EPOCH]];
    if (!before || !after) throw new Error('no such slot');
    const number = model.numberAt(to * EPOCH);
    const checkpoint = {
      epoch: BigInt(to),
      slot: BigInt(to * EPOCH),
      blockRoot: blockHash(0),
      block: { number: BigInt(number), hash: blockHash(number), time: new Date(0) },
    };
    const periods = after.validators.map(({ pubkey }) => ({
      pubkey,
      opening: fromGwei((before.validators.find((of) => of.pubkey === pubkey)?.balance ?? 0n) + requeued(before, pubkey)),
      sinceSlot: BigInt(from * EPOCH),
    }));
    const observed = await observeRewards(network, periods, checkpoint);
    const expected = after.validators.map(({ pubkey, balance }) => {
      const [now, then] = [after.truth[pubkey], before.truth[pubkey]];
      const gained = (of: 'reward' | 'deposited' | 'in' | 'out' | 'paid'): bigint => ((now?.[of] ?? 0n) - (then?.[of] ?? 0n)) * GWEI;
      return {
        pubkey,
        closing: amount((balance + requeued(after, pubkey)) * GWEI),
        withdrawn: gained('paid'),
        deposited: gained('deposited'),
        consolidatedIn: gained('in'),
        consolidatedOut: gained('out'),
        reward: gained('reward'),
      };
    });
    expect(observed).toMatchObject(expected);
  }
}

describe('rewards against a model of the beacon chain', () => {
  it('are exact to the gwei, whatever was deposited, consolidated, switched, slashed, withdrawn or missed', async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(), fc.array(fc.integer({ min: 1, max: 43 }), { maxLength: 6 }), (seed, cuts) => compare(seed, cuts)),
      { numRuns: 25 },
    );
  }, 60_000);

  it('are exact in every single epoch, also while a switch has money in the queue', async () => {
    const everyEpoch = Array.from({ length: 43 }, (_, n) => n + 1);
    for (const seed of [1, 2, 3, 4, 5, 6]) await compare(seed, everyEpoch);
    await compare(8, []); // what one boundary moves in goes on in the same boundary
  }, 60_000);

  it('are told over so many kinds of events that the comparison means something', () => {
    const models = [1, 2, 3, 4, 5, 6, 7, 8].map((seed) => {
      const model = new ModelBeacon(8, randomFrom(seed), [...signed.keys()]);
      model.run(44 * EPOCH);
      return model;
    });
    const states = models.flatMap((model) => model.states);
    const truth = models.flatMap((model) => Object.values(model.states.at(-1)?.truth ?? {}));
    for (const kind of ['deposited', 'in', 'out', 'paid'] as const) expect(truth.some((of) => of[kind] > 0n)).toBe(true);
    expect(states.some((state) => state.deposits.some((deposit) => deposit.slot === 0))).toBe(true);
    expect(states.some((state) => state.validators.some((of) => of.slashed))).toBe(true);
    expect(states.some((state) => state.validators.length > 8)).toBe(true);
  });
});
