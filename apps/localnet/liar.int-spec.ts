import { startLiar } from './liar/index.js';
import type { Liar } from './liar/index.js';
import { SLOTS_PER_EPOCH, World, request } from './spec-support.js';

describe('the liar, a simulator of faults', () => {
  let world: World;
  let liar: Liar;

  beforeAll(async () => {
    world = await World.start();
    liar = await startLiar(world.net);
    await world.fund('3');
    await world.slots(8 * SLOTS_PER_EPOCH);
  });
  afterAll(async () => {
    await liar.stop();
    await world.end();
  });

  const rpc = async (method: string, ...params: unknown[]) =>
    (await request(liar.executionUrl, { body: { jsonrpc: '2.0', id: 1, method, params } })).body.result;
  const beacon = async (path: string) => (await request(`${liar.beaconUrl}/eth/${path}`)).body;
  const block = (id: string) => rpc('eth_getBlockByNumber', id, false);

  it('says the truth until it is told otherwise', async () => {
    const direct = (await world.rpc({ jsonrpc: '2.0', id: 1, method: 'eth_getBlockByNumber', params: ['latest', true] })).body.result;
    expect(await rpc('eth_getBlockByNumber', 'latest', true)).toEqual(direct);
    for (const path of ['v2/beacon/blocks/head', 'v1/beacon/states/finalized/validators?id=1', 'v1/config/spec'])
      expect(await beacon(path)).toEqual((await world.beacon(path)).body);
    expect((await request(`${liar.beaconUrl}/eth/v1/beacon/headers/999`)).status).toBe(404);
  });

  it('lags: head and finality as they were, and nothing later', async () => {
    const { headSlot, block: height } = await world.status();
    await liar.tell({ lie: 'lag', blocks: 20 });
    expect(Number(await rpc('eth_blockNumber'))).toBe(height - 20);
    expect(Number((await block('latest')).number)).toBe(height - 20);
    expect(await block(`0x${height.toString(16)}`)).toBeNull();
    expect((await beacon('v1/beacon/headers/head')).data.header.message.slot).toBe(String(headSlot - 20));
    const { finalized } = (await beacon('v1/beacon/states/head/finality_checkpoints')).data;
    expect(Number((await block('finalized')).number)).toBe(Number(finalized.epoch) * SLOTS_PER_EPOCH);
    expect((await beacon('v1/beacon/headers/finalized')).data.root).toBe(finalized.root);
    expect((await request(`${liar.beaconUrl}/eth/v1/beacon/headers/${headSlot}`)).status).toBe(404);
  });

  it('freezes while the chain goes on', async () => {
    await liar.tell({ lie: 'freeze' });
    const before = [await rpc('eth_blockNumber'), (await beacon('v1/beacon/headers/head')).data.root];
    await world.slots(3 * SLOTS_PER_EPOCH);
    expect([await rpc('eth_blockNumber'), (await beacon('v1/beacon/headers/head')).data.root]).toEqual(before);
  });

  it('names another final block, by hash and by root, and answers to the names it gave', async () => {
    const truth = [(await world.public.getBlock({ blockTag: 'finalized' })).hash, (await world.data('v1/beacon/headers/finalized')).root];
    await liar.tell({ lie: 'finalised' });
    const { hash } = await block('finalized');
    const { root } = (await beacon('v1/beacon/headers/finalized')).data;
    expect([hash, root]).not.toContain(truth[0]);
    expect([hash, root]).not.toContain(truth[1]);
    expect((await beacon(`v2/beacon/blocks/${root}`)).data.message.body.execution_payload.block_hash).toBe(hash);
    expect((await rpc('eth_getBlockByHash', hash, false)).hash).toBe(hash);
  });

  it('is of another network, optimistic, or generous', async () => {
    const { pubkey } = (await world.data('v1/beacon/states/head/validators?id=3'))[0].validator;
    const address = world.account.address;
    await liar.tell(
      { lie: 'network' },
      { lie: 'optimistic' },
      { lie: 'balance', of: address, amount: '7' },
      { lie: 'balance', of: pubkey, amount: '33' },
    );
    expect(await rpc('eth_chainId')).toBe('0x1');
    expect((await beacon('v1/beacon/genesis')).data.genesis_fork_version).toBe('0x00000000');
    expect((await beacon('v1/node/syncing')).data.is_optimistic).toBe(true);
    expect((await beacon('v1/beacon/headers/head')).execution_optimistic).toBe(true);
    expect(await rpc('eth_getBalance', address, 'latest')).toBe('0x7');
    expect((await beacon('v1/beacon/states/head/validators?id=3')).data[0].balance).toBe('33');
  });

  it('breaks answers of one face, or of one call', async () => {
    const text = async (): Promise<string> => (await fetch(`${liar.beaconUrl}/eth/v1/beacon/genesis`)).text();
    await liar.tell({ lie: 'body', as: 'truncated', face: 'beacon' });
    const cut = await text();
    expect(() => JSON.parse(cut) as unknown).toThrow();
    expect(await rpc('eth_chainId')).toBe('0x7a69');
    await liar.tell({ lie: 'status', code: 503, match: 'genesis' });
    expect((await request(`${liar.beaconUrl}/eth/v1/beacon/genesis`)).status).toBe(503);
    expect((await request(`${liar.beaconUrl}/eth/v1/node/version`)).status).toBe(200);
    await liar.tell({ lie: 'reset', match: 'eth_chainId' });
    await expect(rpc('eth_chainId')).rejects.toThrow();
    await liar.tell({ lie: 'slow', ms: 300 });
    const started = performance.now();
    await rpc('eth_chainId');
    expect(performance.now() - started).toBeGreaterThan(290);
  });

  it('is told by its control face, which refuses what is no lie', async () => {
    const lies = `${liar.controlUrl}/liar/lies`;
    expect((await request(lies, { body: [{ lie: 'body', as: 'html' }] })).status).toBe(200);
    expect((await request(`${liar.controlUrl}/liar/status`)).body.lies).toHaveLength(1);
    for (const body of [{}, [{ lie: 'white' }], [{ lie: 'lag' }], [{ lie: 'lag', blocks: 1, slots: 2 }], [{ lie: 'status', code: 200 }]])
      expect(await request(lies, { body })).toMatchObject({ status: 400, body: { code: 'liar.invalid' } });
    expect((await request(lies, { body: [] })).body).toEqual({ lies: [] });
    expect((await request(liar.beaconUrl, { headers: { origin: 'https://elsewhere.example' } })).status).toBe(403);
  });
});
