// Installs what is missing, and only then: compares what is in node_modules with the lock file.
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

export const root = join(import.meta.dirname, '..');

const packages = (file) => {
  const path = join(root, file);
  return existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')).packages : null;
};

function missing() {
  const wanted = packages('package-lock.json');
  const have = packages('node_modules/.package-lock.json');
  if (!have) return true;
  return Object.entries(wanted).some(([path, meta]) => path !== '' && !meta.optional && have[path]?.version !== meta.version);
}

export function checkNode() {
  const [major, minor] = process.versions.node.split('.').map(Number);
  const fits = (major === 20 && minor >= 19) || (major === 22 && minor >= 13) || major > 22;
  if (fits) return;
  console.error(`Bailee needs Node 20.19 or newer (20.x), or 22.13 or newer; this is ${process.versions.node}.`);
  process.exit(1);
}

export function ensureInstalled() {
  checkNode();
  if (!missing()) return false;
  console.log('· installing packages (npm ci) …');
  const result = spawnSync('npm', ['ci', '--include=dev', '--no-fund', '--no-audit', '--loglevel=error'], {
    cwd: root,
    stdio: ['ignore', 'inherit', 'inherit'],
    shell: process.platform === 'win32',
  });
  if (result.status !== 0) {
    console.error('npm ci failed: see above. The package registry must be reachable once.');
    process.exit(1);
  }
  return true;
}
