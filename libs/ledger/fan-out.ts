/**
 * fanOut(): many postings of one kind at once. What post() does for any postings, this does set-wise for those that look alike: one side is one common
 * account and the other one account of each owner, or both are accounts of each line's owner. The lines are decided and stored exactly as post() would,
 * in the order given; a line that is refused (a hold, a floor) is stored and reported, the others are posted.
 */
import { amount, assets, invariant, InvariantBroken, type Amount, type AssetCode } from '#kernel';
import type { EntityManager } from 'typeorm';
import { accountKinds, transferKinds, type AccountKind, type TransferKindName } from './chart/chart.js';
import type { RefusalReason } from './ledger.js';
import { outcomeFrom } from './outcome.js';

/** Of one call: more are a larger transaction, and gain nothing. */
export const MOST_LINES = 65_535;

export interface FanOut {
  readonly kind: TransferKindName;
  /** Of both accounts. */
  readonly asset: AssetCode;
  /** The owner of the common account where that is the debited one. */
  readonly from?: string;
  /** The owner of the common account where that is the credited one. Neither given: each line moves between two accounts of its owner. */
  readonly to?: string;
  readonly effectiveAt: Date;
  /** The run, report or distribution that caused it (uuid). */
  readonly reference: string;
}

export interface FanOutLine {
  readonly owner: string;
  /** > 0 */
  readonly amount: Amount;
}
/** Idempotency key: derive it (uuid5) from the cause, never at random. */
export interface KeyedLine extends FanOutLine {
  readonly key: string;
}

export interface FannedOut {
  readonly posted: number;
  /** Sum of the posted lines, base units. */
  readonly total: Amount;
  readonly refused: readonly { readonly line: number; readonly reason: RefusalReason }[];
}

/**
 * Lines without keys get one of kind, asset, common account, reference and owner: an owner may then have one line only for each reference (a second one is a
 * conflict), and asking again answers again. Not for kinds whose accounts have stripes. Throws as post() does.
 */
export async function fanOut(em: EntityManager, spec: FanOut, lines: readonly FanOutLine[] | readonly KeyedLine[]): Promise<FannedOut> {
  const keyed = lines.some((line) => 'key' in line);
  invariant(lines.length <= MOST_LINES, 'ledger.batch_too_large', { postings: lines.length, most: MOST_LINES });
  invariant(!keyed || lines.every((line) => 'key' in line), 'ledger.fan_out_keys', { kind: spec.kind });
  return call(em, spec, '$7::text[], $8::numeric[], $9::uuid[]', '', [
    lines.map((line) => line.owner),
    lines.map((line) => line.amount.toString()),
    keyed ? lines.map((line) => ('key' in line ? line.key : null)) : null,
  ]);
}

/**
 * fanOut() of what a statement of the caller's own returns, without its rows leaving the database. `sql` may change rows (UPDATE … RETURNING) and
 * returns `owner text, amount numeric` and, where `keyed`, `key uuid`; a line whose amount is 0 is left out. Lines are posted in the order of owners.
 * Its parameters are $7 and on.
 */
export async function fanOutOf(
  em: EntityManager,
  spec: FanOut,
  { sql, values = [], keyed = false }: { readonly sql: string; readonly values?: readonly unknown[]; readonly keyed?: boolean },
): Promise<FannedOut & { readonly lines: number; readonly seen: number; readonly last: string | null }> {
  const gathered = `WITH line AS (${sql}), paid AS MATERIALIZED (SELECT * FROM line WHERE amount <> 0 ORDER BY owner),
    gathered AS MATERIALIZED (SELECT array_agg(owner) owners, array_agg(amount) amounts, ${keyed ? 'array_agg(key)' : 'NULL::uuid[]'} keys, (SELECT count(*) FROM line) seen, (SELECT max(owner) FROM line) last FROM paid)`;
  return call(em, spec, 'g.owners, g.amounts, g.keys', gathered, values);
}

interface Reply {
  readonly posted: number;
  readonly total: string;
  readonly refused: readonly number[];
  readonly reason: readonly number[];
  readonly lines?: number;
  readonly seen?: string;
  readonly last?: string | null;
}

async function call(
  em: EntityManager,
  spec: FanOut,
  lines: string,
  gathered: string,
  values: readonly unknown[],
): Promise<FannedOut & { lines: number; seen: number; last: string | null }> {
  const kind = transferKinds[spec.kind];
  for (const name of [kind.debit, kind.credit]) {
    const of: AccountKind = accountKinds[name];
    invariant(!of.stripes, 'ledger.fan_out_stripes', { kind: spec.kind });
  }
  const [reply]: Reply[] = await em.query(
    `${gathered} SELECT f.posted, f.total::text, f.refused, f.reason${gathered ? ', cardinality(g.owners) AS lines, g.seen, g.last' : ''}
       FROM ${gathered ? 'gathered g, LATERAL ' : ''}ledger.fan_out($1::smallint, $2::smallint, $3::text, $4::text, $5::timestamptz, $6::uuid, ${lines}) f`,
    [kind.code, assets[spec.asset].id, spec.from ?? null, spec.to ?? null, spec.effectiveAt.toISOString(), spec.reference, ...values],
  );
  if (!reply) throw new InvariantBroken('ledger.unknown_status', { kind: spec.kind });
  return {
    posted: reply.posted,
    total: amount(BigInt(reply.total)),
    refused: reply.refused.map((line, index) => ({ line: line - 1, reason: reasonOf(reply.reason[index]) })),
    lines: reply.lines ?? 0,
    seen: Number(reply.seen ?? 0),
    last: reply.last ?? null,
  };
}

function reasonOf(status: number | undefined): RefusalReason {
  const outcome = outcomeFrom({ status: status ?? -1, debit_balance: null, credit_balance: null });
  if (outcome.status === 'posted') throw new InvariantBroken('ledger.unknown_status', { status });
  return outcome.reason;
}
