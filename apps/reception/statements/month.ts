import { ok, refuse, type Result } from '#kernel';

/** [from, to); from the beginning when `from` is null. */
export interface Period {
  readonly from: Date | null;
  readonly to: Date;
}

/** A calendar month in UTC, `YYYY-MM`. */
export interface Month {
  readonly name: string;
  readonly from: Date;
  readonly to: Date;
  /** Its last day, `YYYY-MM-DD`. */
  readonly through: string;
}

const FIRST_YEAR = 2015;

/** Refusal: statement.month_unknown. */
export function monthOf(name: string): Result<Month> {
  const match = /^(\d{4})-(0[1-9]|1[0-2])$/.exec(name);
  const year = Number(match?.[1]);
  if (!match || year < FIRST_YEAR) return refuse('statement.month_unknown', 'A month is written YYYY-MM.', { month: name.slice(0, 16) });
  const from = new Date(Date.UTC(year, Number(match[2]) - 1));
  const to = new Date(Date.UTC(year, Number(match[2])));
  return ok({ name, from, to, through: new Date(to.getTime() - 1).toISOString().slice(0, 10) });
}

/** The month that a moment lies in. */
export function monthAt(at: Date): Month {
  const month = monthOf(at.toISOString().slice(0, 7));
  if (!month.ok) throw new RangeError(month.refusal.detail);
  return month.value;
}

export const monthAfter = (month: Month): Month => monthAt(month.to);

/** Refusals: statement.month_unknown, statement.month_future, statement.month_not_over. */
export function monthOver(name: string, now: Date): Result<Month> {
  const month = monthOf(name);
  if (!month.ok) return month;
  if (month.value.from > now) return refuse('statement.month_future', 'This month has not begun.', { month: name });
  if (month.value.to > now)
    return refuse('statement.month_not_over', 'This month is not over. Ask for a period instead.', {
      month: name,
      overAt: month.value.to.toISOString(),
    });
  return month;
}

/** Refusals: statement.period_invalid (no such time, ends before it begins, or in the future). */
export function periodOf(from: string | undefined, to: string | undefined, now: Date): Result<Period> {
  const period = { from: from === undefined ? null : new Date(from), to: to === undefined ? now : new Date(to) };
  const known = (text: string | undefined, at: Date | null): boolean =>
    text === undefined || (at !== null && !Number.isNaN(at.getTime()) && at.toISOString().startsWith(text.slice(0, 10)));
  if (!known(from, period.from) || !known(to, period.to)) return refuse('statement.period_invalid', 'There is no such day or time.');
  if (period.from && period.from > period.to) return refuse('statement.period_invalid', 'The period ends before it begins.');
  if (period.to > now) return refuse('statement.period_invalid', 'The period ends in the future.');
  return ok(period);
}
