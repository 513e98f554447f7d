import { mkdtempSync, rmSync } from 'node:fs';
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { freePort, privateFolder, startPostgres, type RunningPostgres } from '#runtime';

/** A server of ours that may crash and come back on the same port. */
export interface FragileServer {
  readonly url: string;
  crash(): Promise<void>;
  comeBack(): Promise<void>;
  stop(): Promise<void>;
}

/** `folder`: where its data lives; a new one below the system's temporary folder unless said. */
export async function fragilePostgres(folder?: string): Promise<FragileServer & { isUp(): Promise<boolean> }> {
  const dir = privateFolder(folder ?? mkdtempSync(join(tmpdir(), 'bailee-apart-pg-')));
  const port = await freePort();
  let server: RunningPostgres = await startPostgres({ dir, port });
  return {
    url: server.url,
    isUp: () => accepts(port),
    crash: () => server.crash(),
    comeBack: async () => void (server = await startPostgres({ dir, port })),
    stop: async () => {
      await server.stop();
      rmSync(dir, { recursive: true, force: true });
    },
  };
}

export const hasRedis = (): boolean => spawnSync('redis-server', ['--version']).status === 0;

/** Keeps nothing: what was queued is gone with it, which the house is made for. */
export async function fragileRedis(): Promise<FragileServer> {
  const port = await freePort();
  const start = async (): Promise<ChildProcess> => {
    const settings = ['--bind', '127.0.0.1', '--port', String(port), '--save', '', '--appendonly', 'no', '--dir', tmpdir()];
    const child = spawn('redis-server', settings, { stdio: 'ignore' });
    for (let waited = 0; !(await accepts(port)); waited += 20) {
      if (waited > 10_000) throw new Error('redis-server did not start');
      await pause(20);
    }
    return child;
  };
  let server = await start();
  const crash = async (): Promise<void> => {
    const gone = new Promise((resolve) => server.once('exit', resolve));
    server.kill('SIGKILL');
    await gone;
  };
  return { url: `redis://127.0.0.1:${port}`, crash, comeBack: async () => void (server = await start()), stop: crash };
}

const accepts = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => (socket.destroy(), resolve(true)));
    socket.once('error', () => resolve(false));
  });
