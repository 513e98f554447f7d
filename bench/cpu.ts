/** CPU time of other processes of this machine, where /proc can be read. */
import { readFileSync } from 'node:fs';

/** Ticks of /proc/<pid>/stat are 1/100 s on Linux. */
const MICROS_A_TICK = 10_000;

/** User and system time of each process, µs; those that are gone or whose name does not contain `name` are left out. */
export function cpuOf(pids: readonly number[], name = ''): ReadonlyMap<number, number> {
  const micros = new Map<number, number>();
  for (const pid of pids) {
    const stat = readStat(pid);
    const end = stat.lastIndexOf(')');
    const fields = stat.slice(end + 2).split(' ');
    if (end > 0 && stat.slice(0, end).includes(name)) micros.set(pid, (Number(fields[11]) + Number(fields[12])) * MICROS_A_TICK);
  }
  return micros;
}

function readStat(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/stat`, 'utf8');
  } catch {
    return ''; // gone (a pool lets idle connections go), or another machine's
  }
}

/** What all of them together spent between two looks; null when none was seen twice. */
export function spent(before: ReadonlyMap<number, number>, after: ReadonlyMap<number, number>): number | null {
  const both = [...before].flatMap(([pid, was]) => (after.has(pid) ? [(after.get(pid) ?? was) - was] : []));
  return both.length === 0 ? null : both.reduce((sum, micros) => sum + micros, 0);
}
