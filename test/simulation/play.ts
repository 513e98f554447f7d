import { Laws } from './laws.js';
import { Random } from './random.js';
import { Story } from './story.js';
import type { PoolRow } from './table.js';
import { World } from './world.js';

export interface Told {
  readonly days: number;
  readonly clients: number;
  readonly seed: number;
  /** What the rooms log: silent, warn, info. */
  readonly log: string;
}

/** Throws LawBroken on the first day on which something does not hold. */
export async function play(told: Told, write: (line: string) => void): Promise<{ pools: PoolRow[]; facts: object }> {
  const { seed, days, clients } = told;
  const random = new Random(seed);
  const began = performance.now();
  const seconds = (): string => `${((performance.now() - began) / 1_000).toFixed(0)} s`.padStart(6);
  const world = await World.start(random, { LOG_LEVEL: told.log });
  try {
    const story = new Story(world, random, { days, clients });
    const laws = new Laws(world);
    await story.begin();
    for (let day = 0; day < days; day++) {
      await story.day(day);
      await laws.check(day);
      if ((day + 1) % Math.max(1, Math.round(days / 40)) === 0 || day + 1 === days)
        write(`${seconds()}  day ${String(day + 1).padStart(3)} of ${days}: ${await laws.inWords()}`);
    }
    return {
      pools: await laws.pools(),
      facts: { happened: story.happened, checks: laws.checks, seconds: Math.round((performance.now() - began) / 1_000) },
    };
  } finally {
    await world.close();
  }
}
