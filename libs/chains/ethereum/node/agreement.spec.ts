import { Fault } from '#kernel';
import { FakeClock } from '#testing';
import { readCheckpoint, readFinalised } from '../reader/checkpoint.js';
import { createReader } from '../reader/create-reader.js';
import { readValidators } from '../staking/state.js';
import { finalisedNonce } from '../writer/nonces.js';
import { bytes32, FakeNodes, hexOf, pubkeyOf, state, unproven, validatorAnswer } from './fake-nodes.spec-support.js';
import { Network } from './network.js';

const root = (epoch: number): string => bytes32(0xbeac00 + epoch);
const from = `0x${'11'.repeat(20)}`;

/** Finalised at an epoch, block number = slot; `fork` gives blocks other hashes. */
function finalised(epoch: number, fork = 0): FakeNodes {
  const nodes = new FakeNodes();
  nodes.reply('/eth/v1/beacon/states/head/finality_checkpoints', { finalized: { epoch: String(epoch), root: root(epoch) } });
  for (let of = 1; of <= epoch; of++) {
    const body = { execution_payload: { block_hash: bytes32(of * 8 + fork), block_number: String(of * 8) } };
    nodes.reply(`/eth/v2/beacon/blocks/${root(of)}`, { message: { slot: String(of * 8), body } });
    nodes.reply(`/eth/v1/beacon/headers/${root(of)}`, { root: root(of), canonical: true });
    nodes.reply(state(of * 8, `validators?id=${pubkeyOf(1)}`), [validatorAnswer(1)]);
  }
  nodes.method('eth_getBlockByNumber', (at: string) => {
    const number = at === 'finalized' ? epoch * 8 : at === 'latest' ? epoch * 8 + 20 : Number(at);
    if (number > epoch * 8 + 20) return null;
    return { number: hexOf(number), hash: bytes32(number + fork), parentHash: bytes32(number - 1 + fork), timestamp: hexOf(1000 + number * 12), miner: from, gasUsed: '0x0', transactions: [] }; // prettier-ignore
  });
  nodes.method('eth_getBalance', () => '0x5');
  nodes.method('eth_getTransactionCount', () => '0x3');
  return nodes;
}
const pair = (first: FakeNodes, second: FakeNodes, patienceMs = 0): Network =>
  new Network(unproven, first.execution, first.beacon, { network: second.network(), patienceMs, whole: true });

describe('two pairs of nodes', () => {
  it('that agree are one', async () => {
    expect(await readFinalised(pair(finalised(3), finalised(3)))).toMatchObject({ number: 24n });
    expect(await readCheckpoint(pair(finalised(3), finalised(5)))).toMatchObject({ epoch: 3n }); // the second is ahead
  });

  const lies: [string, (second: FakeNodes) => void, (network: Network) => Promise<unknown>][] = [
    ['the checkpoint', (second) => second.reply('/eth/v1/beacon/states/head/finality_checkpoints', { finalized: { epoch: '3', root: bytes32(1) } }), readCheckpoint], // prettier-ignore
    ['the finalised block', (second) => {
      const fork = finalised(3, 1_000);
      for (const [path, reply] of fork.replies) second.replies.set(path, reply);
      for (const [name, handler] of fork.methods) second.methods.set(name, handler);
    }, readFinalised], // prettier-ignore
    ['a balance of a validator', (second) => second.reply(state(24, `validators?id=${pubkeyOf(1)}`), [validatorAnswer(1, { balance: '32000000001' })]), (network) => readValidators(network, { slot: 24n, final: true }, [pubkeyOf(1)])], // prettier-ignore
    ['whether a validator exists', (second) => second.reply(state(24, `validators?id=${pubkeyOf(1)}`), []), (network) => readValidators(network, { slot: 24n, final: true }, [pubkeyOf(1)])], // prettier-ignore
    ['a nonce', (second) => second.method('eth_getTransactionCount', () => '0x4'), (network) => finalisedNonce(network, from)],
    ['a balance', (second) => second.method('eth_getBalance', () => '0x6'), async (network) => {
      const reader = createReader(network, new FakeClock());
      await reader.finalised();
      return reader.balance(from, 24n);
    }], // prettier-ignore
    ['what is in a block', (second) => second.method('eth_getBlockByNumber', (at: string) => ({ number: at, hash: bytes32(Number(at)), parentHash: bytes32(Number(at) - 1), timestamp: hexOf(1000 + Number(at) * 12), miner: `0x${'22'.repeat(20)}`, gasUsed: '0x0', transactions: [] })), async (network) => {
      const reader = createReader(network, new FakeClock());
      await reader.finalised();
      return reader.block(24n);
    }], // prettier-ignore
  ];
  it.each(lies)('that contradict one another in %s stop everything', async (_name, lie, read) => {
    const second = finalised(3);
    lie(second);
    await expect(read(pair(finalised(3), second))).rejects.toMatchObject({ code: 'chain.contradiction', retryable: false });
  });

  it('of which the second is behind are waited for, and then called stalled', async () => {
    await expect(readCheckpoint(pair(finalised(3), finalised(2)))).rejects.toMatchObject({ code: 'chain.stalled', retryable: true });
    const late = finalised(2);
    const reading = readCheckpoint(pair(finalised(3), late, 5_000));
    setTimeout(() => {
      const now = finalised(3);
      for (const [path, reply] of now.replies) late.replies.set(path, reply);
    }, 50);
    await expect(reading).resolves.toMatchObject({ epoch: 3n });
  });

  it('of which the second does not answer are not one', async () => {
    const second = finalised(3);
    second.method('eth_getBlockByNumber', () => {
      throw new Fault('chain.unreachable', 'no answer', true);
    });
    await expect(readFinalised(pair(finalised(3), second))).rejects.toMatchObject({ code: 'chain.unreachable' });
  });

  it('of which the second is of another network are refused', async () => {
    const second = finalised(3);
    second.chainId = 1n;
    await expect(readFinalised(pair(finalised(3), second))).rejects.toMatchObject({ code: 'chain.wrong_network' });
  });
});

