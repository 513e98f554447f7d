// npm run check: all that a change must satisfy beside its tests. Every step runs, so that one look shows everything.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { build } from './build.mjs';
import { ensureInstalled, root } from './installed.mjs';

ensureInstalled();
const bin = (name) => join(root, 'node_modules/.bin', name);
const fix = process.argv.includes('--fix');
const steps = [
  ['types', () => build({ quiet: true })],
  ['lint', [bin('eslint'), ...(fix ? ['--fix'] : []), '.']],
  [
    'format',
    [bin('prettier'), fix ? '--write' : '--check', '--log-level', 'warn', '--cache', '--cache-location', 'dist/.prettiercache', '.'],
  ],
  ['architecture', [bin('depcruise'), '--config', '.dependency-cruiser.mjs', 'apps', 'libs', 'migrations', 'test', 'bench']],
  ['dead code', [bin('knip')]],
];
let failed = 0;
for (const [name, step] of steps) {
  const began = performance.now();
  let fine = true;
  if (typeof step === 'function') {
    try {
      step();
    } catch (error) {
      fine = false;
      console.error(error.message);
    }
  } else {
    fine = spawnSync(step[0], step.slice(1), { cwd: root, stdio: ['ignore', 'inherit', 'inherit'] }).status === 0;
  }
  if (!fine) failed++;
  console.log(`${fine ? '✓' : '✗'} ${name} (${((performance.now() - began) / 1000).toFixed(1)} s)`);
}
if (failed)
  console.error(`${failed} of ${steps.length} checks failed${fix ? '' : ' (npm run check -- --fix mends lint and format where it can)'}`);
process.exit(failed ? 1 : 0);
