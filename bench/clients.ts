/** Bare `pg` connections side by side: as little between the measurement and the database as there can be. */
import pg from 'pg';
import type { Contender } from './row.js';

export interface Clients {
  readonly all: readonly pg.Client[];
  close(): Promise<void>;
}

export async function connect(url: string, count: number): Promise<Clients> {
  const all = Array.from({ length: count }, () => new pg.Client({ connectionString: url }));
  await Promise.all(all.map((client) => client.connect()));
  return {
    all,
    close: async () => {
      await Promise.all(all.map((client) => client.end()));
    },
  };
}

/** Every worker works on its own until the deadline; `work` says how many units it finished. */
export const sideBySide =
  <W>(workers: readonly W[], work: (worker: W) => Promise<number>): Contender =>
  async (deadlineMs) => {
    const finished = await Promise.all(
      workers.map(async (worker) => {
        let units = 0;
        while (performance.now() < deadlineMs) units += await work(worker);
        return units;
      }),
    );
    return finished.reduce((sum, units) => sum + units, 0);
  };

/** A small repeatable source of numbers below n (xorshift32): which accounts meet must not differ from run to run. */
export function numbers(seed: number): (below: number) => number {
  let state = seed | 1;
  return (below) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % below;
  };
}
