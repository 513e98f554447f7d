import { asset, type Asset, type AssetCode, assets, formatDecimal, invariant, type Result } from '#kernel';
import { accountKinds, type AccountKindName, type BusinessLine } from '#ledger';
import { type Currency, formatPrice, formatValue, type KeptObservation, valueOf } from '#prices';
import { type Lot, LotBook, type LotState } from './lots.js';
import { meaningOf, needsValue, type RowEffect } from './row-types.js';
import type { AccountRow, StatementRow, WireLotPart, WireValue } from './statement-row.js';

/** Prices of the moments that a statement needs. */
export interface Valuer {
  readonly currency: Currency;
  at(asset: string, at: Date): Result<KeptObservation>;
}

export type Balances = ReadonlyMap<string, bigint>;
export const balanceKey = (kind: AccountKindName, code: string): string => `${kind} ${code}`;

type Mutable<T> = { -readonly [K in keyof T]: T[K] };
type Draft = Mutable<StatementRow>;
/** What happened between a client and a pool in one decision. */
interface Exchange {
  entered: bigint;
  issued: bigint;
  redeemed: bigint;
  paid: bigint;
  readonly enterRows: Draft[];
  readonly leaveRows: Draft[];
  line: BusinessLine | null;
}

const shareOf = (pool: string): Asset => {
  const found = Object.values(assets).find((one: Asset) => one.claim?.pool === pool);
  invariant(found !== undefined, 'statement.pool_without_share', { pool });
  return found;
};
const shortName = (account: AccountKindName): string => account.replace(/^client\./, '');

/** Turns the entries of one client, in their order, into the rows of a statement. Pure: prices, balances and lots are given. */
export class StatementBuilder {
  private readonly balances: Map<string, bigint>;
  private readonly book: LotBook;
  lines = 0n;
  unpriced = 0n;
  unpricedCode: string | null = null;

  constructor(
    private readonly openings: Balances,
    lots: LotState,
    private readonly valuer: Valuer,
    private readonly txOf: (line: BusinessLine) => string | undefined = () => undefined,
  ) {
    this.balances = new Map(openings);
    this.book = new LotBook(lots);
  }

  /** Whole decisions of one client, in their order. */
  add(lines: readonly BusinessLine[]): StatementRow[] {
    const rows: StatementRow[] = [];
    for (let start = 0; start < lines.length;) {
      let end = start + 1;
      while (end < lines.length && lines[end]?.batch === lines[start]?.batch) end++;
      rows.push(...this.decision(lines.slice(start, end)));
      start = end;
    }
    return rows;
  }

  private decision(lines: readonly BusinessLine[]): Draft[] {
    const exchanges = new Map<string, Exchange>();
    const rows = lines.map((line) => this.row(line, exchanges));
    for (const [share, exchange] of exchanges) this.settle(share, exchange);
    for (const row of rows) this.count(row);
    return rows;
  }

  private row(line: BusinessLine, exchanges: Map<string, Exchange>): Draft {
    const { type, effect } = meaningOf(line.kind);
    const key = balanceKey(line.account, line.asset);
    const balance = (this.balances.get(key) ?? 0n) + line.change;
    this.balances.set(key, balance);
    const of = asset(line.asset);
    const tx = this.txOf(line);
    const draft: Draft = {
      at: line.effectiveAt.toISOString(),
      ...(line.countedAt > line.effectiveAt ? { counted_at: line.countedAt.toISOString() } : {}),
      type,
      kind: line.kind,
      asset: line.asset,
      account: shortName(line.account),
      change: formatDecimal(of, line.change),
      change_atomic: line.change.toString(),
      balance: formatDecimal(of, balance),
      balance_atomic: balance.toString(),
      reference: line.reference,
      entry_id: line.id,
      ...(line.reverses === undefined ? {} : { reverses: line.reverses }),
      ...(line.counterpart.startsWith('pool.') ? { pool_id: line.counterpartOwner } : {}),
      ...(tx === undefined ? {} : { tx_hash: tx }),
    };
    this.effect(draft, line, effect, exchanges);
    return draft;
  }

  private effect(row: Draft, line: BusinessLine, effect: RowEffect, exchanges: Map<string, Exchange>): void {
    const units = line.change < 0n ? -line.change : line.change;
    if (needsValue(effect)) {
      Object.assign(row, this.worth(line.asset, line.change, line.effectiveAt));
      if (line.change > 0n) {
        this.book.acquire(this.lot(line, units));
        row.lot_id = lotId(line.id);
      } else row.lots = this.book.dispose(line.asset, units, line.reverses && lotId(line.reverses)).map(partOf);
      return;
    }
    if (effect === 'none') return;
    const exchange = this.exchange(line, exchanges);
    if (effect === 'into_pool') [exchange.entered] = [exchange.entered + units, exchange.enterRows.push(row)];
    if (effect === 'shares_issued') exchange.issued += units;
    if (effect === 'shares_redeemed') {
      exchange.redeemed += units;
      exchange.line ??= line;
      exchange.leaveRows.unshift(row);
    }
    if (effect === 'out_of_pool') {
      exchange.paid += units;
      exchange.line = line;
      exchange.leaveRows.push(row);
    }
  }

