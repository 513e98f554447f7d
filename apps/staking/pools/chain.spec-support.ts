/** What a simulated chain lets a report see of its validators. */
import { amount, delta, larger, smaller, type Amount } from '#kernel';
import type { Observation, PoolValidator } from './rewards.js';

export const ETH = 10n ** 18n;
export const VALIDATOR = amount(32n * ETH);

/** What happens to one validator in a period. */
interface Seen {
  /** Its reward, where it has so much to lose. */
  readonly wish: bigint;
  /** What it was asked for as principal. */
  readonly asked: Amount | null;
  readonly deposited: Amount;
  readonly consolidatedIn: Amount;
  readonly consolidatedOut: Amount;
  readonly swept: boolean;
  readonly emptied: boolean;
}

export function observe(v: PoolValidator, { wish, deposited, consolidatedIn, consolidatedOut, ...seen }: Seen): Observation {
  const reward = larger<bigint>(wish, 0n - v.booked);
  const held = v.booked + reward + deposited + consolidatedIn - consolidatedOut;
  const merged = consolidatedOut > 0n;
  const emptied = seen.emptied || (merged && (seen.swept || held === 0n));
  const asked = smaller<bigint>(seen.asked ?? 0n, larger<bigint>(held - VALIDATOR, 0n));
  const kept = v.principal + deposited + consolidatedIn; // a gift stays in until it is swept as reward
  const above = seen.asked === null ? larger<bigint>(held - kept, 0n) : 0n;
  const withdrawn = emptied ? held : seen.swept && !merged ? asked + above : 0n;
  return {
    pubkey: v.pubkey,
    opening: v.booked,
    closing: amount(held - withdrawn),
    withdrawn: amount(withdrawn),
    deposited,
    consolidatedIn,
    consolidatedOut,
    reward: delta(reward),
    emptied,
  };
}

/** What counts of the source goes into the target, no more than it has: whole ETH, or all where a little is missing to the next. */
export function mergeNow(
  mergers: ReadonlyMap<string, string>,
  living: readonly PoolValidator[],
  wish: (i: number) => bigint,
): { readonly source: string; readonly target: string; readonly units: bigint } | null {
  const [merger] = mergers;
  const i = living.findIndex((v) => v.pubkey === merger?.[0]);
  const source = living[i];
  if (!merger || !source || !living.some((v) => v.pubkey === merger[1])) return null;
  const held = larger<bigint>(source.booked + wish(i), 0n);
  const units = held % 2n === 0n ? held - (held % ETH) : held;
  return units === 0n ? null : { source: merger[0], target: merger[1], units };
}
