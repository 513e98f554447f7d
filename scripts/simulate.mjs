// npm run simulate: builds, then plays a simulated year (dist/test/simulation/main.js) on a PostgreSQL of its own that is thrown away.
// --break WHAT plays it with a copy of the build in which one rounding is wrong: the audit must find it.
import { spawn } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import setup from '../libs/testing/jest-setup.mjs';
import teardown from '../libs/testing/jest-teardown.mjs';
import { build } from './build.mjs';
import { ensureInstalled, root } from './installed.mjs';

/** Who gains the fraction of a unit, turned round: in the compiled file, from what to what. */
const BREAKS = {
  mint: [
    'apps/staking/pools/pool.js',
    "mulDiv(assets, price.shares, price.value, 'floor')",
    "mulDiv(assets, price.shares, price.value, 'ceil')",
  ],
  commission: [
    'apps/staking/pools/tiers.js',
    "basisPoints(part, feeFor(fees, tier), 'floor')",
    "basisPoints(part, feeFor(fees, tier), 'ceil')",
  ],
  index: ['apps/staking/pools/tiers.js', 'scaled / tier.shares', 'scaled / tier.shares + 1n'],
};

function brokenCopy(what) {
  const change = BREAKS[what];
  if (!change) throw new Error(`--break is one of ${Object.keys(BREAKS).join(', ')}`);
  const [file, from, to] = change;
  const folder = mkdtempSync(join(tmpdir(), 'bailee-broken-'));
  cpSync(join(root, 'dist'), join(folder, 'dist'), { recursive: true });
  cpSync(join(root, 'package.json'), join(folder, 'package.json'));
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
  const path = join(folder, 'dist', file);
  const code = readFileSync(path, 'utf8');
  if (!code.includes(from)) throw new Error(`there is nothing to break in ${file} any more: see scripts/simulate.mjs`);
  writeFileSync(path, code.replace(from, to));
  return folder;
}

function playIn(folder, words) {
  const child = spawn(process.execPath, [join(folder, 'dist/test/simulation/main.js'), ...words], { cwd: folder, stdio: 'inherit' });
  for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => child.kill(signal));
  return new Promise((resolve) => child.once('exit', resolve));
}

ensureInstalled();
const words = process.argv.slice(2);
const at = words.findIndex((word) => word === '--break' || word.startsWith('--break='));
const what = at < 0 ? null : words[at].includes('=') ? words[at].slice('--break='.length) : (words[at + 1] ?? '');
if (at >= 0) words.splice(at, words[at].includes('=') ? 1 : 2);
const onlyHelp = words.some((word) => ['--help', '-h'].includes(word));
let folder = null;
let code = 1;
try {
  build({ quiet: true });
  folder = what === null ? null : brokenCopy(what);
  if (!onlyHelp) await setup();
  code = await playIn(folder ?? root, words);
  if (!onlyHelp) await teardown();
} catch (error) {
  console.error(error.message);
} finally {
  if (folder !== null) rmSync(folder, { recursive: true, force: true });
}
process.exit(code ?? 1);
