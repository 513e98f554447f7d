/** POST stake from 1 to 256 callers: more callers share a transaction, until the server's one process is full. */
import { stakeLoad } from '../rows/stake.js';
import type { OpenBench } from '../database.js';
import { pointAt, type Curve, type Point } from './curve.js';

export async function growthOfCallers(
  bench: OpenBench,
  sizes: readonly number[],
  seconds: number,
  say: (line: string) => void,
): Promise<Curve> {
  const load = await stakeLoad(bench, Math.max(...sizes));
  const points: Point[] = [];
  try {
    for (const size of sizes) {
      await pointAt(size, load.callers.slice(0, size), Math.min(1, seconds), load.order);
      points.push(await pointAt(size, load.callers.slice(0, size), seconds, load.order));
      say(`  ${size} callers: measured`);
    }
  } finally {
    await load.done();
  }
  return { name: 'POST stake, orders', of: 'callers', points };
}
