/**
 * `npm run doctor [-- --json]`: looks at everything that the exchange of this home stands on, running or stopped, and changes nothing.
 * Exit code 0: nothing must be mended; 1: something must; 2: it could not look.
 */
import { parseArgs } from 'node:util';
import { environment } from '#runtime';
import { bookChecks } from './books.checks.js';
import { chainChecks } from './chain.checks.js';
import { examine, render, summary, type Line } from './checklist.js';
import { databaseChecks } from './database.checks.js';
import { machineChecks } from './machine.checks.js';
import { queueChecks } from './queue.checks.js';
import { roomChecks } from './room.checks.js';
import { openSurroundings, type Surroundings } from './surroundings.js';

const HELP = `Usage: npm run doctor [-- --json]

Looks at the machine, the home, the database, the queues, the chain, the books and the rooms, and says what to do about
what is wrong. It changes nothing; a stopped home's database is started while it looks.

  --json   one object as the last line: {ok, lines: [{group, name, verdict: ok|warn|fail|skip, found, fix?}]}
  --help   this text

Environment: as npm start (BAILEE_HOME, DATABASE_URL, REDIS_URL, BAILEE_NETWORK, ETHEREUM_RPC_URL, ETHEREUM_BEACON_URL).
Exit code: 0 nothing must be mended, 1 something must, 2 it could not look.
`;

const checksOf = (around: Surroundings) => [
  ...machineChecks(around),
  ...databaseChecks(around),
  ...queueChecks(around),
  ...chainChecks(around),
  ...bookChecks(around),
  ...roomChecks(around),
];

async function main(): Promise<number> {
  const { values } = parseArgs({ options: { json: { type: 'boolean' }, help: { type: 'boolean', short: 'h' } } });
  if (values.help) return (console.log(HELP), 0);
  const { around, release } = await openSurroundings(environment());
  try {
    let group = '';
    const lines = await examine(checksOf(around), (line) => {
      if (values.json) return;
      if (line.group !== group) console.log(`\n${(group = line.group)}`);
      console.log(render(line));
    });
    return conclude(lines, values.json ?? false);
  } finally {
    await release();
  }
}

function conclude(lines: readonly Line[], json: boolean): number {
  const ok = lines.every(({ verdict }) => verdict !== 'fail');
  console.log(json ? JSON.stringify({ ok, lines }) : `\n${summary(lines)}`);
  return ok ? 0 : 1;
}

main().then(
  (code) => (process.exitCode = code),
  (error: unknown) => {
    console.error(`The doctor could not look: ${(error as Error).message}\n\n${HELP}`);
    process.exitCode = 2;
  },
);
