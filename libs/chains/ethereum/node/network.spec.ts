import { genesisData, networksChainConfig } from '@lodestar/config/networks';
import { Fault } from '#kernel';
import { profiles } from '../profiles.js';
import { FakeNodes } from './fake-nodes.spec-support.js';

/** Nodes of a public network, as recorded. */
function recorded(name: 'mainnet' | 'hoodi'): FakeNodes {
  const nodes = new FakeNodes();
  const { identity, parameters } = profiles[name];
  if (!identity || !parameters) throw new Error(`${name} has an identity`);
  nodes.chainId = identity.chainId;
  nodes.genesisValidatorsRoot = identity.genesisValidatorsRoot;
  nodes.spec['DEPOSIT_CHAIN_ID'] = identity.chainId.toString();
  nodes.spec['DEPOSIT_CONTRACT_ADDRESS'] = identity.depositContract;
  nodes.spec['GENESIS_FORK_VERSION'] = identity.genesisForkVersion;
  nodes.spec['CAPELLA_FORK_VERSION'] = parameters.capellaForkVersion;
  nodes.spec['SLOTS_PER_EPOCH'] = '32';
  return nodes;
}
const hex = (bytes: Uint8Array): string => `0x${Buffer.from(bytes).toString('hex')}`;

describe('profiles', () => {
  it('hold the recorded configuration of the public networks', () => {
    expect(profiles.mainnet.identity).toMatchObject({
      chainId: 1n,
      genesisForkVersion: '0x00000000',
      genesisValidatorsRoot: '0x4b363db94e286120d76eb905340fdd4e54bfe9f06bf33ff6cf5ad27f511bfe95',
      depositContract: '0x00000000219ab540356cbb839cbe05303d7705fa',
    });
    expect(profiles.hoodi.identity).toMatchObject({
      chainId: 560_048n,
      genesisForkVersion: '0x10000910',
      genesisValidatorsRoot: '0x212f13fc4df078b6cb7db228f1c8307566dcecf900867401a92023d7ba99cb5f',
    });
    expect(profiles.localnet.identity).toBeNull();
  });

  it.each(['mainnet', 'hoodi'] as const)('of %s agrees with the configuration that a consensus client carries', (name) => {
    const theirs = networksChainConfig[name];
    expect(profiles[name].identity).toEqual({
      chainId: BigInt(theirs.DEPOSIT_CHAIN_ID),
      genesisForkVersion: hex(theirs.GENESIS_FORK_VERSION),
      genesisValidatorsRoot: genesisData[name].genesisValidatorsRoot,
      depositContract: hex(theirs.DEPOSIT_CONTRACT_ADDRESS),
    });
    expect(profiles[name].parameters?.capellaForkVersion).toBe(hex(theirs.CAPELLA_FORK_VERSION));
    expect(profiles[name].parameters?.secondsPerSlot).toBe(theirs.SLOT_DURATION_MS / 1000);
  });
});

describe('knowing the network', () => {
  it.each(['mainnet', 'hoodi'] as const)('accepts the nodes of %s under its own profile only', async (name) => {
    expect(await recorded(name).network(profiles[name]).facts()).toMatchObject({ chainId: profiles[name].identity?.chainId });
    const others = (['mainnet', 'hoodi', 'localnet'] as const).filter((other) => other !== name);
    for (const other of others) {
      await expect(recorded(name).network(profiles[other]).facts()).rejects.toMatchObject({
        code: 'chain.wrong_network',
        retryable: false,
      });
    }
  });

  it('takes a local network as it is, once it has answered', async () => {
    const network = new FakeNodes().network();
    expect(() => network.identity()).toThrow(expect.objectContaining({ code: 'chain.unreachable' }));
    expect(await network.facts()).toMatchObject({
      secondsPerSlot: 12,
      slotsPerEpoch: 8n,
      shardCommitteePeriod: 8n,
      activationBalance: 32n * 10n ** 18n,
    });
    expect(network.identity()).toMatchObject({ chainId: 31_337n, genesisForkVersion: '0x10000031' });
  });

  it('remembers what it learned through an outage, but not through another network', async () => {
    const nodes = new FakeNodes();
    const network = nodes.network();
    await network.facts();
    nodes.method('eth_chainId', () => {
      throw new Fault('chain.unreachable', 'no answer', true);
    });
    await expect(network.learn()).rejects.toMatchObject({ code: 'chain.unreachable' });
    expect(network.identity()).toMatchObject({ chainId: 31_337n });
    nodes.method('eth_chainId', () => '0x1');
    await expect(network.learn()).rejects.toMatchObject({ code: 'chain.wrong_network' });
    expect(() => network.identity()).toThrow(expect.objectContaining({ code: 'chain.unreachable' }));
  });

  const changes: [string, (nodes: FakeNodes) => void][] = [
    ['the execution node follows another chain', (nodes) => (nodes.chainId = 5n)],
    ['the execution node is of mainnet', (nodes) => (nodes.chainId = 1n)],
    ['the fork version is that of mainnet', (nodes) => (nodes.spec['GENESIS_FORK_VERSION'] = '0x00000000')],
  ];
  it.each(changes)('refuses a local network where %s', async (_name, change) => {
    const nodes = new FakeNodes();
    change(nodes);
    await expect(nodes.network().facts()).rejects.toMatchObject({ code: 'chain.wrong_network' });
  });

  const mainnetChanges: [string, (nodes: FakeNodes) => void][] = [
    ['genesis', (nodes) => (nodes.genesisValidatorsRoot = `0x${'11'.repeat(32)}`)],
    ['deposit contract', (nodes) => (nodes.spec['DEPOSIT_CONTRACT_ADDRESS'] = `0x${'11'.repeat(20)}`)],
    ['fork version', (nodes) => (nodes.spec['GENESIS_FORK_VERSION'] = '0x00000001')],
    ['Capella version', (nodes) => (nodes.spec['CAPELLA_FORK_VERSION'] = '0x03000001')],
    ['length of slots', (nodes) => (nodes.spec['SECONDS_PER_SLOT'] = '6')],
    ['length of epochs', (nodes) => (nodes.spec['SLOTS_PER_EPOCH'] = '8')],
    ['largest balance', (nodes) => (nodes.spec['MAX_EFFECTIVE_BALANCE_ELECTRA'] = '32000000000')],
  ];
  it.each(mainnetChanges)('refuses a mainnet of another %s', async (_name, change) => {
    const nodes = recorded('mainnet');
    change(nodes);
    await expect(nodes.network(profiles.mainnet).facts()).rejects.toMatchObject({ code: 'chain.wrong_network' });
  });

  it.each(['SLOTS_PER_EPOCH', 'SHARD_COMMITTEE_PERIOD', 'CHURN_LIMIT_QUOTIENT'])('does not guess %s', async (name) => {
    const nodes = new FakeNodes();
    Reflect.deleteProperty(nodes.spec, name);
    await expect(nodes.network().facts()).rejects.toMatchObject({ code: 'chain.garbage' });
    nodes.spec[name] = 'many';
    await expect(nodes.network().facts()).rejects.toMatchObject({ code: 'chain.garbage' });
  });

  it('reads the length of a slot under its newer name', async () => {
    const nodes = new FakeNodes();
    delete nodes.spec['SECONDS_PER_SLOT'];
    nodes.spec['SLOT_DURATION_MS'] = '6000';
    expect(await nodes.network().facts()).toMatchObject({ secondsPerSlot: 6 });
  });
});

