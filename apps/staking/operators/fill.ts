import { smaller } from '#kernel';

/** Something that is filled up to a cap. Amounts in any one unit. */
export interface Bucket {
  readonly id: string;
  readonly filled: bigint;
  readonly cap: bigint;
}

/**
 * Who gets how much of `amount`: the least filled rises to the next level or its cap; where several stand at one level, the first of them by
 * name takes its part of what is left, rounded up. In the order given; the answer does not depend on it. What no cap has room for is left.
 */
export function fillLeastFirst(buckets: readonly Bucket[], amount: bigint): Map<string, bigint> {
  const given = new Map(buckets.map(({ id }) => [id, 0n]));
  const level = new Map(buckets.map(({ id, filled }) => [id, filled]));
  const of = (id: string): bigint => level.get(id) ?? 0n;
  let left = amount;
  while (left > 0n) {
    const open = buckets.filter(({ id, cap }) => of(id) < cap);
    const lowest = open.reduce<bigint | null>((low, { id }) => (low === null || of(id) < low ? of(id) : low), null);
    if (lowest === null) break;
    const tied = open.filter(({ id }) => of(id) === lowest);
    const next = tied.reduce((first, bucket) => (bucket.id < first.id ? bucket : first));
    const above = buckets.map(({ id }) => of(id)).filter((at) => at > lowest);
    const ceiling = above.reduce((low, at) => smaller(low, at), next.cap);
    const count = BigInt(tied.length);
    const part = smaller((left + count - 1n) / count, smaller(ceiling, next.cap) - lowest);
    level.set(next.id, lowest + part);
    given.set(next.id, (given.get(next.id) ?? 0n) + part);
    left -= part;
  }
  return given;
}
