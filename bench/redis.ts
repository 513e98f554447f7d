import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { freePort, spawnWithLifeline } from '#runtime';

/** Whether this machine has a Redis to measure with; its rows are left out otherwise. */
export const hasRedis = (): boolean => spawnSync('redis-server', ['--version']).status === 0;

/** A Redis that is thrown away: no disk, loopback only. */
export async function startRedis(): Promise<{ url: string; admin: Redis; stop: () => Promise<void> }> {
  const dir = mkdtempSync(join(tmpdir(), 'bailee-bench-redis-'));
  const port = await freePort();
  const settings = ['--bind', '127.0.0.1', '--port', String(port), '--save', '', '--appendonly', 'no', '--dir', dir];
  const child = spawnWithLifeline('redis-server', settings, 'TERM', {});
  child.stdout?.resume();
  child.stderr?.resume();
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const url = `redis://127.0.0.1:${port}`;
  const admin = new Redis(url, { maxRetriesPerRequest: null, retryStrategy: () => 20 });
  admin.on('error', () => undefined);
  await admin.ping();
  return {
    url,
    admin,
    stop: async () => {
      admin.disconnect();
      child.stdin?.end();
      await exited;
      rmSync(dir, { recursive: true, force: true });
    },
  };
}
