import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { Fault } from '#kernel';
import type { RoomName } from '#messages';
import { environment, type Environment } from '#runtime';

export interface RoomProcess {
  readonly pid: number;
  readonly port: number;
  readonly exited: Promise<number | null>;
  /** Lets it finish what is in hand. */
  stop(): Promise<void>;
}

const ANSWERS_WITHIN_MS = 120_000;
const STOPS_WITHIN_MS = 30_000;

/**
 * A room as a process of its own on loopback, answering when this resolves. It leaves by itself when we are gone, and is in a process group of
 * its own, so that a Ctrl-C meant for us does not end it before we have let go of it. Fault `room.no_start` with what it said.
 */
export async function startRoomProcess(room: RoomName, env: Environment, port: number): Promise<RoomProcess> {
  const program = join(import.meta.dirname, '..', room, 'main.js');
  const child = spawn(process.execPath, ['--enable-source-maps', program, '--with-parent'], {
    stdio: ['pipe', 'pipe', 'pipe'],
    detached: true,
    env: { PATH: environment()['PATH'], ...defined(env), PORT: String(port), HOST: '127.0.0.1' },
  });
  let output = '';
  const keep = (chunk: Buffer): void => {
    output = (output + chunk.toString()).slice(-4000);
  };
  child.stdout.on('data', keep);
  child.stderr.on('data', keep);
  child.stdin.on('error', () => undefined);
  const exited = new Promise<number | null>((resolve) => child.once('exit', resolve).once('error', () => resolve(null)));
  let gone = false;
  void exited.then(() => (gone = true));
  for (let waited = 0; !(await isLive(room, port)); waited += 50) {
    if (gone || waited > ANSWERS_WITHIN_MS) {
      child.kill('SIGKILL');
      throw new Fault('room.no_start', `${room} did not start: ${output.trim() || 'it said nothing'}`, false);
    }
    await pause(50);
  }
  const stop = async (): Promise<void> => {
    child.stdin.end();
    if (!(await Promise.race([exited.then(() => true), pause(STOPS_WITHIN_MS, false, { ref: false })]))) child.kill('SIGKILL');
    await exited;
  };
  return { pid: child.pid ?? 0, port, exited, stop };
}

const defined = (env: Environment): Record<string, string> =>
  Object.fromEntries(Object.entries(env).filter((entry): entry is [string, string] => entry[1] !== undefined));

/** Another process may have taken the port meanwhile: it would answer for somebody else. */
async function isLive(room: RoomName, port: number): Promise<boolean> {
  try {
    const answer = await fetch(`http://127.0.0.1:${port}/health/live`, { signal: AbortSignal.timeout(1_000) });
    return answer.ok && ((await answer.json()) as { room?: string }).room === room;
  } catch {
    return false;
  }
}
