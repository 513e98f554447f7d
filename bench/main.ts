/**
 * `npm run bench [-- --json] [--rounds 5] [--seconds 3] [--only <part of a name>]`: measures our speed as ratios to floors in the same interleaved run. bench/README.md says what each
 * floor is. Exit code 0 whatever the figures are: a shared machine is no judge; `met` says how they compare with what is to be reached.
 */
import { openBench } from './database.js';
import { measure, type Pace } from './measure.js';
import type { Figures } from './row.js';
import { rows } from './rows/index.js';

const json = process.argv.includes('--json');
const say = (line: string): void => void (json ? process.stderr : process.stdout).write(`${line}\n`);
const option = (name: string): string | undefined => {
  const at = process.argv.indexOf(`--${name}`);
  return at < 0 ? undefined : process.argv[at + 1];
};

const number = (value: number | null, digits: number): string =>
  value === null ? '–' : value.toLocaleString('en', { maximumFractionDigits: digits, minimumFractionDigits: digits });

function table(figures: readonly Figures[]): string {
  const head = ['', 'ours/s', 'floor/s', 'ratio', 'spread', 'CPU µs', 'floor µs', 'CPU ratio', 'reach', ''];
  const lines = figures.map((f) => [
    f.name,
    number(f.ours, 0),
    number(f.floor, 0),
    number(f.ratio, 2),
    `${number(f.spread * 100, 0)} %`,
    number(f.ours_cpu_us, 0),
    number(f.floor_cpu_us, 0),
    number(f.cpu_ratio, 2),
    `≥ ${f.target}${f.gate === 'cpu' ? ' (CPU)' : ''}`,
    f.met ? 'met' : 'NOT met',
  ]);
  const widths = head.map((_, column) => Math.max(...[head, ...lines].map((line) => (line[column] ?? '').length)));
  return [head, ...lines]
    .map((line) =>
      line.map((cell, column) => (column === 0 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0))).join('  '),
    )
    .join('\n');
}

async function main(): Promise<void> {
  const pace: Pace = { rounds: Number(option('rounds') ?? 5), seconds: Number(option('seconds') ?? 3) };
  const only = option('only');
  const chosen = rows.filter((row) => only === undefined || row.name.includes(only));
  const bench = await openBench();
  const figures: Figures[] = [];
  try {
    say(`${bench.server}; ${pace.rounds} interleaved rounds of ${pace.seconds} s a side`);
    for (const row of chosen) {
      const prepared = await row.prepare(bench);
      try {
        figures.push(await measure(row, prepared, bench.admin, pace, say));
      } finally {
        await prepared.done();
      }
    }
  } finally {
    await bench.close();
  }
  say(`\n${table(figures)}`);
  if (json) process.stdout.write(`${JSON.stringify({ ok: figures.every((f) => f.met), server: bench.server, rows: figures })}\n`);
}

await main();
