import { createEthereum } from '../create-ethereum.js';
import { FakeClock } from '#testing';
import { profiles } from '../profiles.js';
import { describeNetwork } from './describe-network.js';
import { bytes32, FakeNodes, HEAD } from './fake-nodes.spec-support.js';
import { Network } from './network.js';

function arranged(): FakeNodes {
  const nodes = new FakeNodes();
  nodes.reply('/eth/v1/beacon/headers/head', { root: bytes32(1), header: { message: { slot: String(HEAD) } } });
  nodes.method('eth_getCode', () => '0x6001');
  return nodes;
}

describe('a description of the network', () => {
  it('names every thing that is checked, with what was expected', async () => {
    const items = await describeNetwork(arranged().network());
    expect(items.every(({ ok }) => ok)).toBe(true);
    expect(items).toContainEqual({ item: 'first pair: chain id', expected: null, found: '31337', ok: true });
    expect(items).toContainEqual({ item: 'first pair: fork', expected: null, found: 'electra', ok: true });
    expect(items).toContainEqual({ item: 'second pair of nodes', expected: null, found: 'none', ok: true });
  });

  it('says what is not so instead of failing', async () => {
    const nodes = arranged();
    nodes.method('eth_getCode', (address: string) => (address.startsWith('0x00000961') ? '0x' : '0x6001'));
    const items = await describeNetwork(nodes.network());
    expect(items.filter(({ ok }) => !ok)).toEqual([
      { item: 'first pair: code of EIP-7002 withdrawal requests', expected: 'some', found: '0 bytes', ok: false },
    ]);
    const wrong = await describeNetwork(arranged().network(profiles.mainnet));
    expect(wrong.filter(({ ok }) => !ok)).toMatchObject([{ item: 'first pair: network', expected: 'mainnet' }]);
    expect(wrong[0]?.found).toContain('chain.wrong_network');
  });

  it('covers a second pair', async () => {
    const [first, second] = [arranged(), arranged()];
    const network = new Network(profiles.localnet, first.execution, first.beacon, {
      network: second.network(),
      patienceMs: 0,
      whole: true,
    });
    expect((await describeNetwork(network)).filter(({ item }) => item.startsWith('second pair: '))).toHaveLength(13);
  });
});

describe('an adapter that must not trust one pair of nodes', () => {
  const options = {
    network: 'hoodi',
    executionUrl: 'http://127.0.0.1:1',
    beaconUrl: 'http://127.0.0.1:2',
    clock: new FakeClock(),
    requireSecond: true,
  } as const;

  it('is not made without a second', () => {
    const missing = expect.objectContaining({ code: 'chain.second_missing', retryable: false });
    expect(() => createEthereum(options)).toThrow(missing);
    expect(() => createEthereum({ ...options, secondExecutionUrl: 'http://127.0.0.1:3' })).toThrow(missing);
    const both = { secondExecutionUrl: 'http://127.0.0.1:3', secondBeaconUrl: 'http://127.0.0.1:4' };
    expect(createEthereum({ ...options, ...both }).name).toBe('ethereum');
  });

  it.each([
    ['execution', { secondExecutionUrl: 'http://127.0.0.1:1' }],
    ['execution', { secondExecutionUrl: 'http://somebody@127.0.0.1:1//' }],
    ['beacon', { secondExecutionUrl: 'http://127.0.0.1:3', secondBeaconUrl: 'HTTPS://Beacon.Example:443/v/' }],
    ['beacon', { secondExecutionUrl: 'http://127.0.0.1:3', secondBeaconUrl: 'http://beacon.example./v' }],
  ])('is not made where the second %s node is the first again, however it is written: %o', (kind, second) => {
    const first = { ...options, beaconUrl: 'https://beacon.example/v', requireSecond: false };
    expect(() => createEthereum({ ...first, ...second })).toThrow(
      expect.objectContaining({
        ...{ code: 'chain.second_is_first', retryable: false },
        message: `The second ${kind} node is the first again: give the URL of another node, run by somebody else, or none.`,
      }),
    );
    expect(createEthereum({ ...first, secondExecutionUrl: 'http://127.0.0.1:3', secondBeaconUrl: 'https://beacon.example/w' }).name).toBe(
      'ethereum',
    );
  });
});
