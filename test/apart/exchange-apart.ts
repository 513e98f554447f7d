import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { findNginx } from '../../apps/exchange/apart/proxy.js';
import type { InstanceState } from '../../apps/exchange/apart/instance.js';
import { spawnExchange, type SpawnedExchange } from '../e2e/exchange.spec-support.js';

/** The exchange with every room in two processes of its own behind the proxy. */
export interface ApartExchange extends SpawnedExchange {
  instances(): InstanceState[];
  /** Sends a signal to one process and waits until another has taken its place. Milliseconds that took. */
  replace(which: Pick<InstanceState, 'room' | 'number'>, signal: 'SIGKILL' | 'SIGTERM'): Promise<number>;
}

/** Null where rooms can run apart; otherwise the sentence that says why not. */
export const cannotRunApart = (): string | null => (findNginx() === null ? 'no nginx on the PATH' : null);

const BACK_WITHIN_MS = 90_000;

export async function spawnApart(home: string, env: NodeJS.ProcessEnv = {}): Promise<ApartExchange> {
  const exchange = await spawnExchange(home, ['--apart'], { RATE_LIMIT_PER_MINUTE: '0', ...env });
  const instances = (): InstanceState[] => JSON.parse(readFileSync(join(home, 'instances.json'), 'utf8')) as InstanceState[];
  const find = ({ room, number }: Pick<InstanceState, 'room' | 'number'>): InstanceState => {
    const found = instances().find((i) => i.room === room && i.number === number);
    if (!found) throw new Error(`no instance ${room} ${number}`);
    return found;
  };
  return {
    ...exchange,
    instances,
    replace: async (which, signal) => {
      const began = performance.now();
      const { pid } = find(which);
      if (pid === null) throw new Error(`${which.room} ${which.number} is not running`);
      process.kill(pid, signal);
      for (;;) {
        const now = find(which);
        if (now.pid !== null && now.pid !== pid) return performance.now() - began;
        if (performance.now() - began > BACK_WITHIN_MS) throw new Error(`${which.room} ${which.number} did not come back`);
        await pause(50);
      }
    },
  };
}
