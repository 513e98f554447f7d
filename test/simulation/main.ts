import { randomInt } from 'node:crypto';
import { parseArgs } from 'node:util';
import { play, type Told } from './play.js';
import { tableOf, type PoolRow } from './table.js';

const HELP = `Usage: npm run simulate [-- options]

Plays days of the exchange over a local chain on which a day is an epoch: random clients, orders, reports, slashes, outages and kills, with real
rooms on a real PostgreSQL. After every day the books are audited from outside (A1 to A9 of docs/staking.md, and the books against the chain).

  --days N      default 365
  --clients N   default 1000
  --seed N      the same seed, the same story; default a fresh one, which is told
  --break WHAT  runs a copy of the build in which one rounding is wrong; it must fail. One of: mint, commission, index
  --log LEVEL   what the rooms log, to look into a day: warn, info; default silent
  --json        one JSON object as the last line: {ok, seed, days, clients, pools: [{pool, …, difference}], …}
  --help        this text
`;

function read(): (Told & { readonly json: boolean }) | null {
  const { values } = parseArgs({
    options: {
      days: { type: 'string' },
      clients: { type: 'string' },
      seed: { type: 'string' },
      log: { type: 'string' },
      json: { type: 'boolean' },
      help: { type: 'boolean', short: 'h' },
    },
  });
  if (values.help) return null;
  const whole = (name: 'days' | 'clients' | 'seed', absent: number, least: number): number => {
    const value = values[name] === undefined ? absent : Number(values[name]);
    if (!Number.isSafeInteger(value) || value < least) throw new Error(`--${name} must be a whole number from ${least} on`);
    return value;
  };
  return {
    days: whole('days', 365, 1),
    clients: whole('clients', 1_000, 1),
    seed: whole('seed', randomInt(2 ** 31), 0),
    json: values.json ?? false,
    log: values.log ?? 'silent',
  };
}

async function main(): Promise<number> {
  const told = read();
  if (told === null) {
    process.stdout.write(HELP);
    return 0;
  }
  const write = (line: string): void => void (told.json ? process.stderr : process.stdout).write(`${line}\n`);
  const { seed, days, clients } = told;
  write(`seed ${seed}, ${days} days, ${clients} clients`);
  let outcome: { ok: boolean; pools: PoolRow[]; facts: object; problem?: string };
  try {
    const { pools, facts } = await play(told, write);
    outcome = { ok: pools.every(({ difference }) => difference === '0'), pools, facts };
  } catch (error) {
    outcome = { ok: false, pools: [], facts: {}, problem: error instanceof Error ? error.message : String(error) };
    write(error instanceof Error ? (error.stack ?? error.message) : String(error));
  }
  const { ok, pools, facts, problem } = outcome;
  if (pools.length > 0) write(tableOf(pools));
  write(ok ? 'every law held on every day' : `NOT SOUND. Again: npm run simulate -- --days ${days} --clients ${clients} --seed ${seed}`);
  if (told.json)
    process.stdout.write(
      `${JSON.stringify({ ok, seed, days, clients, pools, ...facts, ...(problem === undefined ? {} : { problem }) })}\n`,
    );
  return ok ? 0 : 1;
}

main().then(
  (code) => process.exit(code),
  (error: unknown) => {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exit(2);
  },
);
