import { copyFloor, type Floor } from '../pools/copy-floor.js';
import { pools } from '../pools/holders.js';
import { distributeOnce, finaliseOnce, payOnce, queueUp, reportOnce, settleKilled, settleOnce } from '../pools/work.js';
import type { BenchRow, Contender } from '../row.js';

const HOLDERS = 20_000;
const many = (quick: boolean): number => (quick ? 1_000 : HOLDERS);

/** The whole of it again and again; units are what one of them is over. */
export const repeated =
  (units: number, work: () => Promise<unknown>): Contender =>
  async (deadlineMs) => {
    let done = 0;
    do {
      await work();
      done += units;
    } while (performance.now() < deadlineMs);
    return done;
  };

const overHolders = (
  name: string,
  target: number,
  floor: Floor,
  work: (p: Awaited<ReturnType<typeof pools>>, pool: string, bench: Parameters<typeof pools>[0]) => Promise<unknown>,
): BenchRow => ({
  name,
  unit: 'holders',
  target,
  gate: 'rate',
  async prepare(bench) {
    const holders = many(bench.quick);
    const p = await pools(bench);
    const pool = await p.pool(holders);
    const copy = await copyFloor(bench, floor, holders);
    return {
      ours: repeated(holders, () => work(p, pool, bench)),
      floor: repeated(holders, () => copy.once()),
      done: () => copy.done(),
    };
  },
});

const settleAndPay: Parameters<typeof overHolders>[3] = async (p, pool, bench) => {
  await settleOnce(bench, p, pool);
  await payOnce(p, pool);
};

/** No more than 1.5 times as long. */
const settlementAndPayout = overHolders('settlement and payout to holders / COPY and UPDATE of as many', 0.67, 'plain', settleAndPay);
/** Two transfers a holder, against the rows of one. */
const settlementAlike = overHolders('settlement and payout to holders / COPY and UPDATE of transfers alike', 0.33, 'alike', settleAndPay);
/** No more than 3.5 times as long. */
const distribution = overHolders('largest remainder to holders / COPY and UPDATE of as many', 0.29, 'plain', (p, pool, bench) =>
  distributeOnce(bench, p, pool),
);

/** A report costs the same whatever the number of holders. */
const report: BenchRow = {
  name: 'report over many holders / over 1,000',
  unit: 'reports',
  target: 0.9,
  gate: 'rate',
  async prepare(bench) {
    const p = await pools(bench);
    const [large, small] = [await p.pool(bench.quick ? 5_000 : 100_000), await p.pool(1_000)];
    return {
      ours: repeated(1, () => reportOnce(p, large)),
      floor: repeated(1, () => reportOnce(p, small)),
      done: () => Promise.resolve(),
    };
  },
};

/** Killed in the middle of a chunk at one half: it may lose that chunk, a tenth of the whole here, and no more. */
const resumed: BenchRow = {
  name: 'settlement killed at half and resumed / uninterrupted',
  unit: 'holders',
  target: 0.85,
  gate: 'rate',
  async prepare(bench) {
    const holders = many(bench.quick);
    const p = await pools(bench);
    const pool = await p.pool(holders);
    const chunk = holders / 10;
    return {
      ours: repeated(holders, () => settleKilled(bench, p, pool, holders, chunk)),
      floor: repeated(holders, () => settleOnce(bench, p, pool, chunk)),
      done: () => Promise.resolve(),
    };
  },
};

/** A range of the exit queue is finalised in the same time however long the queue is. */
const exits: BenchRow = {
  name: 'half of a long exit queue finalised / of 1,000',
  unit: 'ranges',
  target: 0.9,
  gate: 'rate',
  async prepare(bench) {
    const p = await pools(bench);
    const requests = bench.quick ? 10_000 : 1_000_000;
    const [large, small] = [await p.pool(1), await p.pool(1)];
    await queueUp(bench, large, requests);
    await queueUp(bench, small, 1_000);
    return {
      ours: repeated(1, () => finaliseOnce(p, large, requests)),
      floor: repeated(1, () => finaliseOnce(p, small, 1_000)),
      done: () => Promise.resolve(),
    };
  },
};

export const poolRows: readonly BenchRow[] = [settlementAndPayout, settlementAlike, distribution, report, resumed, exits];
