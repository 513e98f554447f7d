/** anvil as a child process: started on a free loopback port, spoken to by JSON-RPC, ended with us whatever happens to us. */
import { spawn } from 'node:child_process';
import type { ChildProcessWithoutNullStreams } from 'node:child_process';
import { rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import type { Hex } from './hex.js';

const START_TIMEOUT_MS = 30_000;

export type RpcCall = readonly [method: string, ...params: unknown[]];

interface RpcAnswer {
  readonly id: number;
  readonly result?: unknown;
  readonly error?: { readonly code: number; readonly message: string };
}

export interface AnvilOptions {
  /** A folder of its own for anvil's scratch files. */
  readonly dir: string;
  readonly chainId: number;
  readonly genesisTime: number;
  /**
   * States kept in memory, for rollback and for balances at older blocks. Each holds the hashes of all blocks before it, so memory grows by
   * about 80 bytes a block for each: 640 MB with 256 of them at 20,000 blocks, 220 MB with 64.
   */
  readonly statesKept: number;
  /** What an earlier anvil's `dump()` gave; absent: an empty chain. */
  readonly dump?: Buffer;
}

function binary(): string {
  const platform = process.platform === 'darwin' ? 'darwin' : 'linux';
  const machine = process.arch === 'arm64' ? 'arm64' : 'amd64';
  const manifest = createRequire(import.meta.url).resolve(`@foundry-rs/anvil-${platform}-${machine}/package.json`);
  return join(dirname(manifest), 'bin', 'anvil');
}

/**
 * The shell watches our end of a pipe: when we are gone, even by kill -9, the pipe closes and anvil is ended. It then lets go of its own
 * output, so that the end of anvil's output is the end of anvil.
 */
const WATCHED = 'exec 3<&0; "$0" "$@" </dev/null & anvil=$!; exec >/dev/null 2>&1; cat <&3; kill $anvil; wait $anvil';

function launch(options: AnvilOptions, stateFile: string | null): ChildProcessWithoutNullStreams {
  const args = [
    '--no-mining',
    '--hardfork',
    'prague',
    '--host',
    '127.0.0.1',
    '--port',
    '0',
    '--no-cors',
    '--accounts',
    '1',
    '--balance',
    '0',
  ];
  args.push('--chain-id', String(options.chainId), '--timestamp', String(options.genesisTime));
  args.push('--prune-history', String(options.statesKept), '--cache-path', join(options.dir, 'anvil-cache'));
  if (stateFile !== null) args.push('--load-state', stateFile);
  // A process group of its own: Ctrl-C in a terminal must reach us alone, we end anvil when we are done with it.
  return spawn('sh', ['-c', WATCHED, binary(), ...args], { stdio: ['pipe', 'pipe', 'pipe'], detached: true });
}

function listening(child: ChildProcessWithoutNullStreams): Promise<string> {
  return new Promise((resolve, reject) => {
    let output = '';
    const settle = (finish: () => void): void => {
      clearTimeout(timer);
      child.stdout.removeAllListeners('data').resume(); // it logs every call: unread, the pipe would fill and stop it
      child.stderr.removeAllListeners('data').resume();
      child.stdout.off('end', ended);
      finish();
    };
    const fail = (why: string) => (): void => {
      settle(() => {
        child.stdin.end();
        reject(new Error(`anvil ${why}: ${output.slice(-2000)}`));
      });
    };
    const ended = fail('ended at once');
    const timer = setTimeout(fail('did not listen in time'), START_TIMEOUT_MS);
    const read = (part: Buffer): void => {
      output += part.toString();
      const match = /Listening on (127\.0\.0\.1:\d+)/.exec(output);
      if (match) {
        settle(() => {
          resolve(`http://${match[1] ?? ''}`);
        });
      }
    };
    child.stdout.on('data', read).once('end', ended);
    child.stderr.on('data', read);
    child.once('error', fail('could not be started'));
  });
}

export class Anvil {
  #nextId = 0;
  #stopping = false;
  readonly #url: string;
  readonly #child: ChildProcessWithoutNullStreams;

  private constructor(
    child: ChildProcessWithoutNullStreams,
    url: string,
    readonly statesKept: number,
  ) {
    this.#child = child;
    this.#url = url;
  }

  static async start(options: AnvilOptions): Promise<Anvil> {
    const stateFile = options.dump ? join(options.dir, 'anvil-load.json') : null;
    // --load-state reads plain JSON where anvil_dumpState writes gzip.
    if (stateFile !== null && options.dump) writeFileSync(stateFile, gunzipSync(options.dump));
    try {
      const child = launch(options, stateFile);
      return new Anvil(child, await listening(child), options.statesKept);
    } finally {
      if (stateFile !== null) rmSync(stateFile, { force: true });
    }
  }

  /** The id of the process group in which anvil and its watcher live. */
  get processGroup(): number {
    return this.#child.pid ?? 0;
  }

  /** Calls `listener` once, should anvil end without having been stopped. */
  onLost(listener: () => void): void {
    this.#child.stdout.once('end', () => {
      if (!this.#stopping) listener();
    });
  }

  /** Sends a body as it is and gives anvil's answer as it is. */
  async forward(body: unknown): Promise<unknown> {
    const response = await fetch(this.#url, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    return response.json();
  }

  /** Several calls in one request; the first that fails throws. */
  async batch(calls: readonly RpcCall[]): Promise<unknown[]> {
    if (calls.length === 0) return [];
    const body = calls.map(([method, ...params]) => ({ jsonrpc: '2.0', id: ++this.#nextId, method, params }));
    const answers = (await this.forward(body)) as RpcAnswer[];
    const byId = new Map(answers.map((answer) => [answer.id, answer]));
    return body.map(({ id, method }) => {
      const answer = byId.get(id);
      if (!answer || answer.error) throw new Error(`anvil refused ${method}: ${answer?.error?.message ?? 'no answer'}`);
      return answer.result;
    });
  }

  async call<T>(method: string, ...params: unknown[]): Promise<T> {
    const [result] = await this.batch([[method, ...params]]);
    return result as T;
  }

  /** The whole chain and its present state, compressed. */
  async dump(): Promise<Buffer> {
    return Buffer.from((await this.call<Hex>('anvil_dumpState')).slice(2), 'hex');
  }

  async stop(): Promise<void> {
    this.#stopping = true;
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const ended = new Promise<void>((resolve) => {
      this.#child.once('exit', () => {
        resolve();
      });
    });
    this.#child.stdin.end();
    await ended;
  }
}
