/** post(): asks the ledger to move money, in the caller's transaction. */
import { invariant, InvariantBroken } from '#kernel';
import type { EntityManager } from 'typeorm';
import { accountNumbers } from './accounts.js';
import { transferKinds } from './chart/chart.js';
import type { Posting, PostingOutcome } from './ledger.js';
import { outcomeFrom, type StoredOutcome } from './outcome.js';
import { requestHash, type Place } from './request-hash.js';
import { rowsOf } from './stripes.js';

/** A larger batch gains nothing and holds its locks longer. */
export const MOST_POSTINGS = 10_000;

/**
 * Decides each posting as if they came one by one (a group as one) and writes those that are posted and those that are refused. An expected
 * "no" is an outcome, never an exception: the caller decides whether its transaction goes on. Throws on a malformed batch, and what
 * Transactor.run retries (40001, 40P01, 55P03, 23505 of decision_pkey).
 */
export async function post(em: EntityManager, postings: readonly Posting[]): Promise<PostingOutcome[]> {
  if (postings.length === 0) return [];
  invariant(postings.length <= MOST_POSTINGS, 'ledger.batch_too_large', { postings: postings.length, most: MOST_POSTINGS });
  const { starts, places } = groupsOf(postings);
  const { rowOf, whole } = rowsOf(postings);
  const numberOf = await accountNumbers(
    em,
    postings.flatMap((p) => [rowOf(p.debit), rowOf(p.credit)]),
  );
  const items = postings.map((posting, index) => ({
    posting,
    hash: requestHash(posting, places[index] ?? ALONE),
    group: starts[index] ?? 0,
    debit: numberOf(rowOf(posting.debit)),
    credit: numberOf(rowOf(posting.credit)),
  }));
  const [single] = items;
  if (whole.length > 0) return postMany(em, items, whole.map(numberOf));
  return single && items.length === 1 ? [await postOne(em, single)] : postMany(em, items);
}

/** Like post(), where a refusal cannot be: the rules of the room exclude it. Throws InvariantBroken 'ledger.refused' with the first one. */
export async function mustPost(em: EntityManager, postings: readonly Posting[]): Promise<Extract<PostingOutcome, { status: 'posted' }>[]> {
  const outcomes = await post(em, postings);
  return outcomes.map((outcome, index) => {
    if (outcome.status === 'posted') return outcome;
    const posting = postings[index];
    throw new InvariantBroken('ledger.refused', {
      reason: outcome.reason,
      kind: posting?.kind,
      key: posting?.key,
      debit: posting?.debit,
      credit: posting?.credit,
      amount: posting?.amount.toString(),
      group: posting?.group,
      outcomes: outcomes.map((o) => (o.status === 'posted' ? 'posted' : o.reason)).join(' '),
    });
  });
}

interface Item {
  readonly posting: Posting;
  readonly hash: Buffer;
  /** 0 alone, else the position (from 1) of the group's first item. */
  readonly group: number;
  readonly debit: string;
  readonly credit: string;
}

const ALONE: Place = { position: 1, size: 1 };

/** Neighbours of one name are a group. A name that comes back later would silently be two groups: a mistake of the caller. */
function groupsOf(postings: readonly Posting[]): { starts: number[]; places: Place[] } {
  const starts: number[] = [];
  const sizes = new Map<number, number>();
  const seen = new Set<string>();
  postings.forEach(({ group }, index) => {
    const joins = group !== undefined && index > 0 && postings[index - 1]?.group === group;
    if (group !== undefined && !joins) {
      invariant(!seen.has(group), 'ledger.group_scattered', { group });
      seen.add(group);
    }
    const start = group === undefined ? 0 : joins ? (starts[index - 1] ?? 0) : index + 1;
    starts.push(start);
    if (start > 0) sizes.set(start, (sizes.get(start) ?? 0) + 1);
  });
  // a group of one is an item alone
  const shapes = starts.map((start, index) => ({
    start,
    place: start === 0 ? ALONE : { position: index + 2 - start, size: sizes.get(start) ?? 1 },
  }));
  return { starts: shapes.map((s) => (s.place.size === 1 ? 0 : s.start)), places: shapes.map((s) => s.place) };
}

async function postOne(em: EntityManager, item: Item): Promise<PostingOutcome> {
  const { posting } = item;
  const rows: StoredOutcome[] = await em.query(
    'SELECT status, debit_balance, credit_balance FROM ledger.post_one($1::uuid, $2::bytea, $3::smallint, $4::bigint, $5::bigint, $6::numeric, $7::timestamptz, $8::uuid)',
    [
      posting.key,
      item.hash,
      transferKinds[posting.kind].code,
      item.debit,
      item.credit,
      posting.amount.toString(),
      posting.effectiveAt.toISOString(),
      posting.reference,
    ],
  );
  return outcomeFrom(rows[0]);
}

/** `fold`: numbers of the accounts whose stripes are folded first. */
async function postMany(em: EntityManager, items: readonly Item[], fold: readonly string[] = []): Promise<PostingOutcome[]> {
  // as text: the driver reads numeric[] through a double
  const rows: { status: number[]; debit: (string | null)[]; credit: (string | null)[] }[] = await em.query(
    `SELECT status, debit_balance::text[] debit, credit_balance::text[] credit
       FROM ledger.${fold.length > 0 ? 'post_folding($10::bigint[], ' : 'post('}$1::uuid[], $2::bytea[], $3::int[], $4::smallint[], $5::bigint[], $6::bigint[], $7::numeric[], $8::timestamptz[], $9::uuid[])`,
    [
      items.map((i) => i.posting.key),
      items.map((i) => i.hash),
      items.map((i) => i.group),
      items.map((i) => transferKinds[i.posting.kind].code),
      items.map((i) => i.debit),
      items.map((i) => i.credit),
      items.map((i) => i.posting.amount.toString()),
      items.map((i) => i.posting.effectiveAt.toISOString()),
      items.map((i) => i.posting.reference),
      ...(fold.length > 0 ? [fold] : []),
    ],
  );
  const [reply] = rows;
  return items.map((_, index) =>
    outcomeFrom(
      reply && {
        status: reply.status[index] ?? -1,
        debit_balance: reply.debit[index] ?? null,
        credit_balance: reply.credit[index] ?? null,
      },
    ),
  );
}