describe('churn', () => {
  const ETH = 10n ** 18n;
  const rules = async (change: Record<string, string> = {}) => {
    const nodes = new FakeNodes();
    Object.assign(nodes.spec, {
      MIN_PER_EPOCH_CHURN_LIMIT_ELECTRA: '128000000000',
      MAX_PER_EPOCH_ACTIVATION_EXIT_CHURN_LIMIT: '256000000000',
      CHURN_LIMIT_QUOTIENT: '65536',
      ...change,
    });
    return (await nodes.network().facts()).churn;
  };
  const gloas = {
    CHURN_LIMIT_QUOTIENT_GLOAS: '32768',
    MAX_PER_EPOCH_ACTIVATION_CHURN_LIMIT_GLOAS: '256000000000',
    CONSOLIDATION_CHURN_LIMIT_QUOTIENT: '65536',
    GLOAS_FORK_EPOCH: '1000',
  };

  it('is shared and capped before Gloas', async () => {
    const churn = await rules();
    expect([0n, 8_388_608n, 12_000_000n, 34_000_000n].map((stake) => churn.entry(0n, stake * ETH) / ETH)).toEqual([128n, 128n, 183n, 256n]);
    expect(churn.exit(0n, 34_000_000n * ETH)).toBe(256n * ETH);
    expect(churn.fork(10_000n)).toBe('electra');
  });

  it('leaves consolidations what is above the cap: on a small network nothing', async () => {
    const churn = await rules();
    expect([8_388_608n, 16_777_216n, 18_940_000n, 34_000_000n].map((stake) => churn.consolidation(0n, stake * ETH) / ETH)).toEqual([
      0n,
      0n,
      33n,
      262n,
    ]);
    const later = await rules(gloas);
    expect([999n, 1000n].map((epoch) => later.consolidation(epoch, 34_000_000n * ETH) / ETH)).toEqual([262n, 518n]);
  });

  it('is each its own and uncapped for exits from Gloas on (EIP-8061)', async () => {
    const churn = await rules(gloas);
    const stake = 34_000_000n * ETH;
    expect([churn.entry(999n, stake) / ETH, churn.exit(999n, stake) / ETH, churn.fork(999n)]).toEqual([256n, 256n, 'electra']);
    expect([churn.entry(1000n, stake) / ETH, churn.exit(1000n, stake) / ETH, churn.fork(1000n)]).toEqual([256n, 1037n, 'gloas']);
  });
});

describe('forks', () => {
  const forks = async (change: Record<string, unknown>) => {
    const nodes = new FakeNodes();
    Object.assign(nodes.spec, change);
    return (await nodes.network().facts()).forks;
  };

  it('hold from their epoch on, and blob parameters are only told', async () => {
    const schedule = await forks({
      FULU_FORK_EPOCH: '100',
      GLOAS_FORK_EPOCH: '18446744073709551615',
      BLOB_SCHEDULE: [{ EPOCH: '110', MAX_BLOBS_PER_BLOCK: '15' }],
    });
    expect([99n, 100n, 110n].map((epoch) => schedule.describe(epoch))).toEqual(['electra', 'fulu', 'fulu with blob parameters 1']);
  });

  it('that nobody here has heard of are not taken for ones that are known', async () => {
    const schedule = await forks({ HEZE_FORK_EPOCH: '50' });
    expect([schedule.at(49n), schedule.at(50n)]).toEqual(['electra', null]);
  });
});
