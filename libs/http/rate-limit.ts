import type { Clock } from '#kernel';

interface Bucket {
  tokens: number;
  at: number;
}
export interface Allowance {
  readonly allowed: boolean;
  readonly limit: number;
  readonly remaining: number;
  /** Seconds until one more request would pass. */
  readonly retryAfterSeconds: number;
}

/** A token bucket a caller, in memory: a minute's worth may come at once. Each instance of a room counts for itself. */
export class RateLimiter {
  private readonly buckets = new Map<string, Bucket>();

  /** `perMinute` 0 switches it off. */
  constructor(
    private readonly perMinute: number,
    private readonly clock: Clock,
    private readonly maxCallers = 100_000,
  ) {}

  take(caller: string): Allowance {
    if (this.perMinute === 0) return { allowed: true, limit: 0, remaining: 0, retryAfterSeconds: 0 };
    const now = this.clock.now().getTime();
    const bucket = this.bucket(caller, now);
    bucket.tokens = Math.min(this.perMinute, bucket.tokens + (Math.max(0, now - bucket.at) * this.perMinute) / 60_000);
    bucket.at = now;
    const allowed = bucket.tokens >= 1;
    if (allowed) bucket.tokens -= 1;
    const wait = allowed ? 0 : Math.max(1, Math.ceil(((1 - bucket.tokens) * 60) / this.perMinute));
    return { allowed, limit: this.perMinute, remaining: Math.floor(bucket.tokens), retryAfterSeconds: wait };
  }

  private bucket(caller: string, now: number): Bucket {
    const known = this.buckets.get(caller);
    if (known) return known;
    if (this.buckets.size >= this.maxCallers) this.forgetIdle(now);
    const fresh = { tokens: this.perMinute, at: now };
    this.buckets.set(caller, fresh);
    return fresh;
  }

  /** A bucket untouched for a minute is full again: forgetting it changes nothing. Failing that, the oldest goes. */
  private forgetIdle(now: number): void {
    for (const [caller, bucket] of this.buckets) if (now - bucket.at >= 60_000) this.buckets.delete(caller);
    const [oldest] = this.buckets.keys();
    if (this.buckets.size >= this.maxCallers && oldest !== undefined) this.buckets.delete(oldest);
  }
}
