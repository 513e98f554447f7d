import { request as httpRequest } from 'node:http';
import { request, World } from './spec-support.js';

describe('what the faces refuse', () => {
  let world: World;

  beforeAll(async () => {
    world = await World.start();
  });
  afterAll(() => world.end());

  const call = (method: string, params: unknown = []): unknown => ({ jsonrpc: '2.0', id: 7, method, params });

  describe('JSON-RPC', () => {
    it.each(['anvil_setBalance', 'anvil_dumpState', 'evm_mine', 'eth_sendTransaction', 'debug_traceCall', 'eth_accounts', 'eth_subscribe'])(
      '%s is not there',
      async (method) => {
        expect((await world.rpc(call(method))).body).toMatchObject({ id: 7, error: { code: -32601 } });
      },
    );

    it('blob transactions, parameters that are no list, and what is no request', async () => {
      expect((await world.rpc(call('eth_sendRawTransaction', ['0x03abcd']))).body.error.code).toBe(-32602);
      expect((await world.rpc(call('eth_chainId', { a: 1 }))).body.error.code).toBe(-32602);
      expect((await world.rpc('"text"')).body.error.code).toBe(-32600);
      expect((await world.rpc([])).body.error.code).toBe(-32600);
      expect(await world.rpc('{')).toMatchObject({ status: 400, body: { error: { code: -32700 } } });
      expect((await world.rpc(call('eth_sendRawTransaction', ['0x02abcd']))).body).toHaveProperty('error.message');
    });

    it('a batch answers each in its place', async () => {
      const { body } = await world.rpc([call('eth_chainId'), call('anvil_reset'), call('eth_blockNumber')]);
      expect(body).toEqual([
        { jsonrpc: '2.0', id: 7, result: '0x7a69' },
        { jsonrpc: '2.0', id: 7, error: expect.objectContaining({ code: -32601 }) },
        { jsonrpc: '2.0', id: 7, result: '0x0' },
      ]);
    });

    it('a body beyond two megabytes', async () => {
      expect((await world.rpc(`"${'x'.repeat(2_000_001)}"`)).status).toBe(413);
    });
  });

  describe('Beacon API', () => {
    it.each([
      ['v2/beacon/blocks/nonsense', 400],
      ['v2/beacon/blocks/999', 404],
      [`v2/beacon/blocks/0x${'00'.repeat(32)}`, 404],
      ['v1/beacon/states/constructor/root', 400],
      ['v1/beacon/states/999/validators', 404],
      ['v1/beacon/states/head/validators/9999', 404],
      ['v1/beacon/states/head/validators?id=0xzz', 400],
      ['v1/beacon/rewards/blocks/genesis', 404],
      ['v1/beacon/states/head/committees?epoch=9', 400],
      ['v1/events', 400],
      ['v1/unknown', 404],
    ])('%s is answered with %i', async (path, status) => {
      expect(await world.beacon(path)).toMatchObject({ status, body: { code: status, message: expect.any(String) } });
    });

    it('leaves unknown validators out of a list', async () => {
      const ids = ['0', '9999', `0x${'ab'.repeat(48)}`];
      expect((await world.beacon('v1/beacon/states/head/validators', { ids })).body.data).toHaveLength(1);
      expect((await world.beacon('v1/beacon/states/head/validators', { ids: 'all' })).status).toBe(400);
    });

    it('every active validator once in the committees of an epoch', async () => {
      const { data } = (await world.beacon('v1/beacon/states/head/committees')).body;
      const members = data.flatMap(({ validators }: { validators: string[] }) => validators).map(Number);
      expect(members.sort((a: number, b: number) => a - b)).toEqual(Array.from({ length: 64 }, (_, index) => index));
      const { data: one } = (await world.beacon('v1/beacon/states/head/committees?slot=3&index=0')).body;
      expect(one).toMatchObject([{ slot: '3', index: '0' }]);
    });

    it('an exit that nobody signed', async () => {
      const exit = { message: { epoch: '0', validator_index: '3' }, signature: `0x${'c0'.padEnd(192, '0')}` };
      expect((await world.beacon('v1/beacon/pool/voluntary_exits', exit)).status).toBe(400);
      expect((await world.beacon('v1/beacon/pool/voluntary_exits', { nonsense: 1 })).status).toBe(400);
    });
  });

  describe('control', () => {
    it.each([
      ['advance', { slots: 0 }],
      ['advance', { slots: 1.5 }],
      ['advance', { slots: '3' }],
      ['advance', { slots: 1, epochs: 1 }],
      ['advance', { epochs: 100_000 }],
      ['advance', { blocks: 1 }],
      ['advance', [1]],
      ['reorg', {}],
      ['reorg', { depth: 1, keep: 'yes' }],
      ['pace', { ms: -1 }],
      ['pace', {}],
      ['halt', { halted: 'yes' }],
      ['drop-transaction', { hash: '0x12' }],
      ['slash', { pubkey: '0x12' }],
      ['fund', { address: '0x12', wei: '1' }],
      ['fund', { address: '0x994C27E3ba1D0B082a489059c823Aa69958fE444', wei: '1' }], // a wrong checksum
      ['fund', { address: `0x${'12'.repeat(20)}`, wei: 1 }],
      ['fund', { address: `0x${'12'.repeat(20)}`, wei: '0' }],
      ['fund', { address: `0x${'12'.repeat(20)}`, wei: '-5' }],
      ['fund', { address: `0x${'12'.repeat(20)}`, wei: '1.5' }],
    ])('%s %j is invalid', async (what, body) => {
      expect(await world.control(what, body)).toMatchObject({
        status: 400,
        body: { code: 'localnet.invalid', message: expect.any(String) },
      });
    });

    it('what does not exist, and more than there is', async () => {
      expect(await world.control('slash', { index: 64 })).toMatchObject({ status: 404, body: { code: 'localnet.validator_unknown' } });
      expect(await world.control('offline', {})).toMatchObject({ status: 404, body: { code: 'localnet.validator_unknown' } });
      const rich = { address: `0x${'12'.repeat(20)}`, wei: `1${'0'.repeat(30)}` };
      expect(await world.control('fund', rich)).toMatchObject({ status: 409, body: { code: 'localnet.faucet_empty' } });
      expect(await world.control('explode')).toMatchObject({ status: 404, body: { code: 'localnet.not_found' } });
      expect(await request(`${world.net.controlUrl}/localnet/advance`)).toMatchObject({
        status: 405,
        body: { code: 'localnet.method_not_allowed' },
      });
      expect(await world.control('advance', '{')).toMatchObject({ status: 400, body: { code: 'localnet.malformed_json' } });
      expect((await world.status()).slot).toBe(0);
    });
  });

  it('a browser page of another site, and another host name, on every face', async () => {
    const paths = [`${world.net.executionUrl}/`, `${world.net.beaconUrl}/eth/v1/node/version`, `${world.net.controlUrl}/localnet/status`];
    for (const url of paths) {
      expect((await request(url, { method: 'POST', headers: { origin: 'https://elsewhere.example' } })).status).toBe(403);
      expect((await request(url, { method: 'POST', headers: { 'sec-fetch-site': 'cross-site' } })).status).toBe(403);
      const byOtherName = await new Promise<number | undefined>((resolve, reject) => {
        httpRequest(url, { headers: { host: 'elsewhere.example' } }, (answer) => {
          answer.resume();
          resolve(answer.statusCode);
        })
          .on('error', reject)
          .end();
      });
      expect(byOtherName).toBe(403);
    }
  });
});
