import type { Clock } from '#kernel';

/** Time that moves only when told to. */
export class FakeClock implements Clock {
  constructor(private at: Date = new Date('2026-01-05T09:00:00.000Z')) {}
  now(): Date {
    return new Date(this.at);
  }
  advance(ms: number): void {
    this.at = new Date(this.at.getTime() + ms);
  }
  set(at: Date): void {
    this.at = at;
  }
}
