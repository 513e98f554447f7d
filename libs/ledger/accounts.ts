/** From an account's name (kind, owner, asset, stripe) to its number in the ledger. */
import { assets } from '#kernel';
import type { DataSource, EntityManager } from 'typeorm';
import { accountKinds } from './chart/chart.js';
import type { AccountRef } from './ledger.js';

/** A number never changes, so it may be kept; the oldest kept go first when there are too many. */
const MOST_KEPT = 200_000;
const kept = new WeakMap<DataSource, Map<string, string>>();

/** A row of an account: stripe 0, or none said, is its main one. */
export interface RowRef extends AccountRef {
  readonly stripe?: number;
}

const nameOf = (ref: RowRef): string => `${accountKinds[ref.kind].code} ${assets[ref.asset].id} ${ref.stripe ?? 0} ${ref.owner}`;

/** No account has this number; post() refuses it. */
export const NO_ACCOUNT = '0';

/**
 * Numbers of the accounts, opening those that are new. NO_ACCOUNT where this room may not open it (no transfer kind of its own touches the
 * kind) or the name is not of the kind's form. A number is kept only when the transaction that opened the account has committed.
 */
export async function accountNumbers(em: EntityManager, refs: readonly RowRef[]): Promise<(ref: RowRef) => string> {
  const cache = cacheOf(em.dataSource);
  const found = new Map<string, string>();
  const missing = new Map<string, RowRef>();
  for (const ref of refs) {
    const name = nameOf(ref);
    const known = cache.get(name);
    if (known !== undefined) found.set(name, known);
    else missing.set(name, ref);
  }
  if (missing.size > 0) await lookUp(em, missing, found, cache);
  return (ref) => found.get(nameOf(ref)) ?? NO_ACCOUNT;
}

async function lookUp(
  em: EntityManager,
  missing: Map<string, RowRef>,
  found: Map<string, string>,
  cache: Map<string, string>,
): Promise<void> {
  const names = [...missing.keys()];
  const refs = [...missing.values()];
  const rows: { id: string | null; settled: boolean }[] = await em.query(
    'SELECT id, settled FROM ledger.open_stripes($1::smallint[], $2::text[], $3::smallint[], $4::smallint[])',
    [
      refs.map((r) => accountKinds[r.kind].code),
      refs.map((r) => r.owner),
      refs.map((r) => assets[r.asset].id),
      refs.map((r) => r.stripe ?? 0),
    ],
  );
  names.forEach((name, index) => {
    const row = rows[index];
    if (!row?.id) return;
    found.set(name, row.id);
    if (row.settled) keep(cache, name, row.id);
  });
}

function cacheOf(dataSource: DataSource): Map<string, string> {
  const known = kept.get(dataSource);
  if (known) return known;
  const made = new Map<string, string>();
  kept.set(dataSource, made);
  return made;
}

function keep(cache: Map<string, string>, name: string, id: string): void {
  cache.set(name, id);
  if (cache.size <= MOST_KEPT) return;
  const [oldest] = cache.keys();
  if (oldest !== undefined) cache.delete(oldest);
}
