export interface LocalDay {
  readonly year: number;
  /** From 1. */
  readonly month: number;
  readonly day: number;
}

const MINUTE = 60_000;
const formats = new Map<string, Intl.DateTimeFormat>();

/** What the clock on the wall shows, as if it were UTC. */
function shown(at: number, timeZone: string): number {
  let format = formats.get(timeZone);
  if (!format) {
    const numeric = 'numeric';
    format = new Intl.DateTimeFormat('en-US', {
      ...{ timeZone, hourCycle: 'h23', calendar: 'gregory', year: numeric },
      ...{ month: numeric, day: numeric, hour: numeric, minute: numeric, second: numeric },
    });
    formats.set(timeZone, format);
  }
  const part = Object.fromEntries(format.formatToParts(at).map(({ type, value }) => [type, Number(value)]));
  return Date.UTC(part['year'] ?? 0, (part['month'] ?? 1) - 1, part['day'], part['hour'], part['minute'], part['second']);
}

/** The first moment at which the wall clock of a zone shows that time of that day; where it jumps over it, the moment of the jump. */
export function firstInstantOf({ year, month, day }: LocalDay, hour: number, minute: number, timeZone: string): Date {
  const wanted = Date.UTC(year, month - 1, day, hour, minute);
  // no zone is further than 15 hours from UTC
  const offsets = new Set([-15, 0, 15].map((hours) => wanted + hours * 60 * MINUTE).map((at) => shown(at, timeZone) - at));
  const moments = [...offsets].map((offset) => wanted - offset).filter((at) => shown(at, timeZone) === wanted);
  if (moments.length > 0) return new Date(Math.min(...moments));
  let [before, after] = [wanted - 15 * 60 * MINUTE, wanted + 15 * 60 * MINUTE];
  while (after - before > MINUTE) {
    const middle = before + Math.floor((after - before) / 2 / MINUTE) * MINUTE;
    if (shown(middle, timeZone) < wanted) before = middle;
    else after = middle;
  }
  return new Date(after);
}

export function dayAfter({ year, month, day }: LocalDay): LocalDay {
  const next = new Date(Date.UTC(year, month - 1, day + 1));
  return { year: next.getUTCFullYear(), month: next.getUTCMonth() + 1, day: next.getUTCDate() };
}
