import { encodeAbiParameters, type Hex } from 'viem';
import { withdrawalCredentials } from '../deposit/credentials.js';
import { DEPOSIT_EVENT } from '../deposit/deposit-event.js';
import { signDeposit } from '../deposit/sign-deposit.js';
import { deriveBlsKey, validatorKeyPath } from '../keys/validator-key.js';
import { fromGwei } from '../units.js';
import { RpcRefusal } from '../node/execution-node.js';
import { atHead, bytes32, HEAD, hexOf, queuedDeposit, state, validatorAnswer, type FakeNodes } from '../node/fake-nodes.spec-support.js';
import { rememberDeposits, scanDeposits } from './deposit-history.js';
import { readDepositRoot } from './deposit-root.js';
import { guardFirstDeposit } from './guard-first-deposit.js';

const ONE = 1_000_000_000n;
const credentials = withdrawalCredentials(`0x${'aa'.repeat(20)}`);

describe('the guard against deposit front-running', () => {
  const bytes = { type: 'bytes' } as const;
  const little = (value: bigint): Hex => `0x${Buffer.from(value.toString(16).padStart(16, '0'), 'hex').reverse().toString('hex')}`;
  const keys = [1, 2].map((n) =>
    signDeposit(deriveBlsKey(new Uint8Array(32).fill(3), validatorKeyPath(n)), credentials, fromGwei(ONE), '0x10000031'),
  );
  const [ours, theirs] = keys.map((made) => made.pubkey) as [string, string];
  /** A deposit of 1 ETH for our key in block `at`, numbered `index`; signed by it unless said otherwise. */
  const event = (at: number, index: number, change: { pubkey?: string; signature?: string; log?: object } = {}): unknown => ({
    address: '0x00000000219ab540356cbb839cbe05303d7705fa',
    topics: [DEPOSIT_EVENT],
    blockNumber: hexOf(at),
    blockHash: bytes32(at),
    removed: false,
    data: encodeAbiParameters(
      [bytes, bytes, bytes, bytes, bytes],
      [(change.pubkey ?? ours) as Hex, credentials, little(ONE), (change.signature ?? keys[0]?.signature) as Hex, little(BigInt(index))],
    ),
    ...change.log,
  });
  function guarded(options: Parameters<typeof atHead>[0] = {}, logs: (from: number, to: number) => unknown = () => []): FakeNodes {
    const nodes = atHead(options);
    const records = options.validators ?? [];
    nodes.reply(state(HEAD, `validators?id=${ours}`), records, { finalized: false });
    nodes.reply('/eth/v1/beacon/states/head/finality_checkpoints', { finalized: { epoch: '10', root: bytes32(5) } });
    nodes.reply(`/eth/v2/beacon/blocks/${bytes32(5)}`, {
      message: { slot: '80', body: { execution_payload: { block_hash: bytes32(80), block_number: '80' } } },
    });
    nodes.method('eth_getBlockByNumber', (at: string) => {
      const number = at === 'latest' ? 95 : at === 'finalized' ? 80 : Number(at);
      return { number: hexOf(number), hash: bytes32(number), timestamp: '0x0' };
    });
    nodes.method('eth_getLogs', (filter: { fromBlock: string; toBlock: string }) => logs(Number(filter.fromBlock), Number(filter.toBlock)));
    return nodes;
  }
  const guard = (nodes: FakeNodes, history = rememberDeposits()) => guardFirstDeposit(nodes.network(), history, ours);

  it('lets a fresh key pass', async () => {
    expect(await guard(guarded())).toBeNull();
  });

  it('refuses a key that is a validator, that waits, or that was ever deposited for', async () => {
    expect(await guard(guarded({ validators: [validatorAnswer(1, { validator: { pubkey: ours } })] }))).toMatchObject({
      code: 'deposit.key_known',
    });
    expect(await guard(guarded({ queue: [queuedDeposit(1, '1', { pubkey: ours })] }))).toMatchObject({ code: 'deposit.key_queued' });
    expect(await guard(guarded({}, (from, to) => (from <= 50 && to >= 50 ? [event(50, 0)] : [])))).toMatchObject({
      code: 'deposit.key_in_history',
    });
    expect(await guard(guarded({}, (from) => (from > 80 ? [event(90, 0)] : [])))).toMatchObject({ code: 'deposit.key_in_history' });
  });

  it('takes no notice of deposits without a valid signature: the protocol drops them', async () => {
    const unsigned = { signature: `0x${'5e'.repeat(96)}` };
    expect(await guard(guarded({}, (from) => [event(from > 80 ? 90 : 50, 0, unsigned)]))).toBeNull();
    expect(await guard(guarded({}, (from) => [event(from > 80 ? 90 : 50, 0, { signature: keys[1]?.signature ?? '' })]))).toBeNull();
  });

  it('reads finalised history once, and what is newer each time', async () => {
    const history = rememberDeposits();
    const asked: [number, number][] = [];
    const nodes = guarded({}, (from, to) => {
      asked.push([from, to]);
      return [];
    });
    await guard(nodes, history);
    await guard(nodes, history);
    expect(asked).toEqual([
      [0, 80],
      [81, 95],
      [81, 95],
    ]);
  });

  it('reads history in pieces, and says how far it has come', async () => {
    const history = rememberDeposits();
    const nodes = guarded({}, (from) => (from <= 40 ? [event(from, 0, { pubkey: theirs, signature: keys[1]?.signature ?? '' })] : []));
    expect(await scanDeposits(nodes.network(), history, 30n)).toEqual({ scannedTo: 29n, finalised: 80n, complete: false });
    expect(await scanDeposits(nodes.network(), history, 30n)).toMatchObject({ scannedTo: 59n, complete: false });
    expect(await scanDeposits(nodes.network(), history, 30n)).toMatchObject({ scannedTo: 80n, complete: true });
    expect([await history.has(theirs), await history.has(ours)]).toEqual([true, false]);
  });

  it('asks for less when the node finds the answer too long', async () => {
    const nodes = guarded({}, (from, to) => {
      if (to - from > 20) throw new RpcRefusal('eth_getLogs', -32_005, 'query returned more than 10000 results');
      return from <= 33 && to >= 33 ? [event(33, 0)] : [];
    });
    expect(await guard(nodes)).toMatchObject({ code: 'deposit.key_in_history' });
  });

  it.each([
    ['no deposits', [event(10, 0, { log: { data: '0x1234' } })]],
    ['deposits of another contract', [event(10, 0, { log: { address: `0x${'11'.repeat(20)}` } })]],
    ['other events', [event(10, 0, { log: { topics: [bytes32(1)] } })]],
    ['deposits of other blocks', [event(99, 0)]],
    ['deposits that were undone', [event(10, 0, { log: { removed: true } })]],
    ['deposits with one left out', [event(10, 4), event(11, 6)]],
  ])('does not pass on logs that are %s', async (_name, logs) => {
    await expect(guard(guarded({}, (from) => (from === 0 ? logs : [])))).rejects.toMatchObject({ code: 'chain.garbage' });
  });

  it('knows what the contract had taken by a block', async () => {
    const nodes = guarded();
    nodes.method('eth_call', (call: { data: string }, at: string) =>
      call.data === '0xc5f2892f' && at === hexOf(95) ? bytes32(77) : `0x${'00'.repeat(31)}20${'00'.repeat(31)}08${'0201'.padEnd(64, '0')}`,
    );
    expect(await readDepositRoot(nodes.network())).toMatchObject({ root: bytes32(77), count: 258n, block: { number: 95n } });
  });
});