  private exchange(line: BusinessLine, exchanges: Map<string, Exchange>): Exchange {
    const share = accountKinds[line.account].asset === 'share' ? line.asset : shareOf(line.counterpartOwner).code;
    const known = exchanges.get(share) ?? { entered: 0n, issued: 0n, redeemed: 0n, paid: 0n, enterRows: [], leaveRows: [], line: null };
    exchanges.set(share, known);
    return known;
  }

  /** As in a report: who leaves goes before who enters. */
  private settle(share: string, exchange: Exchange): void {
    const claimed = asset(share).claim?.asset ?? '';
    const { line } = exchange;
    const row = exchange.leaveRows.at(-1);
    // shares and what they were worth move in one decision: apart, they would look like a loss and a gift
    invariant(exchange.paid === 0n || exchange.redeemed > 0n, 'statement.paid_without_shares', { share, entry: line?.id ?? '' });
    if (line && row) {
      const left = this.book.leave(share, claimed, exchange.redeemed, exchange.paid, (quantity) => ({
        ...this.lot({ ...line, asset: claimed as AssetCode }, quantity),
        id: lotId(line.id),
      }));
      if (left.carried.length > 0) row.lots = left.carried.map(partOf);
      const lost = left.lost.reduce((sum, lot) => sum + lot.quantity, 0n);
      const gained = left.gained?.quantity ?? 0n;
      if (gained > 0n || lost > 0n) {
        row.gain = {
          type: gained > 0n ? 'staking_reward' : 'slash',
          quantity: formatDecimal(asset(claimed), gained - lost),
          ...this.worth(claimed, gained - lost, line.effectiveAt),
          ...(left.gained ? { lot_id: left.gained.id } : { lots: left.lost.map(partOf) }),
        };
      }
    }
    if (exchange.entered > 0n || exchange.issued > 0n) {
      const moved = this.book.enter(share, claimed, exchange.entered, exchange.issued);
      const [first] = exchange.enterRows;
      if (first) first.lots = moved.map(partOf);
    }
  }

  private lot(line: BusinessLine, quantity: bigint): Lot {
    const price = this.valuer.at(line.asset, line.effectiveAt);
    const basis = price.ok ? valueOf(asset(line.asset), quantity, price.value.price) : null;
    return { id: lotId(line.id), asset: line.asset, quantity, acquiredAt: line.effectiveAt, basis };
  }

  private worth(code: string, units: bigint, at: Date): { value: WireValue } | { value: null; no_price: string } {
    const price = this.valuer.at(code, at);
    if (!price.ok) return { value: null, no_price: price.refusal.code };
    const { price: each, source, asOf, currency } = price.value;
    const amount = formatValue(valueOf(asset(code), units, each));
    return { value: { amount, currency, price: formatPrice(each), source, as_of: asOf.toISOString() } };
  }

  private count(row: Draft): void {
    this.lines += 1n;
    const missing = row.no_price ?? row.gain?.no_price;
    if (missing === undefined) return;
    this.unpriced += 1n;
    this.unpricedCode ??= missing;
  }

  /** Closing balances so far, by account and asset. */
  get closing(): Balances {
    return this.balances;
  }

  get accounts(): AccountRow[] {
    return [...this.balances]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, closing]) => {
        const [kind = '', code = ''] = key.split(' ');
        const opening = this.openings.get(key) ?? 0n;
        return {
          asset: code,
          account: shortName(kind as AccountKindName),
          ...figures(code, { opening, change: closing - opening, closing }),
        };
      });
  }

  /** Open lots. Throws InvariantBroken statement.lots_differ: they are what the accounts say, always. */
  get lots(): LotState {
    const totals = new Map<string, bigint>();
    for (const [key, balance] of this.balances) {
      const code = key.split(' ')[1] ?? '';
      totals.set(code, (totals.get(code) ?? 0n) + balance);
    }
    for (const [code, total] of totals) {
      const lots = asset(code).kind === 'share' ? this.book.sharesOf(code) : this.book.freeOf(code);
      invariant(lots === total, 'statement.lots_differ', { asset: code, lots: String(lots), accounts: String(total) });
    }
    return this.book.state;
  }
}

const lotId = (entryId: string): string => `lot-${entryId}`;
const partOf = (lot: Lot): WireLotPart => ({
  lot_id: lot.id,
  quantity: formatDecimal(asset(lot.asset), lot.quantity),
  acquired_at: lot.acquiredAt.toISOString(),
  cost_basis: lot.basis === null ? null : formatValue(lot.basis),
});

type Figures = Pick<AccountRow, 'opening' | 'opening_atomic' | 'change' | 'change_atomic' | 'closing' | 'closing_atomic'>;
function figures(code: string, units: { opening: bigint; change: bigint; closing: bigint }): Figures {
  const of = asset(code);
  return {
    opening: formatDecimal(of, units.opening),
    opening_atomic: units.opening.toString(),
    change: formatDecimal(of, units.change),
    change_atomic: units.change.toString(),
    closing: formatDecimal(of, units.closing),
    closing_atomic: units.closing.toString(),
  };
}
