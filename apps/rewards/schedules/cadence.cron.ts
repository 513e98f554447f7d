import { Cron } from 'croner';
import { ok, refuse, type Result } from '#kernel';

/** When something recurs: a cron expression of five fields on the wall clock of a time zone. `L` is the last day of a month. */
export interface Cadence {
  readonly cron: string;
  /** IANA. */
  readonly timeZone: string;
}

/** Occurrences that are due. */
export interface Due {
  readonly last: Date;
  /** How many there were; never counted beyond `MOST_COUNTED`. */
  readonly count: number;
}

/** Who was away for longer catches up as well, and is not counted any further. */
export const MOST_COUNTED = 1_000;
/** Covers each minute of a day and its neighbours. */
const LOOKED_AT = 1_500;
/** Five fields; no nicknames, and no `?`, which would mean the moment of reading. */
const FIELDS = /^([\dA-Za-z*,/#-]+ ){4}[\dA-Za-z*,/#-]+$/;
const ZONE = /^[A-Za-z][A-Za-z0-9_+-]*(\/[A-Za-z0-9_+-]+)*$/;

/**
 * Times without a wildcard are wall-clock times: what falls into the hour that is left out in spring comes at its end, what comes twice in
 * autumn counts the first time. With a wildcard or a step they are intervals, which run through both.
 */
const pattern = ({ cron, timeZone }: Cadence): Cron =>
  new Cron(cron, { timezone: timeZone, mode: '5-part', fixedTimeRule: 'no-wildcard', paused: true });

/** The first occurrence after a time; null when there is none. */
export const nextAfter = (cadence: Cadence, after: Date): Date | null => pattern(cadence).nextRun(after);

/** The next occurrences after a time. */
export const upcoming = (cadence: Cadence, after: Date, count: number): Date[] => pattern(cadence).nextRuns(count, after);

/** What is due at `now` and was not at `doneTo`; null when nothing is. */
export function dueBetween(cadence: Cadence, doneTo: Date, now: Date): Due | null {
  const cron = pattern(cadence);
  let [count, last]: [number, Date | null] = [0, null];
  for (let at = cron.nextRun(doneTo); at !== null && at <= now; at = cron.nextRun(at)) {
    last = at;
    if (++count >= MOST_COUNTED) break;
  }
  if (last === null) return null;
  if (count < MOST_COUNTED) return { last, count };
  const [latest = last] = cron.previousRuns(1, new Date(now.getTime() + 1)); // one of this very second counts
  return { last: latest, count };
}

/**
 * Whether a cadence can be lived by. Refusals: payout_schedule.bad_cron, payout_schedule.bad_time_zone, payout_schedule.never, and
 * payout_schedule.overlaps_itself where two occurrences are closer than `shortestMs`, so that one would begin within the other.
 */
export function checkCadence(cadence: Cadence, from: Date, shortestMs: number): Result<void> {
  if (!isTimeZone(cadence.timeZone))
    return refuse('payout_schedule.bad_time_zone', 'That is no time zone of the IANA database.', { timeZone: cadence.timeZone });
  const times = timesOf(cadence, from);
  if (times === null) return refuse('payout_schedule.bad_cron', 'That is no cron expression of five fields.', { cron: cadence.cron });
  if (times.length === 0) return refuse('payout_schedule.never', 'There is no such day.', { cron: cadence.cron });
  const close = times.findIndex((at, i) => i > 0 && at.getTime() - (times[i - 1]?.getTime() ?? 0) < shortestMs);
  if (close < 0) return ok(undefined);
  return refuse('payout_schedule.overlaps_itself', 'Two occurrences are closer together than a run may take.', {
    shortest_seconds: shortestMs / 1_000,
    first: times[close - 1]?.toISOString(),
    second: times[close]?.toISOString(),
  });
}

/** Any time zone that the runtime knows by a name of the IANA database; no bare offsets, which know no summer. */
export function isTimeZone(name: string): boolean {
  if (!ZONE.test(name)) return false;
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
    return true;
  } catch {
    return false;
  }
}

function timesOf(cadence: Cadence, from: Date): Date[] | null {
  if (!FIELDS.test(cadence.cron)) return null;
  try {
    return upcoming(cadence, from, LOOKED_AT);
  } catch {
    return null;
  }
}
