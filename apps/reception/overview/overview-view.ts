import { named } from '#http';
import type { AssetCode } from '#kernel';
import { type AssetOverview, buckets } from './overview.js';

/** `{ available: "5", available_atomic: "5000000000000000000", … }` */
export function wireAmounts(code: AssetCode, row: AssetOverview): Record<string, string> {
  const total = buckets.reduce((sum, bucket) => sum + row[bucket], 0n);
  const wired: object[] = [...buckets.map((bucket) => named(bucket, code, row[bucket])), named('total', code, total)];
  return Object.assign({}, ...wired) as Record<string, string>;
}
