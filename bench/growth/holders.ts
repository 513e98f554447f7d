/** What is done over all holders of a pool, while they grow: each point is the ratio to COPY and UPDATE of as many in the same round. */
import { copyFloor, type CopyFloor } from '../pools/copy-floor.js';
import { pools } from '../pools/holders.js';
import { distributeOnce, finaliseOnce, payOnce, queueUp, reportOnce, settleKilled, settleOnce } from '../pools/work.js';
import type { OpenBench } from '../database.js';
import type { Curve, Point } from './curve.js';

const ROUNDS = 3;
/** A million takes its time, and is less of a matter of luck. */
const roundsOf = (size: number): number => (size >= 1_000_000 ? 1 : ROUNDS);
const CHUNK = 25_000;

const timed = async (work: () => Promise<unknown>): Promise<number> => {
  const began = performance.now();
  await work();
  return performance.now() - began;
};
const median = (values: readonly number[]): number => [...values].sort((a, b) => a - b)[values.length >> 1] ?? 0;

/** Floor, ours, floor, ours …; the first of each is not counted. */
async function against(size: number, floor: CopyFloor | undefined, work: () => Promise<unknown>): Promise<Point> {
  const [ours, floors]: [number[], number[]] = [[], []];
  for (let round = 0; round <= roundsOf(size); round++) {
    const floorMs = floor ? await timed(() => floor.once()) : 0;
    const ms = await timed(work);
    if (round > 0) {
      ours.push(ms);
      floors.push(floorMs);
    }
  }
  const ratios = ours.map((ms, i) => (floors[i] ? ms / floors[i] : 0));
  const times = floor ? { times_floor: median(ratios), spread: (Math.max(...ratios) - Math.min(...ratios)) / median(ratios) } : {};
  return { size, rate: (size * 1_000) / median(ours), p50_ms: median(ours), p99_ms: Math.max(...ours), ...times };
}

export async function growthOfHolders(bench: OpenBench, sizes: readonly number[], say: (line: string) => void): Promise<Curve[]> {
  const p = await pools(bench);
  const named = new Map<string, Point[]>();
  const add = (name: string, point: Point): void => void named.set(name, [...(named.get(name) ?? []), point]);
  for (const size of sizes) {
    const pool = await p.pool(size);
    const plain = await copyFloor(bench, 'plain', size);
    add('settlement and payout', await against(size, plain, async () => {
      await settleOnce(bench, p, pool);
      await payOnce(p, pool);
    })); // prettier-ignore
    const chunk = Math.max(100, Math.min(CHUNK, size / 10));
    add('settlement, whole', await against(size, plain, () => settleOnce(bench, p, pool, chunk)));
    add('settlement, killed at half and resumed', await against(size, plain, () => settleKilled(bench, p, pool, size, chunk)));
    add('largest remainder', await against(size, plain, () => distributeOnce(bench, p, pool)));
    await plain.done();
    const alike = await copyFloor(bench, 'alike', size);
    add('settlement alone, against rows alike', await against(size, alike, () => settleOnce(bench, p, pool)));
    await alike.done();
    add('a report', { ...(await against(1, undefined, () => reportOnce(p, pool))), size });
    await queueUp(bench, pool, size);
    add('half of the exit queue finalised', { ...(await against(1, undefined, () => finaliseOnce(p, pool, size))), size });
    say(`  ${size.toLocaleString('en')} holders: measured`);
  }
  return [...named].map(([name, points]) => ({ name, of: 'holders', points }));
}
