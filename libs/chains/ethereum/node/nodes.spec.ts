import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { connectBeacon } from './beacon-node.js';
import { connectExecution } from './execution-node.js';

type Handler = (request: IncomingMessage, response: ServerResponse) => void;
let server: Server;
let handler: Handler;
let url: string;

beforeAll(async () => {
  server = createServer((request, response) => handler(request, response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
});
afterAll(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

const says =
  (status: number, body: string): Handler =>
  (_request, response) =>
    void response.writeHead(status, { 'content-type': 'application/json' }).end(body);
const limits = { timeoutMs: 200, maxBytes: 10_000 };
const silent: Handler = () => undefined;

describe('a beacon node', () => {
  const node = () => connectBeacon(url, limits);

  it('answers what it has', async () => {
    handler = says(200, '{"data":{"epoch":"12"}}');
    expect((await node().get('/eth/v1/x')).field('data').field('epoch').decimal()).toBe(12n);
  });

  it('has nothing under 404', async () => {
    handler = says(404, '{"code":404,"message":"no"}');
    expect(await node().find('/eth/v1/x')).toBeNull();
    await expect(node().get('/eth/v1/x')).rejects.toMatchObject({ code: 'chain.garbage' });
  });

  it.each([
    ['html', 200, '<html>', 'chain.garbage'],
    ['a list where an object belongs', 200, '[]', 'chain.garbage'],
    ['a redirect', 302, '', 'chain.unreachable'],
    ['a refusal', 400, '{}', 'chain.garbage'],
    ['its own failure', 500, '{}', 'chain.unreachable'],
    ['too many requests', 429, '{}', 'chain.unreachable'],
    ['that it is syncing', 503, '{}', 'chain.syncing'],
    ['what it has not verified', 200, '{"execution_optimistic":true,"data":{}}', 'chain.syncing'],
    ['more than is read', 200, `{"data":"${'0'.repeat(20_000)}"}`, 'chain.unreachable'],
    ['half of it', 200, '{"data":{', 'chain.garbage'],
    ['a flag that is no flag', 200, '{"execution_optimistic":"no","data":{}}', 'chain.garbage'],
  ])('that answers %s is a fault', async (_name, status, body, code) => {
    handler = (_request, response) => void response.writeHead(status, { location: '/elsewhere' }).end(body);
    await expect(node().get('/eth/v1/x')).rejects.toMatchObject({ name: 'Fault', code, retryable: true });
  });

  it.each(['states/1/validators', 'headers/head', 'blocks/0x12'])(
    'that does not say whether %s is final and verified is a fault',
    async (of) => {
      handler = says(200, '{"data":{}}');
      await expect(node().get(`/eth/v1/beacon/${of}`)).rejects.toMatchObject({ code: 'chain.garbage' });
      handler = says(200, '{"finalized":true,"execution_optimistic":true,"data":{}}');
      await expect(node().get(`/eth/v1/beacon/${of}`)).rejects.toMatchObject({ code: 'chain.syncing' });
      handler = says(200, '{"finalized":true,"execution_optimistic":false,"data":{}}');
      await expect(node().get(`/eth/v1/beacon/${of}`)).resolves.toBeDefined();
    },
  );

  it('that does not answer is unreachable', async () => {
    handler = silent;
    await expect(node().get('/eth/v1/x')).rejects.toMatchObject({ code: 'chain.unreachable' });
    await expect(connectBeacon('http://127.0.0.1:9', limits).get('/')).rejects.toMatchObject({ code: 'chain.unreachable' });
  });
});

describe('an execution node', () => {
  const node = () => connectExecution(url, limits);

  it('answers what it has', async () => {
    handler = says(200, '{"jsonrpc":"2.0","id":1,"result":"0x10"}');
    expect((await node().call('eth_chainId', [])).quantity()).toBe(16n);
  });

  it('refuses in its own words', async () => {
    handler = says(200, '{"jsonrpc":"2.0","id":1,"error":{"code":-32000,"message":"nonce too low"}}');
    await expect(node().call('eth_sendRawTransaction', ['0x'])).rejects.toMatchObject({
      name: 'Fault',
      code: 'chain.refused',
      rpcCode: -32_000,
      words: 'nonce too low',
    });
  });

  it.each([
    ['html', 200, '<html>', 'chain.garbage'],
    ['nothing', 200, '', 'chain.garbage'],
    ['half of it', 200, '{"jsonrpc":"2.0","id":1,"res', 'chain.garbage'],
    ['another question', 200, '{"jsonrpc":"2.0","id":7,"result":"0x1"}', 'chain.garbage'],
    ['no question', 200, '{"jsonrpc":"2.0","result":"0x1"}', 'chain.garbage'],
    ['no result', 200, '{"jsonrpc":"2.0","id":1}', 'chain.garbage'],
    ['another protocol', 200, '{"jsonrpc":"1.0","id":1,"result":"0x1"}', 'chain.garbage'],
    ['an error without words', 200, '{"jsonrpc":"2.0","id":1,"error":{"code":-32000}}', 'chain.garbage'],
    ['a list', 200, '[]', 'chain.garbage'],
    ['a redirect', 302, '', 'chain.unreachable'],
    ['more than is read', 200, `{"jsonrpc":"2.0","id":1,"result":"${'0'.repeat(20_000)}"}`, 'chain.unreachable'],
    ['its own failure', 502, 'bad gateway', 'chain.unreachable'],
    ['too many requests', 429, '', 'chain.unreachable'],
  ])('that answers %s is a fault', async (_name, status, body, code) => {
    handler = (_request, response) => void response.writeHead(status, { location: '/elsewhere' }).end(body);
    await expect(node().call('eth_chainId', [])).rejects.toMatchObject({ name: 'Fault', code, retryable: true });
  });

  it('that breaks off is unreachable', async () => {
    handler = (_request, response) => {
      response.writeHead(200, { 'content-length': '1000' }).write('{"jsonrpc"');
      setImmediate(() => response.destroy());
    };
    await expect(node().call('eth_chainId', [])).rejects.toMatchObject({ code: 'chain.unreachable' });
  });

  it('is asked again when it did not answer', async () => {
    let asked = 0;
    handler = (_request, response) => {
      if (++asked < 3) response.writeHead(503).end();
      else response.writeHead(200).end(`{"jsonrpc":"2.0","id":${asked},"result":"0x10"}`);
    };
    expect((await node().call('eth_chainId', [])).quantity()).toBe(16n);
  });

  it('that keeps silent has not answered', async () => {
    handler = silent;
    await expect(node().call('eth_chainId', [])).rejects.toMatchObject({ code: 'chain.unreachable' });
  });
});
