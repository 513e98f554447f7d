/** Entries and balances by business time, for many clients at once: what statements are made of. For reception. */
import type { AssetCode } from '#kernel';
import type { EntityManager } from 'typeorm';
import type { AccountKindName, TransferKindName } from './chart/chart.js';
import type { Balance } from './ledger.js';
import { accountKindName, assetName, transferKindName } from './names.js';

export interface BusinessLine {
  readonly owner: string;
  /** As of Entry. */
  readonly id: string;
  /** Entries of one batch were decided together. */
  readonly batch: string;
  readonly kind: TransferKindName;
  readonly account: AccountKindName;
  readonly asset: AssetCode;
  /** Signed as seen from the account. */
  readonly change: bigint;
  readonly counterpart: AccountKindName;
  /** Whose the other side is: a pool, a wallet, the client itself. */
  readonly counterpartOwner: string;
  readonly reference: string;
  readonly effectiveAt: Date;
  /** When it counts: its effective time, or the start of the first open day where its own was closed when it was recorded. */
  readonly countedAt: Date;
  /** Of a reversal: the id of the entry that it takes back. */
  readonly reverses?: string;
}

/** [from, to) */
export interface BusinessPeriod {
  readonly from: Date;
  readonly to: Date;
}

interface LineRow {
  readonly owner: string;
  readonly batch_id: string;
  readonly item: number;
  readonly side: number;
  readonly transfer_kind: number;
  readonly account_kind: number;
  readonly counterpart: number;
  readonly counterpart_owner: string;
  readonly asset: number;
  readonly change: string;
  readonly reference: string;
  readonly effective_at: Date;
  readonly counted_at: Date;
  readonly reversed_batch: string | null;
  readonly reversed_item: number | null;
}

/** All of them at once, ordered by owner, time and place: for periods that businessSlices() says are small. */
export async function businessLines(em: EntityManager, owners: readonly string[], period: BusinessPeriod): Promise<BusinessLine[]> {
  const rows: LineRow[] = await em.query('SELECT * FROM ledger.lines_between($1::text[], $2, $3)', [owners, period.from, period.to]);
  return rows.map((row) => ({
    owner: row.owner,
    id: `${row.batch_id}-${row.item}-${row.side === 0 ? 'd' : 'c'}`,
    batch: row.batch_id,
    kind: transferKindName(row.transfer_kind),
    account: accountKindName(row.account_kind),
    asset: assetName(row.asset),
    change: BigInt(row.change),
    counterpart: accountKindName(row.counterpart),
    counterpartOwner: row.counterpart_owner,
    reference: row.reference,
    effectiveAt: row.effective_at,
    countedAt: row.counted_at,
    ...(row.reversed_batch === null ? {} : { reverses: `${row.reversed_batch}-${row.reversed_item}-${row.side === 0 ? 'c' : 'd'}` }),
  }));
}

/** Balances just before a time, by what is known now. All accounts the clients have, zeros too. */
export async function businessBalances(em: EntityManager, owners: readonly string[], before: Date): Promise<Balance[]> {
  const rows: { owner: string; kind: number; asset: number; balance: string }[] = await em.query(
    'SELECT owner, kind, asset, balance FROM ledger.balances_before($1::text[], $2) ORDER BY owner COLLATE "C", kind, asset',
    [owners, before],
  );
  return rows.map((row) => ({
    owner: row.owner,
    kind: accountKindName(row.kind),
    asset: assetName(row.asset),
    balance: BigInt(row.balance),
  }));
}

const DAY_MS = 86_400_000;
const dayText = (at: Date): string => at.toISOString().slice(0, 10);

/** How many entries of a day are rolled up, by client. */
export async function businessDays(
  em: EntityManager,
  owners: readonly string[],
  period: BusinessPeriod,
): Promise<{ readonly owner: string; readonly day: string; readonly lines: number }[]> {
  const rows: { owner: string; day: string; lines: string }[] = await em.query(
    'SELECT owner, day::text, lines FROM ledger.line_days($1::text[], $2::date, $3::date)',
    [owners, dayText(period.from), dayText(period.to)],
  );
  return rows.map((row) => ({ owner: row.owner, day: row.day, lines: Number(row.lines) }));
}

/** Splits a client's period at midnights, so that no slice has many more than `most` entries (a day is never split). */
export async function businessSlices(em: EntityManager, owner: string, period: BusinessPeriod, most: number): Promise<BusinessPeriod[]> {
  const slices: BusinessPeriod[] = [];
  let [from, lines] = [period.from, 0];
  for (const day of await businessDays(em, [owner], period)) {
    const midnight = new Date(`${day.day}T00:00:00.000Z`);
    if (lines > 0 && lines + day.lines > most && midnight > from) {
      slices.push({ from, to: midnight });
      [from, lines] = [midnight, 0];
    }
    lines += day.lines;
    const next = new Date(midnight.getTime() + DAY_MS);
    if (lines >= most && next > from && next < period.to) {
      slices.push({ from, to: next });
      [from, lines] = [next, 0];
    }
  }
  return from < period.to ? [...slices, { from, to: period.to }] : slices;
}
