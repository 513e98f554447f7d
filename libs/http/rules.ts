import { ValidateBy, ValidateIf } from 'class-validator';

/** A date and a time of a real day with its offset from UTC (RFC 3339, section 5.6), of the years 1970 to 9998. A leap second is not taken. */
const INSTANT = /^(\d{4}-\d{2}-\d{2})T([01]\d|2[0-3]):[0-5]\d:[0-5]\d(\.\d{1,9})?(Z|[+-]([01]\d|2[0-3]):[0-5]\d)$/;
const DAY = /^(19[7-9]\d|[2-8]\d{3}|9[0-8]\d{2}|99[0-8]\d|999[0-8])-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])$/;

/** Whether a month has the day: 2026-02-30 is none. */
const isDay = (value: unknown): value is string => {
  if (typeof value !== 'string' || !DAY.test(value)) return false;
  const [year = 0, month = 0, day = 0] = value.split('-').map(Number);
  const leap = (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0;
  return day <= ([31, leap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][month - 1] ?? 0);
};
const isInstant = (value: unknown): boolean => {
  const [, day] = typeof value === 'string' ? (INSTANT.exec(value) ?? []) : [];
  return isDay(day);
};

/** A real day of the calendar as YYYY-MM-DD, of the years 1970 to 9998. */
export const IsCalendarDay = (): PropertyDecorator =>
  ValidateBy({
    name: 'isCalendarDay',
    validator: { validate: isDay, defaultMessage: () => '$property must be a day of the calendar as YYYY-MM-DD' },
  });

/** A moment that means the same everywhere: RFC 3339 with its offset. */
export const IsInstant = (): PropertyDecorator =>
  ValidateBy({
    name: 'isInstant',
    validator: {
      validate: isInstant,
      defaultMessage: () => '$property must be a date and time with its offset (RFC 3339), as 2026-01-31T08:00:00Z',
    },
  });

/** May be left out, and is no null: `IsOptional` of class-validator lets null through every other rule. */
export const MayBeAbsent = (): PropertyDecorator => ValidateIf((_, value: unknown) => value !== undefined);
