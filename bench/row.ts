/** What a row of the benchmark is. A new one: a file in rows/ that exports a BenchRow, and a line in rows/index.ts. */

/** One way of doing the work. Runs until the deadline (performance.now(), ms) and says how many units it finished. */
export type Contender = (deadlineMs: number) => Promise<number>;

export interface BenchRow {
  readonly name: string;
  /** What a unit is, in the plural: `transfers`, `orders`. */
  readonly unit: string;
  /** The least ratio ours / floor; `gate` says of what: units a second, or PostgreSQL's CPU a unit (floor / ours), the least noisy figure. */
  readonly target: number;
  readonly gate: 'rate' | 'cpu';
  prepare(bench: Bench): Promise<Prepared>;
}

export interface Prepared {
  readonly ours: Contender;
  readonly floor: Contender;
  /** Closes what was opened; the database is thrown away. */
  readonly done: () => Promise<void>;
}

/** A migrated database of its own for the whole run. */
export interface Bench {
  /** URL as its owner. */
  readonly adminUrl: string;
  /** URL as a room's own role. */
  url(room: string): string;
  /** For what rows share: runs once, before the database goes. */
  beforeClose(work: () => Promise<void>): void;
}

export interface Figures {
  readonly name: string;
  readonly unit: string;
  /** Medians of the rounds, units a second. */
  readonly ours: number;
  readonly floor: number;
  /** Median of the rounds' ratios ours / floor. */
  readonly ratio: number;
  /** (largest − smallest ratio) / median. */
  readonly spread: number;
  /** CPU of PostgreSQL's backends, µs a unit; null where /proc cannot be read. */
  readonly ours_cpu_us: number | null;
  readonly floor_cpu_us: number | null;
  readonly cpu_ratio: number | null;
  readonly target: number;
  readonly gate: 'rate' | 'cpu';
  readonly met: boolean;
}
