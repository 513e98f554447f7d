import { createServer, type AddressInfo } from 'node:net';
import { Fault } from '#kernel';
import { freePort } from '#runtime';
import { checkRedis } from './redis-server.js';
import { hasRedisServer, startRedis } from './queues.spec-support.js';

const refusal = async (url: string): Promise<{ code: string; message: string }> => {
  try {
    return { code: 'fine', message: await checkRedis(url) };
  } catch (error) {
    if (error instanceof Fault) return { code: error.code, message: error.message };
    throw error;
  }
};

it.each(['localhost:6379', 'http://127.0.0.1:6379', 'redis://', '/tmp/redis.sock'])(
  'refuses %s, which is no address of a Redis',
  async (url) => {
    expect((await refusal(url)).code).toBe('queue.url_malformed');
  },
);

it('says so when nobody listens, and never a password', async () => {
  const { code, message } = await refusal(`redis://:geheim@127.0.0.1:${await freePort()}`);
  expect(code).toBe('queue.unreachable');
  expect(message).toMatch(/nobody listens there.*REDIS_URL/);
  expect(message).not.toContain('geheim');
});

it('says so when what listens is too old, or no Redis', async () => {
  const old = createServer((socket) =>
    socket
      .on('error', () => undefined)
      .on('data', (data) => {
        const info = '# Server\r\nredis_version:5.0.14\r\n';
        const commands = data
          .toString()
          .split(/\*\d+\r\n/)
          .slice(1);
        for (const command of commands) socket.write(/info/i.test(command) ? `$${info.length}\r\n${info}\r\n` : '+OK\r\n');
      }),
  );
  await new Promise<void>((resolve) => old.listen(0, '127.0.0.1', () => resolve()));
  const { code, message } = await refusal(`redis://127.0.0.1:${(old.address() as AddressInfo).port}`);
  old.close();
  expect(code).toBe('queue.too_old');
  expect(message).toMatch(/5\.0\.14: 6\.2 or newer/);

  const web = createServer((socket) => socket.on('error', () => undefined).end('HTTP/1.1 400 Bad Request\r\n\r\n'));
  await new Promise<void>((resolve) => web.listen(0, '127.0.0.1', () => resolve()));
  expect((await refusal(`redis://127.0.0.1:${(web.address() as AddressInfo).port}`)).code).toBe('queue.unreachable');
  web.close();
});

const describeServer = hasRedisServer ? describe : describe.skip;
describeServer(`a redis-server${hasRedisServer ? '' : ' (none on the PATH)'}`, () => {
  it('is taken when it is as it should be', async () => {
    const server = await startRedis();
    expect(await refusal(server.url)).toEqual({ code: 'fine', message: expect.stringMatching(/^\d+\.\d+/) as string });
    await server.stop();
  });

  it('is not taken without its password, or with a wrong one', async () => {
    const server = await startRedis('--requirepass', 'right');
    const at = (login: string): string => server.url.replace('redis://', `redis://${login}`);
    for (const login of ['', ':wrong@', 'nobody:wrong@']) {
      const { code, message } = await refusal(at(login));
      expect(code).toBe('queue.refused');
      expect(message).toMatch(/check user and password in REDIS_URL/);
      expect(message).not.toContain('wrong');
    }
    expect((await refusal(at(':right@'))).code).toBe('fine');
    await server.stop();
  });

  it('is not taken when it throws jobs away for want of memory', async () => {
    const server = await startRedis('--maxmemory-policy', 'allkeys-lru');
    expect((await refusal(server.url)).code).toBe('queue.evicts');
    await server.stop();
  });
});
