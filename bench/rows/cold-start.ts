import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { environment, freePort, Home, startPostgres } from '#runtime';
import type { BenchRow } from '../row.js';

const dist = join(import.meta.dirname, '../..');
const PATIENCE_MS = 120_000;

/** Starts made and thrown away until the deadline; the last one is finished. */
const starts =
  (once: () => Promise<number>) =>
  async (deadlineMs: number): Promise<{ units: number; latenciesMs: number[] }> => {
    const latenciesMs: number[] = [];
    do latenciesMs.push(await once());
    while (performance.now() < deadlineMs);
    return { units: latenciesMs.length, latenciesMs };
  };

/** From nothing to every room ready: cluster, migrations, local chain, keys, rooms. Measured until /health/ready answers 200. */
async function exchange(): Promise<number> {
  const dir = mkdtempSync(join(tmpdir(), 'bailee-cold-'));
  const port = await freePort();
  const began = performance.now();
  const { DATABASE_URL, REDIS_URL, npm_lifecycle_event, ...inherited } = environment();
  void [DATABASE_URL, REDIS_URL, npm_lifecycle_event];
  const child = spawn(process.execPath, [join(dist, 'apps/exchange/main.js'), '--no-tour'], {
    env: { ...inherited, BAILEE_HOME: dir, PORT: String(port) },
    stdio: 'ignore',
  });
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  try {
    while (!(await isReady(port))) {
      if (child.exitCode !== null || performance.now() - began > PATIENCE_MS) throw new Error('the exchange did not become ready');
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    return performance.now() - began;
  } finally {
    child.kill('SIGINT');
    await ended;
    new Home(dir).erase();
    rmSync(dir, { recursive: true, force: true });
  }
}

async function isReady(port: number): Promise<boolean> {
  try {
    return (await fetch(`http://127.0.0.1:${port}/health/ready`, { signal: AbortSignal.timeout(2_000) })).ok;
  } catch {
    return false;
  }
}

/** initdb and a start, durable as ours. */
async function bare(): Promise<number> {
  const dir = mkdtempSync(join(tmpdir(), 'bailee-bare-'));
  const began = performance.now();
  const server = await startPostgres({ dir, durable: true });
  const took = performance.now() - began;
  await server.stop();
  rmSync(dir, { recursive: true, force: true });
  return took;
}

/** Time to a healthy exchange against that of a bare database: no more than three times as long, so a ratio of starts of a third. */
export const coldStart: BenchRow = {
  name: 'cold start to healthy / bare initdb and start',
  unit: 'starts',
  target: 0.33,
  gate: 'latency',
  prepare: () => Promise.resolve({ ours: starts(exchange), floor: starts(bare), done: () => Promise.resolve() }),
};
