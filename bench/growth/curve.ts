/** How something grows: the same measurement at several sizes of what it stands on. */
export interface Curve {
  readonly name: string;
  /** What grows: `transfers stored`, `callers`. */
  readonly of: string;
  readonly points: readonly Point[];
}
export interface Point {
  readonly size: number;
  /** Units a second. */
  readonly rate: number;
  readonly p50_ms: number;
  readonly p99_ms: number;
  /** How many times as long as COPY and UPDATE of as many in the same round, median; where it is measured. */
  readonly times_floor?: number;
  readonly spread?: number;
}

/** Workers side by side for so long; how many units a second, and how long one took. */
export async function pointAt<W>(
  size: number,
  workers: readonly W[],
  seconds: number,
  work: (worker: W) => Promise<number>,
): Promise<Point> {
  const until = performance.now() + seconds * 1_000;
  const began = performance.now();
  const took: number[] = [];
  const units = await Promise.all(
    workers.map(async (worker) => {
      let done = 0;
      while (performance.now() < until) {
        const start = performance.now();
        done += await work(worker);
        took.push(performance.now() - start);
      }
      return done;
    }),
  );
  const sorted = Float64Array.from(took).sort();
  const at = (part: number): number => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? 0;
  return { size, rate: units.reduce((sum, n) => sum + n, 0) / ((performance.now() - began) / 1_000), p50_ms: at(0.5), p99_ms: at(0.99) };
}

export function render({ name, of, points }: Curve): string {
  const [first] = points;
  const lines = points.map(
    ({ size, rate, p50_ms, p99_ms, times_floor, spread }) =>
      `  ${size.toLocaleString('en').padStart(12)} ${of}: ${rate.toFixed(0).padStart(7)}/s, p50 ${p50_ms.toFixed(1)} ms, p99 ${p99_ms.toFixed(1)} ms, ` +
      `${(rate / (first?.rate ?? rate)).toFixed(2)} of the first` +
      (times_floor === undefined ? '' : `, ${times_floor.toFixed(1)}x COPY + UPDATE (spread ${((spread ?? 0) * 100).toFixed(0)} %)`),
  );
  return [name, ...lines].join('\n');
}
