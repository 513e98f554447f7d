import { accessSync, constants, existsSync, readFileSync, readdirSync, statfsSync, statSync } from 'node:fs';
import { totalmem } from 'node:os';
import { dirname, join } from 'node:path';
import type { Home } from '#runtime';
import { fail, fine, skip, warn, type Check, type Finding } from './checklist.js';
import type { Surroundings } from './surroundings.js';

const GIB = 1024 ** 3;
const LEAST_FREE = 1 * GIB;
const ENOUGH_FREE = 5 * GIB;
const LEAST_FILES = 4096;

export const machineChecks = ({ home, env }: Surroundings): Check[] => [
  { group: 'Machine', name: 'Node.js', look: node },
  { group: 'Machine', name: 'memory', look: memory },
  { group: 'Machine', name: 'open files', look: openFiles },
  { group: 'Home', name: 'folder', look: () => folder(home) },
  { group: 'Home', name: 'free disk', look: () => disk(home) },
  { group: 'Home', name: 'secrets', look: () => secrets(home) },
  { group: 'Home', name: 'keystore', look: () => keystore(home, env['KEYSTORE_PATH']) },
];

function node(): Finding {
  const version = process.versions.node;
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const served = (major === 20 && minor >= 19) || (major === 22 && minor >= 13) || major > 22;
  return served ? fine(version) : fail(`${version}, not one this runs on`, 'install Node.js 20.19 or newer of 20, or 22.13 or newer');
}

function memory(): Finding {
  const gib = totalmem() / GIB;
  const found = `${gib.toFixed(1)} GiB`;
  return gib >= 4 ? fine(found) : warn(`${found} in all`, 'give it 4 GiB: database, chain and rooms share them');
}

function openFiles(): Finding {
  const file = '/proc/self/limits';
  if (!existsSync(file)) return skip('this system does not tell');
  const most = /Max open files\s+(\d+|unlimited)/.exec(readFileSync(file, 'utf8'))?.[1] ?? 'unlimited';
  const enough = most === 'unlimited' || Number(most) >= LEAST_FILES;
  return enough ? fine(most) : warn(`${most} at most`, `raise the limit (ulimit -n ${LEAST_FILES}): each request and connection takes one`);
}

function folder(home: Home): Finding {
  accessSync(home.dir, constants.R_OK | constants.W_OK | constants.X_OK);
  return fine(`${home.dir}, ${home.isRunning() ? 'an exchange runs on it' : 'no exchange runs on it'}`);
}

/** The folder of the database is asked as well: it may lie on another disk. */
function disk(home: Home): Finding {
  const record = home.path('database-location');
  const folders = [home.dir, ...(existsSync(record) ? [readFileSync(record, 'utf8').trim()] : [])].map(standing);
  const free = folders.map((folder) => ({ folder, bytes: statfsSync(folder).bavail * statfsSync(folder).bsize }));
  const [least] = free.sort((a, b) => a.bytes - b.bytes);
  if (least === undefined) return skip('nothing to look at');
  const found = `${(least.bytes / GIB).toFixed(1)} GiB free at ${least.folder}`;
  if (least.bytes < LEAST_FREE) return fail(found, 'make room now: a full disk stops the database, and with it every request');
  return least.bytes < ENOUGH_FREE ? warn(found, 'make room: the books, the local chain and the logs grow') : fine(found);
}

const standing = (folder: string): string => (existsSync(folder) ? folder : standing(dirname(folder)));

function secrets(home: Home): Finding {
  const dir = home.path('secrets');
  if (!existsSync(dir)) return skip('none yet: made at the first start');
  const open = readdirSync(dir).filter((name) => (statSync(join(dir, name)).mode & 0o077) !== 0);
  const count = readdirSync(dir).length;
  return open.length === 0
    ? fine(`${count} files, only their owner reads them`)
    : fail(`others may read ${open.join(', ')}`, `chmod 600 ${dir}/*, and change what may have been read`);
}

function keystore(home: Home, given: string | undefined): Finding {
  const file = given ?? home.path('keystore.json');
  if (!existsSync(file)) return skip('none yet: made at the first start of a demo, by create-keystore in production');
  const { mode } = statSync(file);
  return (mode & 0o077) === 0
    ? fine(`${file}, encrypted; only its owner reads it`)
    : warn(`others may read ${file}`, `chmod 600 ${file}: it is encrypted, and still nobody's business`);
}