describe('finality', () => {
  /** A node that says something else the second time. */
  async function then(change: (nodes: FakeNodes) => void, ask: (network: Network) => Promise<unknown> = readFinalised): Promise<unknown> {
    const nodes = finalised(3);
    const network = nodes.network();
    await readFinalised(network);
    await createReader(network, new FakeClock()).block(24n);
    change(nodes);
    return ask(network);
  }
  const become = (other: FakeNodes) => (nodes: FakeNodes) => {
    for (const [path, reply] of other.replies) nodes.replies.set(path, reply);
    for (const [name, handler] of other.methods) nodes.methods.set(name, handler);
  };
  const violated = { code: 'chain.finality_violated', retryable: false };

  it('goes on', async () => {
    await expect(then(become(finalised(4)))).resolves.toMatchObject({ number: 32n });
  });

  it('that goes back is violated', async () => {
    await expect(then(become(finalised(2)))).rejects.toMatchObject(violated);
    await expect(then(become(finalised(2)), readCheckpoint)).rejects.toMatchObject(violated);
  });

  it('that is replaced is violated', async () => {
    await expect(then((nodes) => nodes.reply('/eth/v1/beacon/states/head/finality_checkpoints', { finalized: { epoch: '3', root: bytes32(1) } }))).rejects.toMatchObject(violated); // prettier-ignore
    await expect(then(become(finalised(3, 1_000)))).rejects.toMatchObject(violated);
    await expect(then(become(finalised(3, 1_000)), (network) => createReader(network, new FakeClock()).block(24n))).rejects.toMatchObject(violated); // prettier-ignore
  });

  it('is violated by a head behind it, and not by one that was reorganised above it', async () => {
    const head = (number: number) => (nodes: FakeNodes) => nodes.method('eth_getBlockByNumber', () => ({ number: hexOf(number), hash: bytes32(7), timestamp: '0x0' })); // prettier-ignore
    const ask = (network: Network) => createReader(network, new FakeClock()).head();
    await expect(then(head(23), ask)).rejects.toMatchObject(violated);
    await expect(then(head(30), ask)).resolves.toMatchObject({ number: 30n });
  });

  it('has blocks that follow one another', async () => {
    const unlinked = finalised(3);
    unlinked.method('eth_getBlockByNumber', (at: string) => ({ number: at, hash: bytes32(Number(at)), parentHash: bytes32(5), timestamp: '0x0', miner: from, gasUsed: '0x0', transactions: [] })); // prettier-ignore
    const nodes = finalised(3);
    const network = nodes.network();
    const reader = createReader(network, new FakeClock());
    await reader.finalised();
    await reader.block(22n);
    become(unlinked)(nodes);
    await expect(reader.block(23n)).rejects.toMatchObject({ code: 'chain.garbage' });
  });
});
