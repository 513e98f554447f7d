import { seeded } from '../soak/soak-suite.js';

/** Everything random of a simulation comes from here, so that a seed tells the same story again. */
export class Random {
  private readonly next: () => number;
  constructor(seed: number) {
    this.next = seeded(seed);
  }
  /** In [0, 1). */
  fraction(): number {
    return this.next();
  }
  /** A whole number from 0 to below `end`. */
  below(end: number): number {
    return Math.floor(this.next() * end);
  }
  chance(probability: number): boolean {
    return this.next() < probability;
  }
  one<T>(list: readonly T[]): T {
    const item = list[this.below(list.length)];
    if (item === undefined) throw new Error('nothing to choose from');
    return item;
  }
  /** By weight. */
  pick<T extends string>(weights: Readonly<Record<T, number>>): T {
    const entries = Object.entries(weights) as [T, number][];
    let left = this.next() * entries.reduce((sum, [, weight]) => sum + weight, 0);
    for (const [name, weight] of entries) if ((left -= weight) < 0) return name;
    return entries[0]?.[0] as T;
  }
  /** Wei between the two, small ones as likely as large ones; never round, so that divisions leave something over. */
  wei(least: bigint, most: bigint): bigint {
    const scale = Math.exp(this.next() * Math.log(Number(most) / Number(least)));
    return (least * BigInt(Math.floor(scale * 1e6))) / 1_000_000n + BigInt(this.below(1_000_003));
  }
  bytes(count: number): Uint8Array {
    return Uint8Array.from({ length: count }, () => this.below(256));
  }
}
