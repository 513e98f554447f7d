// npm test: everything a change must pass. Extra arguments go to jest (npm test -- libs/kernel).
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from './build.mjs';
import { ensureInstalled, root } from './installed.mjs';

ensureInstalled();
try {
  build();
} catch (error) {
  console.error(error.message);
  console.log('0 passed, 1 failed, 0 skipped');
  process.exit(1);
}
const dir = mkdtempSync(join(tmpdir(), 'bailee-jest-'));
const report = join(dir, 'report.json');
const jest = spawnSync(
  process.execPath,
  [
    '--experimental-vm-modules',
    '--disable-warning=ExperimentalWarning',
    join(root, 'node_modules/jest/bin/jest.js'),
    '--maxWorkers=2',
    '--json',
    `--outputFile=${report}`,
    ...process.argv.slice(2),
  ],
  { cwd: root, stdio: ['ignore', 'ignore', 'inherit'], env: { ...process.env, NODE_ENV: 'test' } },
);
let line = '0 passed, 1 failed, 0 skipped';
try {
  const result = JSON.parse(readFileSync(report, 'utf8'));
  const broken = result.testResults.filter((f) => f.status === 'failed' && f.assertionResults.length === 0).length; // a file that did not load
  line = `${result.numPassedTests} passed, ${result.numFailedTests + broken} failed, ${result.numPendingTests} skipped`;
} catch {
  console.error('jest left no report');
}
rmSync(dir, { recursive: true, force: true });
console.log(line);
process.exit(jest.status === 0 && / 0 failed/.test(line) ? 0 : 1);
