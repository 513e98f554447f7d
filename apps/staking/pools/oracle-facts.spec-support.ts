/** What the independent model of a pool is told, and how it objects. */

/** How a quotient is made whole; a test breaks one on purpose. */
export type Round = (numerator: bigint, denominator: bigint) => bigint;
export const down: Round = (n, d) => n / d;
export const up: Round = (n, d) => (n + d - 1n) / d;
export interface Roundings {
  readonly mint: Round;
  readonly redeem: Round;
  readonly commission: Round;
}
export const LAWFUL: Roundings = { mint: down, redeem: down, commission: down };

export interface Balances {
  available: bigint;
  /** Reserved or on its way into a validator. */
  entering: bigint;
  shares: bigint;
  locked: bigint;
  rewards: bigint;
}
/** What the system under test says of itself. */
export interface Snapshot {
  readonly pool: Readonly<Record<(typeof figures)[number], bigint>>;
  readonly clients: ReadonlyMap<string, Balances>;
  /** Owed by index and not paid, in 10^-27 units. */
  readonly owed: ReadonlyMap<string, bigint>;
  /** What surrounds the pool. */
  readonly booked: bigint;
  readonly fillInFlight: bigint;
  readonly unminted: bigint;
}
export const figures = ['assets', 'shares', 'fixed', 'leaving', 'surplus', 'carried', 'loss', 'buffer', 'credited', 'collected'] as const;

interface Change {
  readonly pubkey: string;
  readonly change: bigint;
  readonly withdrawn: bigint;
  readonly emptied: boolean;
  readonly slashed: boolean;
  readonly operator: string | null;
}
export interface Told {
  readonly changes: readonly Change[];
  readonly executed: bigint;
  readonly fees: ReadonlyMap<string, number>;
  readonly covers: { bonds: Map<string, bigint>; fund: bigint; firstLoss: bigint };
  readonly current: boolean;
  /** The place from which on exits wait; null: none. */
  readonly until: bigint | null;
  readonly netting: boolean;
  readonly entries: readonly { readonly clientId: string; readonly amount: bigint }[];
  /** Stakes in no batch, in order. */
  readonly stakes: readonly { readonly clientId: string; readonly amount: bigint }[];
}
export const least = (a: bigint, b: bigint): bigint => (a < b ? a : b);
export function keep<T>(map: Map<string, T>, id: string, value: T): T {
  map.set(id, value);
  return value;
}
export class Difference extends Error {}
export function holds(law: string, it: boolean): void {
  if (!it) throw new Difference(law);
}
export const same = (what: string, seen: bigint, own: bigint): void => {
  holds(`${what}: ${seen} is not ${own}`, seen === own);
};
