import { larger, ok, refuse, type Amount, type Result } from '#kernel';
import type { Pool } from './pool.js';
import type { Report } from './report.js';
import type { Observation, PoolValidator } from './rewards.js';

/**
 * What one period can add to the balance of a validator at most: a sixteenth of it, and what a proposer may get for slashings that it includes.
 * Wide on purpose: what is merely unlikely is held for people before it comes here; this is what no chain can have done.
 */
const MOST_GAIN = { part: 16n, whole: 32n } as const;

/** Refusals: report.out_of_order, report.unknown_validator, report.inconsistent, report.balance_impossible. */
export function check(pool: Pool, report: Report, known: readonly PoolValidator[], largest: Amount | null): Result<null> {
  if (report.number !== pool.reportNumber + 1) {
    return refuse('report.out_of_order', `The next report of this pool is number ${pool.reportNumber + 1}.`, { number: report.number });
  }
  const validators = new Map(known.map((v) => [v.pubkey, v]));
  const seen = new Set<string>();
  for (const o of report.validators) {
    const validator = validators.get(o.pubkey);
    if (!validator)
      return refuse('report.unknown_validator', 'A validator is not of this pool, or not active in its books.', { pubkey: o.pubkey });
    const change = o.closing + o.withdrawn + o.consolidatedOut - o.opening - o.deposited - o.consolidatedIn;
    const sums = o.opening === validator.booked && o.reward === change && (!o.emptied || o.closing === 0n);
    if (!sums || seen.has(o.pubkey)) {
      return refuse('report.inconsistent', 'Opening, closing, withdrawn and reward do not add up to the books.', {
        pubkey: o.pubkey,
        booked: String(validator.booked),
      });
    }
    if (largest !== null && isImpossible(o, largest))
      return refuse('report.balance_impossible', 'A validator has more than the protocol lets it have.', { pubkey: o.pubkey });
    seen.add(o.pubkey);
  }
  const missing = known.find((v) => v.reported && !v.emptied && !seen.has(v.pubkey));
  return missing ? refuse('report.inconsistent', 'A validator of earlier reports is missing.', { pubkey: missing.pubkey }) : ok(null);
}

/**
 * What is above the largest balance that counts is swept out, so it can only be what came in just now; and no reward is a large part of it.
 * `largest`: 2048 ETH (chains.md §1.2), in base units; a thirty-second of it stands for what slashings may bring.
 */
function isImpossible(o: Observation, largest: Amount): boolean {
  const came = o.deposited + o.consolidatedIn;
  const mostGain = o.opening / MOST_GAIN.part + largest / (2n * MOST_GAIN.whole);
  return o.reward > mostGain + came || o.closing > larger<bigint>(o.opening, largest) + came + mostGain;
}
