import fc from 'fast-check';
import { checkCadence, dueBetween, MOST_COUNTED, nextAfter, upcoming, type Cadence } from './cadence.cron.js';
import { dayAfter, firstInstantOf, type LocalDay } from './wall-clock.spec-support.js';

const zones = [
  ...[
    'UTC',
    'Asia/Hong_Kong',
    'Europe/Berlin',
    'Europe/London',
    'America/New_York',
    'America/St_Johns',
    'Australia/Lord_Howe',
    'Asia/Kolkata',
  ],
  // summer begins at midnight: the day has none
  ...['Africa/Cairo', 'America/Havana', 'Asia/Beirut', 'America/Santiago'],
  ...['Pacific/Chatham', 'Pacific/Kiritimati', 'Pacific/Apia', 'America/Sao_Paulo', 'Asia/Tehran', 'Africa/Casablanca'],
];
const zone = fc.constantFrom(...zones);
const year = fc.integer({ min: 2019, max: 2036 });
const hour = fc.integer({ min: 0, max: 23 });
const minute = fc.integer({ min: 0, max: 59 });
const iso = (times: readonly Date[]): string[] => times.map((at) => at.toISOString());
const HOUR = 3_600_000;
const code = (cadence: Cadence, shortestMs = HOUR): string | null => {
  const checked = checkCadence(cadence, new Date('2026-01-01T00:00:00Z'), shortestMs);
  return checked.ok ? null : checked.refusal.code;
};

describe('a time of day', () => {
  it('comes once each local day of any year in any zone, as worked out without the library', () => {
    fc.assert(
      fc.property(zone, year, hour, minute, (timeZone, y, h, m) => {
        const before = firstInstantOf({ year: y - 1, month: 12, day: 30 }, h, m, timeZone);
        const expected: string[] = [];
        for (let day: LocalDay = { year: y - 1, month: 12, day: 31 }; day.year <= y; day = dayAfter(day))
          expected.push(firstInstantOf(day, h, m, timeZone).toISOString());
        expect(iso(upcoming({ cron: `${m} ${h} * * *`, timeZone }, before, expected.length))).toEqual(expected);
      }),
      { numRuns: 60 },
    );
  });

  it('in the hour that is left out comes at its end, in the hour that comes twice the first time', () => {
    const berlin = { cron: '30 2 * * *', timeZone: 'Europe/Berlin' };
    expect(iso(upcoming(berlin, new Date('2026-03-28T12:00:00Z'), 2))).toEqual(['2026-03-29T01:00:00.000Z', '2026-03-30T00:30:00.000Z']);
    expect(iso(upcoming(berlin, new Date('2026-10-24T12:00:00Z'), 2))).toEqual(['2026-10-25T00:30:00.000Z', '2026-10-26T01:30:00.000Z']);
  });

  it('of several a day never makes two of one moment', () => {
    fc.assert(
      fc.property(zone, year, fc.uniqueArray(hour, { minLength: 1, maxLength: 6 }), minute, (timeZone, y, hours, m) => {
        const times = upcoming({ cron: `${m} ${hours.join(',')} * * *`, timeZone }, new Date(Date.UTC(y, 0, 1)), hours.length * 366);
        expect(times.every((at, i) => i === 0 || at > (times[i - 1] ?? at))).toBe(true);
      }),
      { numRuns: 30 },
    );
  });
});

describe('a day of the month', () => {
  it('that is the last is the last of each month, in leap years too', () => {
    fc.assert(
      fc.property(zone, year, hour, minute, (timeZone, y, h, m) => {
        const before = firstInstantOf({ year: y - 1, month: 12, day: 31 }, h, m, timeZone);
        const expected = Array.from({ length: 12 }, (_, i) => {
          const day = new Date(Date.UTC(y, i + 1, 0)).getUTCDate();
          return firstInstantOf({ year: y, month: i + 1, day }, h, m, timeZone).toISOString();
        });
        expect(iso(upcoming({ cron: `${m} ${h} L * *`, timeZone }, before, 12))).toEqual(expected);
      }),
      { numRuns: 60 },
    );
  });

  it('that few have comes where it is: the 31st, and the 29th of February', () => {
    const from = new Date('2027-01-01T00:00:00Z');
    expect(iso(upcoming({ cron: '0 0 29 2 *', timeZone: 'UTC' }, from, 2))).toEqual([
      '2028-02-29T00:00:00.000Z',
      '2032-02-29T00:00:00.000Z',
    ]);
    expect(upcoming({ cron: '0 0 31 * *', timeZone: 'UTC' }, from, 7).map((at) => at.getUTCMonth() + 1)).toEqual([1, 3, 5, 7, 8, 10, 12]);
  });
});

