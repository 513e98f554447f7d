import { amount } from '#kernel';
import { FakeClock } from '#testing';
import { connectNodes } from '../create-ethereum.js';
import { bytes32, FakeNodes, hexOf, pubkeyOf, state, validatorAnswer } from '../node/fake-nodes.spec-support.js';
import { Network } from '../node/network.js';
import { createStaking } from './create-staking.js';
import { rememberDeposits } from './deposit-history.js';

const ETH = 10n ** 18n;
const nodesWith = (balance: string): FakeNodes => {
  const nodes = new FakeNodes();
  nodes.method('eth_getBlockByNumber', (at: string) => ({
    number: at,
    hash: bytes32(Number(at) + 1),
    parentHash: bytes32(Number(at)),
    timestamp: hexOf(1000 + Number(at) * 12),
    withdrawals: [],
  }));
  nodes.method('eth_getLogs', () => []);
  nodes.otherwise = (path) => (/pending_(deposits|consolidations)$/.test(path) ? { finalized: true, data: [] } : undefined);
  nodes.reply(state(40, `validators?id=${pubkeyOf(1)}`), [validatorAnswer(1, { balance })]);
  return nodes;
};
const to = { epoch: 5n, slot: 40n, blockRoot: bytes32(9), block: { number: 40n, hash: bytes32(41), time: new Date(0) } };
const periods = [{ pubkey: pubkeyOf(1), opening: amount(32n * ETH), sinceSlot: 20n }];

describe('rewards by source', () => {
  it('are what each pair of nodes says by itself, though they contradict each other', async () => {
    const [first, second] = [nodesWith('31999999999'), nodesWith('31999999998')];
    const { profile } = first.network();
    const staking = createStaking(
      new Network(profile, first.execution, first.beacon, { network: second.network(), patienceMs: 0, whole: true }),
      rememberDeposits(),
    );
    await expect(staking.rewards(periods, to)).rejects.toMatchObject({ code: 'chain.contradiction' });
    const sources = await staking.rewardsBySource(periods, to);
    expect(sources.map(([seen]) => seen?.reward)).toEqual([-(10n ** 9n), -2n * 10n ** 9n]);
  });

  it('are one where there is one pair', async () => {
    const sources = await createStaking(nodesWith('32000000001').network(), rememberDeposits()).rewardsBySource(periods, to);
    expect(sources).toMatchObject([[{ reward: 10n ** 9n }]]);
  });

  it('are one where the second pair shares a node with the first, and a contradiction stays one', async () => {
    const first = {
      network: 'hoodi',
      executionUrl: 'http://127.0.0.1:1',
      beaconUrl: 'http://127.0.0.1:2',
      clock: new FakeClock(),
    } as const;
    const [execution, beacon] = [{ secondExecutionUrl: 'http://127.0.0.1:3' }, { secondBeaconUrl: 'http://127.0.0.1:4' }];
    const count = (more: object): number => connectNodes({ ...first, ...more }).sources().length;
    expect([{}, execution, beacon, { ...execution, ...beacon }].map(count)).toEqual([1, 1, 1, 2]);

    const [mine, other] = [nodesWith('31999999999'), nodesWith('31999999998')];
    const { profile } = mine.network();
    const nodes = new Network(profile, mine.execution, mine.beacon, { network: other.network(), patienceMs: 0, whole: false });
    await expect(createStaking(nodes, rememberDeposits()).rewardsBySource(periods, to)).rejects.toMatchObject({
      code: 'chain.contradiction',
    });
  });
});
