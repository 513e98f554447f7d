import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Home } from '#runtime';
import { connectTour, type TourContext } from '../../apps/exchange/tour/context.js';
import type { Client } from '../../apps/exchange/tour/people.js';

/** The project's folder, from the sources as well as from dist. */
const root =
  [2, 3].map((up) => join(import.meta.dirname, ...Array<string>(up).fill('..'))).find((dir) => existsSync(join(dir, 'package.json'))) ??
  '.';
/** `E2E_APART=2 npm test -- test/e2e`: the same stories with every room in so many processes of its own. */
const apart = process.env['E2E_APART'] ? [`--apart=${process.env['E2E_APART']}`] : [];
const START_WITHIN_MS = 180_000;

/** The whole exchange as `npm start -- --no-tour` runs it, on a home of its own: every room over HTTP, signer and chain in their own processes. */
export interface SpawnedExchange extends TourContext {
  readonly home: string;
  readonly demo: Client;
  output(): string;
  /** Ctrl-C; answers the exit code. */
  stop(): Promise<number | null>;
  /** kill -9 */
  kill(): Promise<void>;
}

export const newHome = (): string => mkdtempSync(join(tmpdir(), 'bailee-e2e-'));
/** The database may live outside the home: that goes too. */
export function removeHome(home: string): void {
  new Home(home).erase();
  rmSync(home, { recursive: true, force: true });
}

/** `env`: beside what this process inherits; it is told of no database and no queue otherwise. */
export async function spawnExchange(home: string, args: readonly string[] = [], env: NodeJS.ProcessEnv = {}): Promise<SpawnedExchange> {
  const child = run(
    'apps/exchange/main',
    ['--no-tour', ...(args.some((arg) => arg.startsWith('--apart')) ? [] : apart), ...args],
    home,
    env,
  );
  let output = '';
  const keep = (chunk: Buffer): void => void (output += chunk.toString());
  child.stdout?.on('data', keep);
  child.stderr?.on('data', keep);
  const exited = new Promise<number | null>((resolve) => child.once('exit', (code) => resolve(code)));
  await new Promise<void>((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`no start in time:\n${output}`)), START_WITHIN_MS);
    child.stdout?.on('data', () => {
      if (!/^Started in /m.test(output)) return;
      clearTimeout(timer);
      resolve();
    });
    void exited.then((code) => {
      clearTimeout(timer);
      reject(new Error(`the exchange ended with ${code}:\n${output}`));
    });
  });
  const context = connectTour(new Home(home));
  const { id, apiKey } = JSON.parse(readFileSync(join(home, 'secrets/demo-client.json'), 'utf8')) as { id: string; apiKey: string };
  return {
    ...context,
    home,
    demo: { id, apiKey, api: context.api.as(apiKey) },
    output: () => output,
    stop: () => (child.kill('SIGINT'), exited),
    kill: async () => {
      child.kill('SIGKILL');
      await exited;
    },
  };
}

/** Runs one of our commands to its end; answers exit code and what it wrote. */
export function runToEnd(module: string, args: string[], home: string): Promise<{ code: number | null; stdout: string }> {
  const child = run(module, args, home);
  let stdout = '';
  child.stdout?.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
  child.stderr?.resume();
  return new Promise((resolve) => child.once('close', (code) => resolve({ code, stdout })));
}

function run(module: string, args: string[], home: string, more: NodeJS.ProcessEnv = {}): ChildProcess {
  const ours = new Set(['DATABASE_URL', 'REDIS_URL', 'TEST_DATABASE_URL', 'NODE_OPTIONS', 'npm_lifecycle_event', 'E2E_APART']);
  const inherited = Object.fromEntries(Object.entries(process.env).filter(([name]) => !ours.has(name)));
  const env = { ...inherited, ...more, BAILEE_HOME: home, PORT: '0' };
  return spawn(process.execPath, [join(root, 'dist', `${module}.js`), ...args], { cwd: root, env, stdio: ['ignore', 'pipe', 'pipe'] });
}
