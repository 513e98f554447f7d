/** What a row of the benchmark is. A new one: a file in rows/ that exports a BenchRow, and a line in rows/index.ts. */

/** What a contender finished, and how long each unit took where that was measured. */
export interface Finished {
  readonly units: number;
  readonly latenciesMs?: readonly number[];
}

export type Gate = 'rate' | 'cpu' | 'latency';

/** One way of doing the work. Runs until the deadline (performance.now(), ms) and says how many units it finished. */
export type Contender = (deadlineMs: number) => Promise<number | Finished>;

export interface BenchRow {
  readonly name: string;
  /** What a unit is, in the plural: `transfers`, `orders`. */
  readonly unit: string;
  /**
   * The least ratio ours / floor; `gate` says of what: units a second, PostgreSQL's CPU a unit (floor / ours), the least noisy figure, or the
   * median time of a unit (floor / ours), where what lies between units is not to count.
   */
  readonly target: number;
  readonly gate: Gate;
  /** The slowest hundredth must be faster than the floor's, too. */
  readonly tail?: true;
  prepare(bench: Bench): Promise<Prepared>;
}

export interface Prepared {
  readonly ours: Contender;
  readonly floor: Contender;
  /** Servers of ours in processes of their own, whose CPU a unit is shown too. */
  readonly servers?: { readonly ours: number; readonly floor: number };
  /** Closes what was opened; the database is thrown away. */
  readonly done: () => Promise<void>;
}

/** A migrated database of its own for the whole run. */
export interface Bench {
  /** As small as it can be: to see that it runs, not how fast. */
  readonly quick: boolean;
  /** URL as its owner. */
  readonly adminUrl: string;
  /** URL as a room's own role. */
  url(room: string): string;
  /** Rows of a query, as the database's owner. */
  rows<R extends object>(sql: string): Promise<R[]>;
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
  /** CPU of the servers' own processes, µs a unit; null where there are none. */
  readonly ours_server_us: number | null;
  readonly floor_server_us: number | null;
  /** Medians of the rounds' percentiles, ms; null where a unit's duration is not measured. */
  readonly ours_ms: Percentiles | null;
  readonly floor_ms: Percentiles | null;
  readonly target: number;
  readonly gate: Gate;
  readonly met: boolean;
}

export interface Percentiles {
  readonly p50: number;
  readonly p99: number;
}
