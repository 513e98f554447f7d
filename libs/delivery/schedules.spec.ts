import { InvariantBroken } from '#kernel';
import type { Logger } from '#runtime';
import { eventually } from '#testing';
import { Schedules } from './schedules.js';

it('tells a broken invariant with an alarm, and other trouble without', async () => {
  const told: object[] = [];
  const note = (level: string) => (facts: object) => told.push({ level, ...facts });
  const log = { warn: note('warn'), error: note('error') } as unknown as Logger;
  const listener = { holds: () => Promise.resolve(true) };
  const trouble = new Error('trouble');
  const broken = new InvariantBroken('books.broken', { pool: 'a' });
  const works = [
    { name: 'one', everyMs: 60_000, work: () => Promise.reject(trouble) },
    { name: 'two', everyMs: 60_000, work: () => Promise.reject(broken) },
  ];
  const schedules = new Schedules('rewards', works, listener, log);
  schedules.start();
  await eventually(() => Promise.resolve(told.length === 2));
  await schedules.stop();
  expect(told).toEqual([
    { level: 'warn', err: trouble, schedule: 'one' },
    { level: 'error', alarm: true, err: broken, code: 'books.broken', schedule: 'two' },
  ]);
});
