import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { Fault } from '#kernel';
import { environment, freePort, spawnWithLifeline, type Environment } from '#runtime';

export interface SignerProcess {
  readonly exited: Promise<number | null>;
  stop(): Promise<void>;
}

const READY_WITHIN_MS = 30_000;

/** The signer is a process of its own always: what can sign shares no memory with what talks to the world. */
export async function startSigner(env: Environment): Promise<SignerProcess> {
  const port = await freePort();
  const program = join(import.meta.dirname, '..', 'signer', 'main.js');
  const child = spawnWithLifeline(process.execPath, ['--enable-source-maps', program], 'TERM', {
    env: { PATH: environment()['PATH'], ...defined(env), PORT: String(port), HOST: '127.0.0.1' },
  });
  let output = '';
  const keep = (chunk: Buffer): void => {
    output = (output + chunk.toString()).slice(-4000);
  };
  child.stdout?.on('data', keep);
  child.stderr?.on('data', keep);
  const exited = new Promise<number | null>((resolve) => child.once('exit', (code) => resolve(code)));
  let gone = false;
  void exited.then(() => (gone = true));
  for (let waited = 0; !(await isReady(port)); waited += 50) {
    if (gone || waited > READY_WITHIN_MS) throw new Fault('signer.no_start', `the signer did not start: ${output}`, false);
    await pause(50);
  }
  return {
    exited,
    stop: async () => {
      child.stdin?.end();
      await Promise.race([exited, pause(10_000, undefined, { ref: false })]);
      child.stdin?.destroy();
    },
  };
}

const defined = (env: Environment): Record<string, string> =>
  Object.fromEntries(Object.entries(env).filter((entry): entry is [string, string] => entry[1] !== undefined));

async function isReady(port: number): Promise<boolean> {
  try {
    return (await fetch(`http://127.0.0.1:${port}/health/ready`, { signal: AbortSignal.timeout(1_000) })).ok;
  } catch {
    return false;
  }
}
