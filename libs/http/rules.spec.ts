import 'reflect-metadata';
import { IsString, validateSync } from 'class-validator';
import { IsCalendarDay, IsInstant, MayBeAbsent } from './rules.js';

class Body {
  @IsCalendarDay() day: unknown = '2026-01-01';
  @IsInstant() at: unknown = '2026-01-01T00:00:00Z';
  @MayBeAbsent() @IsString() note: unknown;
}
const wrong = (change: Partial<Body>): string[] => validateSync(Object.assign(new Body(), change)).map(({ property }) => property);

it.each(['2026-02-28', '2024-02-29', '2000-02-29', '2026-12-31', '1970-01-01'])('takes the day %s', (day) => {
  expect(wrong({ day, at: `${day}T23:59:59.5+08:00` })).toEqual([]);
});
it.each([
  '2026-02-30',
  '2026-02-29',
  '1900-02-29',
  '2026-04-31',
  '2026-13-01',
  '2026-00-10',
  '2026-01-00',
  '26-01-01',
  '9999-12-31',
  ' 2026-01-01',
  null,
  20260101,
  ['2026-01-01'],
])('takes no day %p', (day) => {
  expect(wrong({ day })).toEqual(['day']);
  expect(wrong({ at: `${String(day)}T00:00:00Z` })).toEqual(Array.isArray(day) ? [] : ['at']);
});
it.each([
  '2027-W50',
  '2026-01-01',
  '2026-01-01T00:00:00',
  '2026-01-01T24:00:00Z',
  '2026-01-01T00:60:00Z',
  '2026-01-01T23:59:60Z',
  '20260101T000000Z',
  '2026-001T00:00:00Z',
  '2026-01-01 00:00:00Z',
  '2026-01-01T00:00Z',
  '2026-01-01T00:00:00+24:00',
  '2026-01-01T00:00:00z',
  0,
  null,
  {},
])('takes no moment %p', (at) => {
  expect(wrong({ at })).toEqual(['at']);
});
it('takes what is left out and no null', () => {
  expect(wrong({})).toEqual([]);
  expect(wrong({ note: null })).toEqual(['note']);
  expect(wrong({ note: 1 })).toEqual(['note']);
});
