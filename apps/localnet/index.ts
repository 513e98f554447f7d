/** Starting a local network from scripts and tests: a child process, because its presets and its memory are no business of theirs. */
import { fork } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { LocalnetOptions, Ready } from './options.js';

export type { LocalnetOptions, Ready } from './options.js';
export { startLiar, type Liar, type LiarOptions, type Lie } from './liar/index.js';
export { realness } from './realness.js';

const START_TIMEOUT_MS = 60_000;

/** Ports are any free ones, and the pace is 0, unless said otherwise. */
export type StartOptions = Pick<LocalnetOptions, 'dir'> & Partial<LocalnetOptions>;

export interface StartedLocalnet extends Ready {
  readonly processId: number;
  /** Resolves when the process has ended, however. */
  readonly ended: Promise<void>;
  /** Ends it in order. */
  stop(): Promise<void>;
  /** Ends it as a power cut would (SIGKILL). What was not final is lost. */
  kill(): Promise<void>;
}

/** The compiled entry point, from the sources as well as from dist. */
function entryPoint(): string {
  for (let dir = dirname(fileURLToPath(import.meta.url)); dir !== dirname(dir); dir = dirname(dir)) {
    if (!existsSync(join(dir, 'package.json'))) continue;
    const main = join(dir, 'dist', 'apps', 'localnet', 'main.js');
    if (existsSync(main)) return main;
    throw new Error(`${main} is missing: run npm run build first`);
  }
  throw new Error('no package.json above this module');
}

function waitForReady(child: ChildProcess): Promise<Ready> {
  return new Promise((resolve, reject) => {
    let output = '';
    const timer = setTimeout(() => {
      reject(new Error('the local network did not start in time'));
    }, START_TIMEOUT_MS);
    const ended = (code: number | null): void => {
      clearTimeout(timer);
      reject(new Error(`the local network ended at start (${code ?? 'killed'}): ${output}`));
    };
    child.once('exit', ended).once('error', reject);
    child.stdout?.on('data', (part: Buffer) => {
      output += part.toString();
      const line = output.split('\n').find((candidate) => candidate.startsWith('{"ready":true'));
      if (line === undefined || !output.includes('\n')) return;
      clearTimeout(timer);
      child.off('exit', ended);
      child.stdout?.removeAllListeners('data').resume();
      resolve(JSON.parse(line) as Ready);
    });
  });
}

/**
 * Starts a local network and waits until it is up. It ends in order when this process ends, even by a kill. Throws when it does not start:
 * not built, a port taken, another one in the same folder.
 */
export async function startLocalnet(options: StartOptions): Promise<StartedLocalnet> {
  const {
    dir,
    executionPort = 0,
    beaconPort = 0,
    controlPort = 0,
    paceMs = 0,
    validators,
    validatorEther,
    secondsPerSlot,
    statesKept,
    lockWaitMs,
  } = options;
  const args = ['--dir', dir, '--execution-port', `${executionPort}`, '--beacon-port', `${beaconPort}`, '--control-port', `${controlPort}`];
  args.push('--pace-ms', `${paceMs}`, ...(validators === undefined ? [] : ['--validators', `${validators}`]));
  if (validatorEther !== undefined) args.push('--validator-ether', `${validatorEther}`);
  if (secondsPerSlot !== undefined) args.push('--seconds-per-slot', `${secondsPerSlot}`);
  if (statesKept !== undefined) args.push('--states-kept', `${statesKept}`);
  if (lockWaitMs !== undefined) args.push('--lock-wait-ms', `${lockWaitMs}`);
  // In a process group of its own, so that Ctrl-C reaches the caller first, who stops it when nothing needs it any more.
  const child = fork(entryPoint(), args, { stdio: ['ignore', 'pipe', 'inherit', 'ipc'], execArgv: [], detached: true });
  const ended = new Promise<void>((resolve) => {
    child.once('exit', () => {
      resolve();
    });
  });
  const signal = async (name: 'SIGTERM' | 'SIGKILL'): Promise<void> => {
    child.kill(name);
    await ended;
  };
  try {
    const ready = await waitForReady(child);
    return { ...ready, processId: child.pid ?? 0, ended, stop: () => signal('SIGTERM'), kill: () => signal('SIGKILL') };
  } catch (error) {
    child.kill('SIGKILL');
    throw error;
  }
}
