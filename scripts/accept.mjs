// npm run accept: the two commands as a stranger would use them, and what is too long for npm test. On clean clones in new folders, as this user
// and (when this is root) as another one, in folders only their owner can enter. Prints a checklist.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { clone, otherUser, remains, removeDatabase } from './accept/surroundings.mjs';
import { startExchange } from './accept/exchange-process.mjs';
import { ensureInstalled, root } from './installed.mjs';

const HELP = `Usage: npm run accept [-- options]

  --only NAMES   comma-separated: start, test, tours, kill, verify (default: all)
  --tours N      how many tours in a row (default 10)
  --json         one JSON object as the last line: {ok, steps:[{name, ok, ms, facts}]}
  --keep         leave the clones for inspection
`;
const { values: options } = parseArgs({
  options: {
    only: { type: 'string' },
    tours: { type: 'string', default: '10' },
    json: { type: 'boolean' },
    keep: { type: 'boolean' },
    help: { type: 'boolean', short: 'h' },
  },
});
if (options.help) {
  console.log(HELP);
  process.exit(0);
}
const wanted = new Set((options.only ?? 'start,test,tours,kill,verify').split(','));
const steps = [];
const say = (line) => (options.json ? process.stderr : process.stdout).write(`${line}\n`);
const expect = (condition, sentence) => {
  if (!condition) throw new Error(sentence);
};

async function step(name, work) {
  const began = performance.now();
  say(`… ${name}`);
  try {
    const facts = (await work()) ?? {};
    const ms = Math.round(performance.now() - began);
    steps.push({ name, ok: true, ms, facts });
    say(
      `✓ ${name} (${(ms / 1000).toFixed(0)} s) ${Object.entries(facts)
        .map(([k, v]) => `${k}: ${v}`)
        .join(', ')}`,
    );
  } catch (error) {
    steps.push({ name, ok: false, ms: Math.round(performance.now() - began), facts: { error: error.message } });
    say(`✗ ${name}: ${error.message}`);
  }
}

function command(place, args, more = {}) {
  const done = spawnSync('npm', ['run', '--silent', ...args], {
    cwd: place.dir,
    encoding: 'utf8',
    maxBuffer: 1 << 28,
    env: place.env,
    ...place.user,
    ...more,
  });
  return { code: done.status, lines: done.stdout.trimEnd().split('\n'), text: done.stdout + done.stderr };
}
const lastJson = ({ lines }) => JSON.parse(lines.at(-1));

async function startsAndStops(place) {
  const first = await startExchange(place, ['--no-tour']);
  const health = await fetch(`${first.apiUrl}/health/ready`);
  expect(health.status === 200, `/health/ready answered ${health.status}`);
  const code = await first.interrupt();
  expect(code === 0 || code === 130 || code === null, `Ctrl-C ended with exit code ${code}`); // npm itself ends by the signal
  const left = await remains(place);
  expect(left.length === 0, `left behind: ${left.join('; ')}`);
  expect(!existsSync(join(place.dir, '.bailee/lock')), 'the lock is still there');
  const second = await startExchange(place, ['--no-tour']);
  await second.interrupt();
  return { first: `${first.seconds} s`, second: `${second.seconds} s` };
}

function testsPass(place) {
  const done = command(place, ['test']);
  const line = done.lines.at(-1);
  expect(done.code === 0 && /^\d+ passed, 0 failed, \d+ skipped$/.test(line), `npm test ended with ${done.code}: ${line}`);
  return { line };
}

function tourPasses(place) {
  const done = command(place, ['tour', '--', '--json']);
  expect(done.code === 0, `the tour ended with ${done.code}:\n${done.text.slice(-3000)}`);
  const result = lastJson(done);
  expect(result.ok === true && result.steps.every((s) => s.ok), 'the tour did not pass');
  return result.steps.reduce((ms, s) => ms + s.ms, 0);
}

async function manyTours(place) {
  const exchange = await startExchange(place, ['--no-tour']);
  try {
    const times = [];
    for (let i = 0; i < Number(options.tours); i++) times.push(tourPasses(place));
    return { tours: times.length, seconds: times.map((ms) => Math.round(ms / 1000)).join(' ') };
  } finally {
    await exchange.interrupt();
  }
}

/** kill -9 in the middle of the tour, at a different point each time. */
async function killedMidTour(place) {
  const points = ['one click', 'becomes active', 'Rewards are', 'unstakes'];
  for (const point of points) {
    const exchange = await startExchange(place, []);
    await exchange.saw(new RegExp(`^\\s*\\d+\\. .*${point}`, 'im'));
    await exchange.killHard();
    const left = await remains(place, 20_000);
    expect(left.length === 0, `outlived kill -9: ${left.join('; ')}`);
    const again = await startExchange(place, ['--no-tour']);
    try {
      tourPasses(place);
    } finally {
      await again.interrupt();
    }
  }
  return { 'killed at': points.join(', ') };
}

async function verified(place) {
  const stopped = command(place, ['ledger:verify', '--', '--json']);
  expect(
    stopped.code === 0 && lastJson(stopped).ok,
    `ledger:verify on the stopped exchange ended with ${stopped.code}: ${stopped.text.slice(-2000)}`,
  );
  const exchange = await startExchange(place, ['--no-tour']);
  try {
    const running = command(place, ['ledger:verify', '--', '--json']);
    expect(running.code === 0, `ledger:verify ended with ${running.code}: ${running.text.slice(-2000)}`);
    const { alterEveryColumn } = await import('./accept/tamper.mjs'); // a fresh clone has no packages before the first install
    const altered = await alterEveryColumn(place, () => command(place, ['ledger:verify', '--', '--json']).code);
    expect(altered.unseen.length === 0, `altered and not found: ${altered.unseen.join(', ')}`);
    return { transfers: lastJson(running).transfers, 'columns altered and found': altered.found };
  } finally {
    await exchange.interrupt();
  }
}

const base = mkdtempSync(join(tmpdir(), 'bailee-accept-'));
const places = [clone(root, join(base, 'mine'), null)];
const other = otherUser();
if (other) places.push(clone(root, join(base, 'other'), other));
else say('· not root: the other user is left out');

for (const place of places) {
  if (wanted.has('start')) await step(`npm start, Ctrl-C, npm start again (${place.who})`, () => startsAndStops(place));
  if (wanted.has('test')) await step(`npm test (${place.who})`, async () => testsPass(place));
}
const [place] = places;
mkdirSync(join(place.dir, 'dist'), { recursive: true });
if (wanted.has('tours')) await step(`${options.tours} tours in a row on one data directory`, () => manyTours(place));
if (wanted.has('kill')) await step('kill -9 in the middle of the tour, start again, tour', () => killedMidTour(place));
if (wanted.has('verify')) await step('ledger:verify finds any altered column', () => verified(place));

if (options.keep) say(`kept: ${base}`);
else {
  for (const each of places) removeDatabase(each);
  rmSync(base, { recursive: true, force: true });
}
const ok = steps.every((s) => s.ok);
say(`${steps.filter((s) => s.ok).length} of ${steps.length} passed`);
if (options.json) console.log(JSON.stringify({ ok, steps }));
process.exit(ok ? 0 : 1);
