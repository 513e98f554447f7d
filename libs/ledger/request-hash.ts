import { createHash } from 'node:crypto';
import { accountKinds, transferKinds } from './chart/chart.js';
import { assets } from '#kernel';
import type { AccountRef, Posting } from './ledger.js';

/** Where a posting stands in its group: 1 of 1 when it is alone. */
export interface Place {
  readonly position: number;
  readonly size: number;
}

const named = (ref: AccountRef): string =>
  `${accountKinds[ref.kind].code}:${assets[ref.asset].id}:${Buffer.byteLength(ref.owner)}:${ref.owner}`;

/**
 * What makes a repeated key the same request: kind, both accounts by name, amount, effective time (ms), reference and the place in its group.
 * Computed here and not in SQL: the database compares and stores it, and its time is the one that many share. By name, not by number, so
 * that the same request hashes alike in any database.
 */
export function requestHash(posting: Posting, place: Place): Buffer {
  const text = [
    'v1',
    transferKinds[posting.kind].code,
    named(posting.debit),
    named(posting.credit),
    posting.amount.toString(),
    posting.effectiveAt.getTime(),
    posting.reference.toLowerCase(),
    `${place.position}/${place.size}`,
  ].join('|');
  return createHash('sha256').update(text).digest();
}