describe('what is due', () => {
  const nightly = { cron: '0 3 * * *', timeZone: 'Europe/Berlin' };

  it('after a downtime is the last occurrence and how many there were, so that one run stands for them all', () => {
    const doneTo = new Date('2026-03-25T02:00:00Z');
    expect(dueBetween(nightly, doneTo, new Date('2026-03-26T01:59:59.999Z'))).toBeNull();
    expect(dueBetween(nightly, doneTo, new Date('2026-03-26T02:00:00Z'))).toEqual({ last: new Date('2026-03-26T02:00:00Z'), count: 1 });
    expect(dueBetween(nightly, doneTo, new Date('2026-04-01T12:00:00Z'))).toEqual({ last: new Date('2026-04-01T01:00:00Z'), count: 7 });
    expect(dueBetween(nightly, new Date('2026-04-01T01:00:00Z'), new Date('2026-04-01T12:00:00Z'))).toBeNull();
  });

  it('however long the downtime was', () => {
    const due = dueBetween({ cron: '* * * * *', timeZone: 'UTC' }, new Date('2025-01-01T00:00:00Z'), new Date('2026-01-01T00:00:00Z'));
    expect(due).toEqual({ last: new Date('2026-01-01T00:00:00Z'), count: MOST_COUNTED });
  });

  it('is looked at in any order of looks with the same result', () => {
    fc.assert(
      fc.property(zone, fc.array(fc.integer({ min: 1, max: 100 * HOUR }), { minLength: 1, maxLength: 15 }), (timeZone, steps) => {
        const cadence = { cron: '15 0,12 * * *', timeZone };
        const start = new Date('2026-03-20T00:00:00Z');
        let [doneTo, now, total] = [start, start, 0];
        for (const ms of steps) {
          now = new Date(now.getTime() + ms);
          const due = dueBetween(cadence, doneTo, now);
          total += due?.count ?? 0;
          doneTo = due?.last ?? doneTo;
        }
        const whole = dueBetween(cadence, start, now);
        expect({ total, doneTo }).toEqual({ total: whole?.count ?? 0, doneTo: whole?.last ?? start });
        expect(nextAfter(cadence, doneTo)?.getTime()).toBeGreaterThan(now.getTime());
      }),
      { numRuns: 60 },
    );
  });
});

describe('a cadence is refused', () => {
  it('that is none', () => {
    for (const cron of [
      '',
      'x',
      'now',
      '@daily',
      '* * * *',
      '* * * * * *',
      '60 * * * *',
      '0 24 * * *',
      '0 0 32 * *',
      '0 0 0 * *',
      '2026-01-01T00:00:00Z',
      '? 0 * * *',
      ' 0 0 * * *',
    ])
      expect([cron, code({ cron, timeZone: 'UTC' })]).toEqual([cron, 'payout_schedule.bad_cron']);
  });
  it('in a zone that there is not', () => {
    for (const timeZone of ['', 'Nowhere/Land', '+02:00', 'UTC; DROP', '../etc', 'Europe/'])
      expect([timeZone, code({ cron: '0 3 * * *', timeZone })]).toEqual([timeZone, 'payout_schedule.bad_time_zone']);
  });
  it('that never comes', () => expect(code({ cron: '0 0 30 2 *', timeZone: 'UTC' })).toBe('payout_schedule.never'));
  it('that overlaps itself', () => {
    expect(code({ cron: '* * * * *', timeZone: 'UTC' })).toBe('payout_schedule.overlaps_itself');
    expect(code({ cron: '0,30 3 * * *', timeZone: 'UTC' })).toBe('payout_schedule.overlaps_itself');
    expect(code({ cron: '58,0 0,23 * * *', timeZone: 'UTC' })).toBe('payout_schedule.overlaps_itself');
    expect(code({ cron: '0,1 3 1 1 *', timeZone: 'UTC' })).toBe('payout_schedule.overlaps_itself');
    expect(code({ cron: '0 * * * *', timeZone: 'Europe/Berlin' })).toBeNull();
    expect(code({ cron: '* * * * *', timeZone: 'UTC' }, 60_000)).toBeNull();
  });
});
