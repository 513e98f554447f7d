/** Time is injected, so that tests and the simulation own it. */
export interface Clock {
  now(): Date;
}

export const systemClock: Clock = { now: () => new Date() };

/** RFC 3339 in UTC, as on the wire. */
export const timestamp = (at: Date): string => at.toISOString();
