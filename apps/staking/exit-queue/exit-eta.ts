import { asset, formatDecimal, larger, type AssetCode } from '#kernel';
import type { EtaView } from '../orders/operation-view.js';

/** How often reports come, from when the last ones were applied. */
export interface Cadence {
  readonly seconds: number;
  readonly samples: number;
  /** Since the last one. */
  readonly sinceLast: number;
}
/** What the time until an exit is paid depends on, in base units. */
export interface ExitFacts {
  readonly asset: AssetCode;
  /** What is paid first, and what it is owed itself at most. */
  readonly before: bigint;
  readonly own: bigint;
  readonly finalised: boolean;
  readonly buffer: bigint;
  /** Stakes that would pay it by netting; null where nothing is netted. */
  readonly entering: bigint | null;
  /** Principal of validators and partial withdrawals that are on their way out already. */
  readonly leaving: bigint;
  readonly cadence: Cadence | null;
}

/** By what it will be paid. `extra`: what must still be asked of the chain beyond what is leaving. */
export type Route =
  { readonly by: 'settlement' | 'buffer' } | { readonly by: 'netting' | 'leaving' | 'validators'; readonly extra: bigint };

/** The nearest money that is enough for it and all before it. */
export function routeOf({ before, own, finalised, buffer, entering, leaving }: ExitFacts): Route {
  if (finalised) return { by: 'settlement' };
  const missing = before + own - buffer;
  if (missing <= 0n) return { by: 'buffer' };
  const extra = larger(missing - leaving, 0n);
  if (entering !== null && entering >= missing) return { by: 'netting', extra };
  return { by: extra === 0n ? 'leaving' : 'validators', extra };
}

/** Settling one by one: a chunk a second at the least, and never long. */
const SETTLING = { p50: 2, p90: 60 };

interface Wait {
  readonly p50: number;
  readonly p90: number;
}
/** Until the next report: half of them come before their time is up, the others may be one more late. */
function nextReport(cadence: Cadence | null): Wait {
  if (cadence === null) return { p50: 0, p90: 0 };
  const left = Math.max(cadence.seconds - cadence.sinceLast, 0);
  return { p50: left, p90: left + cadence.seconds };
}
/** From money that arrives at any time to the report that counts it. */
const countedBy = (cadence: Cadence | null): Wait => ({ p50: (cadence?.seconds ?? 0) / 2, p90: cadence?.seconds ?? 0 });

/** Seconds from now, and what they were worked out from. `chain`: how long what is asked of it now takes; null where it does not answer and is needed. */
export function etaOf(facts: ExitFacts, route: Route, chain: EtaView | null): EtaView | null {
  const say = (units: bigint): string => `${formatDecimal(asset(facts.asset), units)} ${facts.asset}`;
  const queue = `${say(facts.before)} before it in the queue and ${say(facts.own)} of its own; the buffer holds ${say(facts.buffer)}`;
  const every = facts.cadence
    ? `reports came every ${Math.round(facts.cadence.seconds)} seconds (median of ${facts.cadence.samples}), the last ${Math.round(facts.cadence.sinceLast)} seconds ago`
    : 'how often reports come is not known yet';
  const next = nextReport(facts.cadence);
  const counted = countedBy(facts.cadence);
  const seconds = (p50: number, p90: number, basis: string): EtaView => ({
    p50_seconds: Math.ceil(p50),
    p90_seconds: Math.ceil(p90),
    basis,
  });
  if (route.by === 'settlement') return seconds(SETTLING.p50, SETTLING.p90, 'its rate is final; it is being credited');
  if (route.by === 'buffer') return seconds(next.p50, next.p90, `${queue}: paid by the next report; ${every}`);
  if (chain === null || !('extra' in route)) return null;
  const byChain = { p50: chain.p50_seconds + counted.p50, p90: chain.p90_seconds + counted.p90 };
  if (route.by === 'netting')
    return seconds(
      next.p50,
      Math.max(byChain.p90, next.p90),
      `${queue}; stakes of ${say(facts.entering ?? 0n)} that wait would pay it by the next report, and if they are gone by then validators do; ${every}; ${chain.basis}`,
    );
  const leaving = `${say(facts.leaving)} is on its way out of validators`;
  const asked = route.by === 'leaving' ? leaving : `${leaving}, and ${say(route.extra)} more must be asked of them`;
  return seconds(byChain.p50, byChain.p90, `${queue}; ${asked}; ${chain.basis}; then by the next report; ${every}`);
}

/** Median time between reports, from when each was applied, newest first. Null from fewer than two. */
export function cadenceOf(appliedAt: readonly Date[], now: Date): Cadence | null {
  const [last] = appliedAt;
  const gaps = appliedAt.slice(1).map((at, i) => ((appliedAt[i] ?? at).getTime() - at.getTime()) / 1_000);
  const sorted = gaps.sort((a, b) => a - b);
  const median = sorted[Math.floor(sorted.length / 2)];
  if (last === undefined || median === undefined) return null;
  return { seconds: median, samples: sorted.length, sinceLast: Math.max((now.getTime() - last.getTime()) / 1_000, 0) };
}
