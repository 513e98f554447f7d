import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { intact } from '../../apart/drills.js';
import { cannotRunApart, spawnApart } from '../../apart/exchange-apart.js';
import { Load } from '../../apart/load.js';
import { fragilePostgres } from '../../apart/servers.js';
import { newHome, removeHome } from '../../e2e/exchange.spec-support.js';
import { rounds, type SoakSuite } from '../soak-suite.js';

const SIZE = '700m';

/** A file system of its own, small enough to fill. Null where this process may not mount one. */
function smallDisk(): { dir: string; remove(): void } | null {
  const dir = mkdtempSync(join(tmpdir(), 'bailee-small-disk-'));
  const remove = (): void => {
    spawnSync('umount', [dir]);
    rmSync(dir, { recursive: true, force: true });
  };
  if (spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${SIZE},mode=0755`, 'tmpfs', dir]).status === 0) return { dir, remove };
  rmSync(dir, { recursive: true, force: true });
  return null;
}

export const suite: SoakSuite = {
  name: 'full-disk',
  about: 'the disk of PostgreSQL fills up under load: clean refusals, and once there is space again everything goes on',
  cannot: () => {
    const disk = smallDisk();
    disk?.remove();
    return disk === null ? 'this process may not mount a file system (needs root)' : cannotRunApart();
  },
  run: async (run) => {
    const disk = smallDisk();
    if (disk === null) throw new Error('no small disk');
    const home = newHome();
    const postgres = await fragilePostgres(join(disk.dir, 'postgres'));
    const exchange = await spawnApart(home, { DATABASE_URL: postgres.url });
    const ballast = join(disk.dir, 'ballast');
    try {
      const load = await Load.start(exchange);
      await pause(1_500);
      spawnSync('dd', ['if=/dev/zero', `of=${ballast}`, 'bs=64k']); // until there is no space left
      writeFileSync(`${ballast}.more`, '');
      run.log('the disk is full');
      await pause(6_000 * rounds(run));
      for (const file of [ballast, `${ballast}.more`]) rmSync(file, { force: true });
      run.log('there is space again');
      // out of space for its log PostgreSQL stops itself, and whoever runs it starts it again
      if (!existsSync(join(disk.dir, 'postgres/data/postmaster.pid')) || !(await postgres.isUp())) await postgres.comeBack();
      await pause(3_000);
      return { load: await load.stop(), ...(await intact(exchange)) };
    } finally {
      await exchange.stop();
      await postgres.stop();
      removeHome(home);
      disk.remove();
    }
  },
};
