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
    ['a flag that is no flag', 200, '{"execution_optimistic":"no","data":{}}', 'chain.garbage'],
  ])('that answers %s is a fault', async (_name, status, body, code) => {
    handler = (_request, response) => void response.writeHead(status, { location: '/elsewhere' }).end(body);
    await expect(node().get('/eth/v1/x')).rejects.toMatchObject({ name: 'Fault', code, retryable: true });
  });

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
    ['html', 200, '<html>'],
    ['nothing', 200, ''],
    ['its own failure', 502, 'bad gateway'],
  ])('that answers %s has not answered', async (_name, status, body) => {
    handler = says(status, body);
    await expect(node().call('eth_chainId', [])).rejects.toMatchObject({ name: 'Fault', code: 'chain.unreachable', retryable: true });
  });

  it('that keeps silent has not answered', async () => {
    handler = silent;
    await expect(node().call('eth_chainId', [])).rejects.toMatchObject({ code: 'chain.unreachable' });
  });
});
