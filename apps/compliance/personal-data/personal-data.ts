/** What a client tells about itself. It lives encrypted in this room's schema and nowhere else: no message, audit row, log line or URL. */
import { ok, refuse, type Result } from '#kernel';
import { normalisedName } from '../screening/normalise.js';

export interface PersonalData {
  readonly fullName: string;
  /** YYYY-MM-DD */
  readonly dateOfBirth: string;
  /** ISO 3166-1 alpha-2, as is `residence`. */
  readonly nationality: string;
  readonly residence: string;
  readonly occupation: string | null;
  readonly sourceOfFunds: string;
}

export const personalFields = ['fullName', 'dateOfBirth', 'nationality', 'residence', 'occupation', 'sourceOfFunds'] as const;

/** One text for one content: what the input hash of a screening is taken over. */
export const canonical = (data: PersonalData): string => JSON.stringify(personalFields.map((field) => data[field]));

/**
 * Text as people typed it, without what does not show: control characters, direction overrides and other invisible ones (the joiners stay,
 * some scripts need them), runs of white space as one space.
 */
export const cleanText = (text: string): string =>
  text
    .normalize('NFC')
    .replace(/\s+/gu, ' ')
    .replace(/(?![\u200c\u200d])[\p{Cc}\p{Cf}\p{Cs}]/gu, '')
    .trim();

export const ADULT_YEARS = 18;
const OLDEST_YEARS = 130;
const DATE = /^(\d{4})-(\d{2})-(\d{2})$/;

/** A calendar date written YYYY-MM-DD that exists (no 30 February), as its three numbers. */
export function calendarDate(text: string): [number, number, number] | null {
  const match = DATE.exec(text);
  if (!match) return null;
  const [year, month, day] = [Number(match[1]), Number(match[2]), Number(match[3])];
  const leap = (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0;
  const days = [31, leap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][month - 1];
  return days !== undefined && year > 0 && day >= 1 && day <= days ? [year, month, day] : null;
}

/** Whole years from a date of birth to today (UTC). Somebody born on 29 February turns a year older on 1 March of a common year. */
export function ageOn(birth: readonly [number, number, number], today: Date): number {
  const [year, month, day] = birth;
  const had = today.getUTCMonth() + 1 > month || (today.getUTCMonth() + 1 === month && today.getUTCDate() >= day);
  return today.getUTCFullYear() - year - (had ? 0 : 1);
}

/** Refusals: `application.date_of_birth_invalid`, `application.under_age`, `application.name_invalid`. */
export function checkPersonalData(data: PersonalData, today: Date): Result<void> {
  const birth = calendarDate(data.dateOfBirth);
  if (!birth) return refuse('application.date_of_birth_invalid', 'date_of_birth is a calendar date, YYYY-MM-DD.');
  const age = ageOn(birth, today);
  if (age < 0 || age > OLDEST_YEARS) return refuse('application.date_of_birth_invalid', 'date_of_birth cannot be right.');
  if (age < ADULT_YEARS) return refuse('application.under_age', `An applicant is at least ${ADULT_YEARS} years old.`);
  if (!/\p{L}/u.test(normalisedName(data.fullName))) return refuse('application.name_invalid', 'full_name has at least one letter.');
  return ok(undefined);
}
