/** Interleaved rounds: floor, ours, floor, ours …, so that a noisy moment of the machine falls on both. */
import type pg from 'pg';
import { cpuOf, spent } from './cpu.js';
import type { BenchRow, Contender, Figures, Gate, Percentiles, Prepared } from './row.js';

export interface Pace {
  readonly rounds: number;
  readonly seconds: number;
}

interface Sample {
  readonly rate: number;
  readonly cpuUs: number | null;
  readonly serverUs: number | null;
  readonly ms: Percentiles | null;
}

export async function measure(
  row: BenchRow,
  prepared: Prepared,
  admin: pg.Client,
  pace: Pace,
  say: (line: string) => void,
): Promise<Figures> {
  const { servers } = prepared;
  const rounds: { ours: Sample; floor: Sample }[] = [];
  const warmMs = Math.min(500, pace.seconds * 500); // plans, caches, connections
  for (const contender of [prepared.floor, prepared.ours]) await contender(performance.now() + warmMs);
  for (let round = 1; round <= pace.rounds; round++) {
    const floor = await sample(prepared.floor, admin, servers?.floor, pace.seconds);
    const ours = await sample(prepared.ours, admin, servers?.ours, pace.seconds);
    rounds.push({ ours, floor });
    say(
      `  ${row.name}, round ${round}: ${ours.rate.toFixed(0)} ${row.unit}/s, floor ${floor.rate.toFixed(0)}/s, ratio ${ratioOf(row.gate, { ours, floor }).toFixed(2)}`,
    );
  }
  return figuresOf(row, rounds);
}

function figuresOf(row: BenchRow, rounds: readonly { ours: Sample; floor: Sample }[]): Figures {
  const ours = rounds.map((r) => r.ours);
  const floor = rounds.map((r) => r.floor);
  const ratios = rounds.map((r) => ratioOf(row.gate, r));
  const ratio = median(ratios);
  const [oursCpu, floorCpu] = [medianOf(ours, 'cpuUs'), medianOf(floor, 'cpuUs')];
  const cpuRatio = oursCpu === null || floorCpu === null ? null : floorCpu / oursCpu;
  const [oursMs, floorMs] = [percentilesOf(ours), percentilesOf(floor)];
  const tailMet = row.tail === undefined || oursMs === null || floorMs === null || oursMs.p99 < floorMs.p99;
  return {
    name: row.name,
    unit: row.unit,
    ours: median(ours.map((s) => s.rate)),
    floor: median(floor.map((s) => s.rate)),
    ratio,
    spread: (Math.max(...ratios) - Math.min(...ratios)) / ratio,
    ours_cpu_us: oursCpu,
    floor_cpu_us: floorCpu,
    cpu_ratio: cpuRatio,
    ours_server_us: medianOf(ours, 'serverUs'),
    floor_server_us: medianOf(floor, 'serverUs'),
    ours_ms: oursMs,
    floor_ms: floorMs,
    target: row.target,
    gate: row.gate,
    met: (row.gate === 'cpu' ? (cpuRatio ?? ratio) : ratio) >= row.target && tailMet,
  };
}

/** Of times, the shorter is the better. */
const ratioOf = (gate: Gate, { ours, floor }: { ours: Sample; floor: Sample }): number =>
  gate === 'latency' && ours.ms && floor.ms ? floor.ms.p50 / ours.ms.p50 : ours.rate / floor.rate;

async function sample(contender: Contender, admin: pg.Client, server: number | undefined, seconds: number): Promise<Sample> {
  await contender(performance.now() + Math.min(200, seconds * 200)); // connections that idled away are made before they are counted
  const pids = await backends(admin);
  const [before, serverBefore] = [cpuOf(pids, 'postgres'), cpuOf(server === undefined ? [] : [server])];
  const began = performance.now();
  const finished = await contender(began + seconds * 1_000);
  const elapsed = (performance.now() - began) / 1_000;
  const { units, latenciesMs } = typeof finished === 'number' ? { units: finished } : finished;
  const each = (micros: number | null): number | null => (micros === null || units === 0 ? null : micros / units);
  return {
    rate: units / elapsed,
    cpuUs: each(spent(before, cpuOf(pids, 'postgres'))),
    serverUs: each(spent(serverBefore, cpuOf(server === undefined ? [] : [server]))),
    ms: latenciesMs === undefined ? null : percentiles(latenciesMs),
  };
}

async function backends(admin: pg.Client): Promise<number[]> {
  const { rows } = await admin.query<{ pid: number }>(
    'SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() AND client_port IS NOT NULL',
  );
  return rows.map((row) => row.pid);
}

/** The median of a figure that every sample has; null when one has not. */
function medianOf(samples: readonly Sample[], figure: 'cpuUs' | 'serverUs'): number | null {
  const known = samples.map((s) => s[figure]).filter((value) => value !== null);
  return known.length === samples.length ? median(known) : null;
}

function percentilesOf(samples: readonly Sample[]): Percentiles | null {
  const known = samples.map((s) => s.ms).filter((ms) => ms !== null);
  return known.length === samples.length ? { p50: median(known.map((ms) => ms.p50)), p99: median(known.map((ms) => ms.p99)) } : null;
}

function percentiles(latenciesMs: readonly number[]): Percentiles {
  const sorted = Float64Array.from(latenciesMs).sort();
  const at = (part: number): number => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? 0;
  return { p50: at(0.5), p99: at(0.99) };
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? 0;
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[middle - 1] ?? upper)) / 2;
}
