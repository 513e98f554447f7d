/** An owner's history. Ordered as it was recorded, which for each account is the order of its versions. */
import { assets, invariant, type AssetCode } from '#kernel';
import type { EntityManager } from 'typeorm';
import { accountKinds, type AccountKindName } from './chart/chart.js';
import type { Entry } from './ledger.js';
import { accountKindName, assetName, transferKindName } from './names.js';

export interface EntriesQuery {
  readonly owner: string;
  readonly asset?: AssetCode;
  readonly account?: AccountKindName;
  /** 1..1,000 */
  readonly limit: number;
  /** The last entry of the page before. Its id alone names the place; effectiveAt is there for cursors that carry a time. */
  readonly before?: { readonly id: string; readonly effectiveAt?: Date };
}

interface EntryRow {
  readonly batch_id: string;
  readonly item: number;
  readonly side: number;
  readonly transfer_kind: number;
  readonly account_kind: number;
  readonly counterpart: number;
  readonly asset: number;
  readonly change: string;
  readonly balance: string;
  readonly version: string;
  readonly reference: string;
  readonly effective_at: Date;
  readonly reversed_batch: string | null;
  readonly reversed_item: number | null;
}

const ID = /^([1-9]\d{0,18})-([1-9]\d{0,4})-([dc])$/;

/** Whether a text has the form of an entry's id: a door checks a cursor with it before asking. */
export const isEntryId = (text: string): boolean => ID.test(text);

function placeOf(id: string): [string, number, number] {
  const match = ID.exec(id);
  invariant(match !== null, 'ledger.entry_id', { id });
  const [, batch = '', item = '', side = ''] = match;
  return [batch, Number(item), side === 'd' ? 0 : 1];
}

/** Newest first. A page costs the same however long the history is. */
export async function entries(em: EntityManager, query: EntriesQuery): Promise<Entry[]> {
  invariant(Number.isInteger(query.limit) && query.limit >= 1 && query.limit <= 1_000, 'ledger.page_limit', { limit: query.limit });
  return read(em, 'entries_before', query, query.limit, query.before?.id);
}

/** The whole history of an owner, oldest first, read in pages. */
export async function* entriesOfOwner(em: EntityManager, owner: string): AsyncGenerator<Entry, void, undefined> {
  const size = 500;
  let after: string | undefined;
  for (;;) {
    const page: Entry[] = await read(em, 'entries_after', { owner }, size, after);
    yield* page;
    after = page.at(-1)?.id;
    if (page.length < size) return;
  }
}

async function read(
  em: EntityManager,
  how: 'entries_before' | 'entries_after',
  filter: Pick<EntriesQuery, 'owner' | 'asset' | 'account'>,
  limit: number,
  from: string | undefined,
): Promise<Entry[]> {
  const place = from === undefined ? [null, null, null] : placeOf(from);
  const rows: EntryRow[] = await em.query(
    `SELECT * FROM ledger.${how}($1::text, $2::smallint, $3::smallint, $4::int, $5::bigint, $6::int, $7::int)`,
    [
      filter.owner,
      filter.account === undefined ? null : accountKinds[filter.account].code,
      filter.asset === undefined ? null : assets[filter.asset].id,
      limit,
      ...place,
    ],
  );
  return rows.map(entryFrom);
}

const entryFrom = (row: EntryRow): Entry => ({
  id: `${row.batch_id}-${row.item}-${row.side === 0 ? 'd' : 'c'}`,
  kind: transferKindName(row.transfer_kind),
  account: accountKindName(row.account_kind),
  asset: assetName(row.asset),
  change: BigInt(row.change),
  balance: BigInt(row.balance),
  counterpart: accountKindName(row.counterpart),
  reference: row.reference,
  effectiveAt: row.effective_at,
  version: BigInt(row.version),
  // what was debited is credited back, and the other way round
  ...(row.reversed_batch === null ? {} : { reverses: `${row.reversed_batch}-${row.reversed_item}-${row.side === 0 ? 'c' : 'd'}` }),
});
