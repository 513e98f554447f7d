/** Interleaved rounds: floor, ours, floor, ours …, so that a noisy moment of the machine falls on both. */
import { readFileSync } from 'node:fs';
import type pg from 'pg';
import type { BenchRow, Contender, Figures, Prepared } from './row.js';

export interface Pace {
  readonly rounds: number;
  readonly seconds: number;
}

interface Sample {
  readonly rate: number;
  readonly cpuUs: number | null;
}

export async function measure(
  row: BenchRow,
  prepared: Prepared,
  admin: pg.Client,
  pace: Pace,
  say: (line: string) => void,
): Promise<Figures> {
  const rounds: { ours: Sample; floor: Sample }[] = [];
  for (const contender of [prepared.floor, prepared.ours]) await contender(performance.now() + 500); // plans, caches, connections
  for (let round = 1; round <= pace.rounds; round++) {
    const floor = await sample(prepared.floor, admin, pace.seconds);
    const ours = await sample(prepared.ours, admin, pace.seconds);
    rounds.push({ ours, floor });
    say(
      `  ${row.name}, round ${round}: ${ours.rate.toFixed(0)} ${row.unit}/s, floor ${floor.rate.toFixed(0)}/s, ratio ${(ours.rate / floor.rate).toFixed(2)}`,
    );
  }
  const ratios = rounds.map((r) => r.ours.rate / r.floor.rate);
  const oursCpu = cpuMedian(rounds.map((r) => r.ours.cpuUs));
  const floorCpu = cpuMedian(rounds.map((r) => r.floor.cpuUs));
  const ratio = median(ratios);
  const cpuRatio = oursCpu === null || floorCpu === null ? null : floorCpu / oursCpu;
  return {
    name: row.name,
    unit: row.unit,
    ours: median(rounds.map((r) => r.ours.rate)),
    floor: median(rounds.map((r) => r.floor.rate)),
    ratio,
    spread: (Math.max(...ratios) - Math.min(...ratios)) / ratio,
    ours_cpu_us: oursCpu,
    floor_cpu_us: floorCpu,
    cpu_ratio: cpuRatio,
    target: row.target,
    gate: row.gate,
    met: (row.gate === 'cpu' ? (cpuRatio ?? ratio) : ratio) >= row.target,
  };
}

async function sample(contender: Contender, admin: pg.Client, seconds: number): Promise<Sample> {
  const pids = await backends(admin);
  const before = cpuMicros(pids);
  const began = performance.now();
  const units = await contender(began + seconds * 1_000);
  const elapsed = (performance.now() - began) / 1_000;
  const cpu = spent(before, cpuMicros(pids));
  return { rate: units / elapsed, cpuUs: cpu === null || units === 0 ? null : cpu / units };
}

async function backends(admin: pg.Client): Promise<number[]> {
  const { rows } = await admin.query<{ pid: number }>(
    'SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() AND client_port IS NOT NULL',
  );
  return rows.map((row) => row.pid);
}

/** Ticks of /proc/<pid>/stat are 1/100 s on Linux. */
const MICROS_A_TICK = 10_000;

/** User and system time of each backend; none where they are not processes of this machine. */
function cpuMicros(pids: readonly number[]): ReadonlyMap<number, number> {
  const micros = new Map<number, number>();
  for (const pid of pids) {
    const stat = readStat(pid);
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    if (stat.slice(0, stat.lastIndexOf(')')).includes('postgres'))
      micros.set(pid, (Number(fields[11]) + Number(fields[12])) * MICROS_A_TICK);
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

function spent(before: ReadonlyMap<number, number>, after: ReadonlyMap<number, number>): number | null {
  const both = [...before].flatMap(([pid, was]) => (after.has(pid) ? [(after.get(pid) ?? was) - was] : []));
  return both.length === 0 ? null : both.reduce((sum, micros) => sum + micros, 0);
}

const cpuMedian = (values: readonly (number | null)[]): number | null => {
  const known = values.filter((value) => value !== null);
  return known.length === values.length ? median(known) : null;
};

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? 0;
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[middle - 1] ?? upper)) / 2;
}
