/** reverse(): takes back what a posting moved. A correction is a new row; nothing that happened is changed. */
import { createHash } from 'node:crypto';
import { InvariantBroken } from '#kernel';
import type { EntityManager } from 'typeorm';

export interface Reversal {
  /** Idempotency key, as of a posting. */
  readonly key: string;
  /** Key of any posting of the journal: the posting alone, or all of its group, are taken back. */
  readonly original: string;
  /** When the correction counts. What it corrects keeps its own time. */
  readonly effectiveAt: Date;
  /** The act that caused it (uuid). */
  readonly reference: string;
  /** Why, for the books: no personal data. */
  readonly reason: string;
}

/**
 * conflict: key known with another request · insufficient: a floor or ceiling · held: a hold · forbidden: a kind of the journal is not this room's ·
 * not_reversible: a kind of the journal is not marked so in the chart · already_reversed · unknown: no such posting, or it was refused ·
 * is_reversal: a reversal is not taken back, post again what was right.
 */
export type ReversalRefusal =
  'conflict' | 'insufficient' | 'held' | 'forbidden' | 'not_reversible' | 'already_reversed' | 'unknown' | 'is_reversal';

/** `postings`: how many were taken back. */
export type ReversalOutcome =
  { readonly status: 'reversed'; readonly postings: number } | { readonly status: 'refused'; readonly reason: ReversalRefusal };

const reasons: Readonly<Record<number, ReversalRefusal>> = {
  1: 'conflict',
  2: 'insufficient',
  4: 'held',
  5: 'forbidden',
  7: 'not_reversible',
  8: 'already_reversed',
  9: 'unknown',
  10: 'is_reversal',
};

/**
 * Moves back everything the original's journal moved, with sides swapped, or nothing; only by the room whose kinds they are. Every decision, refusals too, is
 * stored under its key; the same request gets the stored outcome for ever. Like post(): last in its transaction, and once.
 */
export async function reverse(em: EntityManager, reversal: Reversal): Promise<ReversalOutcome> {
  const rows: { status: number; postings: number }[] = await em.query(
    'SELECT status, postings FROM ledger.reverse($1::uuid, $2::bytea, $3::uuid, $4::timestamptz, $5::uuid, $6::text)',
    [reversal.key, reversalHash(reversal), reversal.original, reversal.effectiveAt.toISOString(), reversal.reference, reversal.reason],
  );
  const [row] = rows;
  if (row?.status === 0) return { status: 'reversed', postings: row.postings };
  const reason = row && reasons[row.status];
  if (!reason) throw new InvariantBroken('ledger.unknown_status', { status: row?.status });
  return { status: 'refused', reason };
}

/** What makes a repeated key the same request. */
export function reversalHash({ original, effectiveAt, reference, reason }: Omit<Reversal, 'key'>): Buffer {
  const text = ['reversal v1', original.toLowerCase(), effectiveAt.getTime(), reference.toLowerCase(), reason].join('|');
  return createHash('sha256').update(text).digest();
}
