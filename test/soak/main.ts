import { randomInt } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { SoakSuite } from './soak-suite.js';

const SHORT = 0.5;
const FULL = 10;
const HELP = `Usage: npm run soak [-- options]

Runs what is too long for npm test: long fuzz, replays, kills and outages on the whole exchange.

  --only NAMES   comma-separated; default all
  --seed N       the same seed, the same run; default a fresh one
  --scale N      1 is about a minute each; default 10
  --short        the scale that CI runs: 0.5
  --list         names and what they do
  --json         one JSON object as the last line: {ok, seed, scale, suites: [{name, ok, skipped, ms, facts}]}
  --help         this text
`;

interface Outcome {
  readonly name: string;
  readonly ok: boolean;
  readonly skipped: boolean;
  readonly ms: number;
  readonly facts: object;
}

async function suites(): Promise<SoakSuite[]> {
  const folder = join(import.meta.dirname, 'suites');
  const files = readdirSync(folder).filter((name) => /(?<!\.d)\.(js|ts)$/.test(name));
  const modules = await Promise.all(files.sort().map((name) => import(join(folder, name)) as Promise<{ suite: SoakSuite }>));
  return modules.map(({ suite }) => suite);
}

async function play(suite: SoakSuite, seed: number, scale: number, write: (line: string) => void): Promise<Outcome> {
  const { name } = suite;
  const why = suite.cannot?.() ?? null;
  if (why !== null) {
    write(`- ${name}: skipped, ${why}`);
    return { name, ok: true, skipped: true, ms: 0, facts: { why } };
  }
  write(`… ${name}${suite.about === undefined ? '' : `: ${suite.about}`}`);
  const began = performance.now();
  const ms = (): number => Math.round(performance.now() - began);
  try {
    const facts = await suite.run({ seed, scale, log: (line) => write(`    ${(ms() / 1000).toFixed(0).padStart(4)} s  ${line}`) });
    write(`✓ ${name} (${(ms() / 1000).toFixed(0)} s) ${JSON.stringify(facts)}`);
    return { name, ok: true, skipped: false, ms: ms(), facts };
  } catch (error) {
    write(`✗ ${name} (${(ms() / 1000).toFixed(0)} s): ${(error as Error).stack ?? String(error)}`);
    write(`  again: npm run soak -- --only ${name} --seed ${seed} --scale ${scale}`);
    return { name, ok: false, skipped: false, ms: ms(), facts: { error: (error as Error).message } };
  }
}

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      only: { type: 'string' },
      seed: { type: 'string' },
      scale: { type: 'string' },
      short: { type: 'boolean' },
      list: { type: 'boolean' },
      json: { type: 'boolean' },
      help: { type: 'boolean', short: 'h' },
    },
  });
  const known = await suites();
  if (values.help || values.list) {
    console.log([...(values.help ? [HELP] : []), ...known.map(({ name, about }) => `  ${name.padEnd(20)} ${about ?? ''}`)].join('\n'));
    return 0;
  }
  const wanted = values.only?.split(',') ?? known.map(({ name }) => name);
  const foreign = wanted.filter((name) => !known.some((suite) => suite.name === name));
  const seed = values.seed === undefined ? randomInt(2 ** 31) : Number(values.seed);
  const scale = values.scale === undefined ? (values.short ? SHORT : FULL) : Number(values.scale);
  if (foreign.length > 0 || !Number.isSafeInteger(seed) || !(scale > 0)) {
    console.error(
      foreign.length > 0 ? `no suite is called ${foreign.join(', ')}: see --list` : '--seed must be a whole number, --scale above 0',
    );
    return 2;
  }
  const write = (line: string): void => void (values.json ? process.stderr : process.stdout).write(`${line}\n`);
  write(`seed ${seed}, scale ${scale}`);
  const outcomes: Outcome[] = [];
  for (const suite of known) if (wanted.includes(suite.name)) outcomes.push(await play(suite, seed, scale, write));
  const ok = outcomes.every((outcome) => outcome.ok);
  const skipped = outcomes.filter((outcome) => outcome.skipped).length;
  write(`${outcomes.filter((o) => o.ok && !o.skipped).length} passed, ${outcomes.filter((o) => !o.ok).length} failed, ${skipped} skipped`);
  if (values.json) console.log(JSON.stringify({ ok, seed, scale, suites: outcomes }));
  return ok ? 0 : 1;
}

main().then(
  (code) => process.exit(code),
  (error: unknown) => {
    console.error(error);
    process.exit(2);
  },
);
