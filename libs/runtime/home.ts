import { createHash, randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, openSync, closeSync, readFileSync, rmSync, writeFileSync, linkSync, unlinkSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { Fault } from '#kernel';
import { environment, type Environment } from './environment.js';
import { privateFolder, reachable } from './postgres/launcher.js';

/** Where an exchange keeps what is its own: BAILEE_HOME, `.bailee` beside the project by default. */
export class Home {
  readonly dir: string;
  constructor(dir: string = resolve(environment()['BAILEE_HOME'] ?? '.bailee')) {
    this.dir = dir;
    mkdirSync(dir, { recursive: true });
  }

  path(...parts: string[]): string {
    return join(this.dir, ...parts);
  }

  /** A secret made at first use and kept in a file that only the owner reads. */
  secret(name: string, bytes = 32): string {
    mkdirSync(this.path('secrets'), { recursive: true, mode: 0o700 });
    const file = this.path('secrets', name);
    if (!existsSync(file)) writeFileSync(file, `${randomBytes(bytes).toString('hex')}\n`, { mode: 0o600 });
    return readFileSync(file, 'utf8').trim();
  }

  /**
   * Folder of the database. In the home where the database's user can reach it; otherwise (root's own closed folder) in a system data
   * folder named for this home and recorded in it.
   */
  databaseFolder(env: Environment = environment()): string {
    const record = this.path('database-location');
    if (existsSync(record)) return privateFolder(readFileSync(record, 'utf8').trim());
    const inside = privateFolder(this.path('postgres'));
    if (reachable(inside)) return inside;
    rmSync(inside, { recursive: true, force: true });
    const name = createHash('sha256').update(this.dir).digest('hex').slice(0, 16);
    const outside = privateFolder(join(env['BAILEE_SYSTEM_DATA'] ?? '/var/lib/bailee', name));
    if (!reachable(outside))
      throw new Fault(
        'home.no_database_folder',
        `the database user can reach neither ${inside} nor ${outside}: set BAILEE_HOME to a folder it can enter`,
        false,
      );
    writeFileSync(record, `${outside}\n`);
    return outside;
  }

  /** Whether an embedded cluster was ever made for this home. */
  hasDatabase(): boolean {
    const record = this.path('database-location');
    const folder = existsSync(record) ? readFileSync(record, 'utf8').trim() : this.path('postgres');
    return existsSync(join(folder, 'data', 'PG_VERSION'));
  }

  /** Throws away everything in the home and the database beside it. */
  erase(): void {
    const record = this.path('database-location');
    if (existsSync(record)) rmSync(readFileSync(record, 'utf8').trim(), { recursive: true, force: true });
    rmSync(this.dir, { recursive: true, force: true });
    mkdirSync(this.dir, { recursive: true });
  }

  /** What a running exchange tells its own tools (tour, verify): URLs and credentials of the demo. */
  writeState(state: object): void {
    const file = this.path('running.json');
    writeFileSync(`${file}.new`, JSON.stringify(state, null, 2), { mode: 0o600 });
    rmSync(file, { force: true });
    linkSync(`${file}.new`, file);
    unlinkSync(`${file}.new`);
  }
  /** Null when no exchange runs on this home, also after one that was killed. */
  readState(): unknown {
    const file = this.path('running.json');
    return this.isRunning() && existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as unknown) : null;
  }
  isRunning(): boolean {
    const file = this.path('lock');
    if (!existsSync(file)) return false;
    const [pid, started] = readFileSync(file, 'utf8').split(' ');
    return pid !== undefined && started !== undefined && startedAt(Number(pid)) === started;
  }
  clearState(): void {
    rmSync(this.path('running.json'), { force: true });
  }

  /** One exchange a home. A lock whose process is gone is taken over. Throws Fault home.in_use. */
  lock(): () => void {
    const file = this.path('lock');
    for (;;) {
      try {
        const handle = openSync(file, 'wx');
        writeFileSync(handle, `${process.pid} ${startedAt(process.pid)}`);
        closeSync(handle);
        return () => rmSync(file, { force: true });
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
        const [pid, started] = readFileSync(file, 'utf8').split(' ');
        if (pid && started && startedAt(Number(pid)) === started) {
          throw new Fault(
            'home.in_use',
            `an exchange (pid ${pid}) is already running on ${this.dir}: stop it, or choose another BAILEE_HOME`,
            false,
          );
        }
        rmSync(file, { force: true });
      }
    }
  }
}

/** Start time of a process, so that a number used again by another program does not keep a dead exchange's lock. '' when it is gone. */
function startedAt(pid: number): string {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '';
  } catch {
    try {
      process.kill(pid, 0);
      return 'alive'; // no /proc on this platform
    } catch {
      return '';
    }
  }
}
