/** A server in a process of its own: its event loop is not that of who calls it. */
import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';

export interface OpenServer {
  readonly port: number;
  close(): Promise<void>;
}
export type ServerKind = 'batched' | 'singly' | 'bare';

export interface RunningServer {
  readonly port: number;
  readonly pid: number;
  stop(): Promise<void>;
}

/** It goes when it is stopped, and when we are gone. */
export async function startServer(kind: ServerKind, url: string): Promise<RunningServer> {
  const child = fork(new URL('./server-main.js', import.meta.url), [kind, url], {
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    execArgv: [],
    detached: true, // a Ctrl-C is ours to handle
  });
  const port = await portOf(child, kind);
  return {
    port,
    pid: child.pid ?? 0,
    stop: async () => {
      if (child.exitCode !== null) return;
      const gone = once(child, 'exit');
      child.disconnect();
      await gone;
    },
  };
}

function portOf(child: ChildProcess, kind: ServerKind): Promise<number> {
  return new Promise((resolve, reject) => {
    child.once('message', (port) => resolve(Number(port)));
    child.once('error', reject);
    child.once('exit', (code) => reject(new Error(`the ${kind} server left with ${code ?? 'a signal'} before it was open`)));
  });
}
