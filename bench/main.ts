/**
 * `npm run bench` (`-- --help` says how): measures our speed as ratios to floors in the same interleaved run. bench/README.md says what each
 * floor is. Exit code 0 whatever the figures are: a shared machine is no judge; `met` says how they compare with what is to be reached.
 */
import { cpus, loadavg } from 'node:os';
import { openBench } from './database.js';
import { growthOfCallers } from './growth/callers.js';
import { render } from './growth/curve.js';
import { growthOfHolders } from './growth/holders.js';
import { growthOfTransfers } from './growth/transfers.js';
import { measure, type Pace } from './measure.js';
import type { BenchRow, Figures, Percentiles } from './row.js';
import { rows } from './rows/index.js';

const json = process.argv.includes('--json');
const say = (line: string): void => void (json ? process.stderr : process.stdout).write(`${line}\n`);
const option = (name: string): string | undefined => {
  const at = process.argv.indexOf(`--${name}`);
  return at < 0 ? undefined : process.argv[at + 1];
};

const HELP = `npm run bench -- [--json] [--quick] [--rounds 5] [--seconds 3] [--only <part of a name>] [--growth [--full]]

Measures ratios to floors in interleaved rounds; bench/README.md says what each floor is.
  --json     one JSON object as the last line of standard output
  --quick    one short round on little data: whether it runs, not how fast
  --rounds   interleaved rounds (5)
  --seconds  of each side in each round (3)
  --growth   curves instead of rows: 1,000 to 100,000 holders of a pool, 1 to 256 callers, 10^5 to 10^7 transfers stored (10 GB of disk, a quarter of an hour);
             --only holders, callers or transfers: one of them
  --full     with --growth: 1,000,000 holders too (20 GB of disk, half an hour)
  --only     rows whose name contains this:
${rows.map((row) => `               ${row.name}`).join('\n')}
`;

const number = (value: number | null, digits: number): string =>
  value === null ? '–' : value.toLocaleString('en', { maximumFractionDigits: digits, minimumFractionDigits: digits });
const percentiles = (ms: Percentiles | null): string => (ms === null ? '–' : `${number(ms.p50, 0)} / ${number(ms.p99, 0)}`);

function table(figures: readonly Figures[]): string {
  const head = [
    '',
    'ours/s',
    'floor/s',
    'ratio',
    'spread',
    'PG µs',
    'floor µs',
    'PG ratio',
    'p50/p99 ms',
    'floor ms',
    'node µs',
    'floor µs',
    'reach',
    '',
  ];
  const lines = figures.map((f) => [
    f.name,
    number(f.ours, 0),
    number(f.floor, 0),
    number(f.ratio, 2),
    `${number(f.spread * 100, 0)} %`,
    number(f.ours_cpu_us, 0),
    number(f.floor_cpu_us, 0),
    number(f.cpu_ratio, 2),
    percentiles(f.ours_ms),
    percentiles(f.floor_ms),
    number(f.ours_server_us, 0),
    number(f.floor_server_us, 0),
    `≥ ${f.target}${f.gate === 'rate' ? '' : ` (${f.gate})`}`,
    f.met ? 'met' : 'NOT met',
  ]);
  const widths = head.map((_, column) => Math.max(...[head, ...lines].map((line) => (line[column] ?? '').length)));
  return [head, ...lines]
    .map((line) =>
      line.map((cell, column) => (column === 0 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0))).join('  '),
    )
    .join('\n');
}

async function run(chosen: readonly BenchRow[], pace: Pace, quick: boolean): Promise<{ server: string; figures: Figures[] }> {
  const bench = await openBench(quick);
  const leave = (): void => void bench.close().finally(() => process.exit(130));
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, leave);
  const figures: Figures[] = [];
  try {
    say(
      `${bench.server}; ${pace.rounds} interleaved rounds of ${pace.seconds} s a side; load ${loadavg()
        .map((l) => l.toFixed(1))
        .join(' ')} on ${cpus().length} cores`,
    );
    for (const row of chosen) {
      const prepared = await row.prepare(bench);
      try {
        figures.push(await measure(row, prepared, bench.admin, pace, say));
      } finally {
        await prepared.done();
      }
    }
    return { server: bench.server, figures };
  } finally {
    await bench.close();
  }
}

/** Curves, not rows: nothing may grow faster than linearly, a page of history not at all. */
async function grow(pace: Pace, quick: boolean, full: boolean): Promise<void> {
  const bench = await openBench(quick);
  try {
    say(`${bench.server}; ${pace.seconds} s a point`);
    const only = option('only') ?? '';
    const wants = (of: string): boolean => of.includes(only);
    const holders = wants('holders')
      ? await growthOfHolders(bench, quick ? [500, 2_000] : [1_000, 10_000, 100_000, ...(full ? [1_000_000] : [])], say)
      : [];
    const callers = !wants('callers') ? [] : [await growthOfCallers(bench, quick ? [1, 8] : [1, 16, 64, 256], pace.seconds, say)];
    const stored = wants('transfers')
      ? await growthOfTransfers(bench, quick ? [60_000, 90_000] : [100_000, 1_000_000, 10_000_000], pace.seconds, say)
      : [];
    const curves = [...holders, ...callers, ...stored];
    for (const curve of curves) say(`\n${render(curve)}`);
    if (json) process.stdout.write(`${JSON.stringify({ server: bench.server, curves })}\n`);
  } finally {
    await bench.close();
  }
}

async function main(): Promise<void> {
  if (process.argv.includes('--help')) return void process.stdout.write(HELP);
  const quick = process.argv.includes('--quick');
  const pace: Pace = { rounds: Number(option('rounds') ?? (quick ? 1 : 5)), seconds: Number(option('seconds') ?? (quick ? 0.5 : 3)) };
  if (process.argv.includes('--growth')) return grow(pace, quick, process.argv.includes('--full'));
  const only = option('only');
  const chosen = rows.filter((row) => only === undefined || row.name.includes(only));
  if (chosen.length === 0 || !(pace.rounds >= 1) || !(pace.seconds > 0)) {
    process.stderr.write(HELP);
    process.exitCode = 2;
    return;
  }
  const { server, figures } = await run(chosen, pace, quick);
  say(`\n${table(figures)}`);
  if (json) process.stdout.write(`${JSON.stringify({ ok: figures.every((f) => f.met), server, rows: figures })}\n`);
}

await main();
