// Completes package-lock.json after `npm install`: a registry may not serve the optional packages of other platforms, npm then leaves them out
// of the lock, and `npm ci` refuses it. Adds an entry (version and platform, no address, no hash) for each that is missing. Run it by hand.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const file = join(import.meta.dirname, '../package-lock.json');
const lock = JSON.parse(readFileSync(file, 'utf8'));
const { packages } = lock;

const SYSTEMS = {
  darwin: 'darwin',
  linux: 'linux',
  linuxmusl: 'linux',
  win32: 'win32',
  windows: 'win32',
  freebsd: 'freebsd',
  android: 'android',
  openharmony: 'openharmony',
  openbsd: 'openbsd',
  netbsd: 'netbsd',
  sunos: 'sunos',
  aix: 'aix',
};
const MACHINES = {
  x64: 'x64',
  amd64: 'x64',
  arm64: 'arm64',
  arm: 'arm',
  ia32: 'ia32',
  ppc64: 'ppc64',
  ppc64le: 'ppc64',
  s390x: 's390x',
  riscv64: 'riscv64',
  loong64: 'loong64',
  wasm32: 'wasm32',
};

/** Whether a package that `from` depends on is in the lock, looked up as node does: from the nearest node_modules outwards. */
function locked(from, name) {
  for (let folder = from; ; folder = folder.includes('/node_modules/') ? folder.slice(0, folder.lastIndexOf('/node_modules/')) : '') {
    if (packages[`${folder ? `${folder}/` : ''}node_modules/${name}`]) return true;
    if (folder === '') return false;
  }
}

function platformOf(name) {
  const words = name.split('/').pop().split('-');
  const os = words.map((w) => SYSTEMS[w]).find(Boolean);
  const cpu = words.map((w) => MACHINES[w]).find(Boolean);
  const libc = words.some((w) => w.startsWith('musl') || w === 'linuxmusl')
    ? ['musl']
    : words.some((w) => w.startsWith('gnu')) && os === 'linux'
      ? ['glibc']
      : undefined;
  return { ...(os ? { os: [os] } : {}), ...(cpu ? { cpu: [cpu] } : {}), ...(libc ? { libc } : {}) };
}

let added = 0;
for (const [path, meta] of Object.entries({ ...packages })) {
  for (const [name, range] of Object.entries(meta.optionalDependencies ?? {})) {
    if (path === '' || locked(path, name)) continue;
    const version = range.replace(/^[\^~]/, '');
    if (!/^\d+\.\d+\.\d+/.test(version)) throw new Error(`${name} is wanted as ${range}: no exact version to lock`);
    packages[`node_modules/${name}`] = { version, ...platformOf(name), ...(meta.dev ? { dev: true } : {}), optional: true };
    added++;
  }
}
lock.packages = Object.fromEntries(Object.entries(packages).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)));
writeFileSync(file, `${JSON.stringify(lock, null, 2)}\n`);
console.log(added === 0 ? 'the lock was complete' : `${added} entries added`);
