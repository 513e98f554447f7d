// Clean clones, another user, and what a stopped exchange may have left behind.
import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, readlinkSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';

const NOBODY = 65534;

/** An unprivileged account that every system has; only root can become it. */
export const otherUser = () => (process.getuid?.() === 0 ? { uid: NOBODY, gid: NOBODY } : null);

/** A clean clone in a new folder that only its owner may enter, with an empty home of its own. */
export function clone(from, dir, user) {
  mkdirSync(dir, { recursive: true, mode: 0o700 });
  const project = join(dir, 'bailee');
  execFileSync('git', ['clone', '--quiet', from, project]);
  const home = join(dir, 'home');
  mkdirSync(home);
  const data = join(from, '../shared/data');
  const env = {
    ...process.env,
    HOME: home,
    // what this machine needs to reach its package registry
    npm_config_registry: execFileSync('npm', ['config', 'get', 'registry'], { encoding: 'utf8' }).trim(),
    ...(existsSync(data) && !user ? { BAILEE_DATA_DIR: data } : {}),
  };
  for (const name of [
    'BAILEE_HOME',
    'DATABASE_URL',
    'REDIS_URL',
    'PORT',
    'TEST_DATABASE_URL',
    'npm_lifecycle_event',
    'npm_config_userconfig',
    'npm_config_prefix',
  ])
    delete env[name];
  if (user) {
    spawnSync('chown', ['-R', `${user.uid}:${user.gid}`, dir]);
    chmodSync(join(dir, '..'), 0o711);
  }
  return { dir: project, env, user: user ?? {}, who: user ? 'another user' : `as ${process.getuid?.() === 0 ? 'root' : 'this user'}` };
}

/** A database that lives outside its home, because its user cannot enter there, is not removed with the clone. */
export function removeDatabase(place) {
  const record = join(place.dir, '.bailee/database-location');
  if (existsSync(record)) rmSync(readFileSync(record, 'utf8').trim(), { recursive: true, force: true });
}

/** Processes that still belong to a clone: by their command, their folder, or the database folder it records. Waits for them to go. */
export async function remains(place, withinMs = 5_000) {
  const record = join(place.dir, '.bailee/database-location');
  const marks = [place.dir, ...(existsSync(record) ? [readFileSync(record, 'utf8').trim()] : [])];
  for (let waited = 0; ; waited += 200) {
    const left = processes().filter((p) => marks.some((mark) => p.command.includes(mark) || p.cwd.startsWith(mark)));
    if (left.length === 0 || waited >= withinMs) return left.map((p) => `${p.pid} ${p.command.slice(0, 120)}`);
    await pause(200);
  }
}

function processes() {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .flatMap((pid) => {
      try {
        const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ');
        return command ? [{ pid, command, cwd: readlinkSync(`/proc/${pid}/cwd`) }] : [];
      } catch {
        return [];
      }
    });
}
