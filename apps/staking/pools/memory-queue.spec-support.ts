import { amount, shares, type Amount, type Shares } from '#kernel';
import { finalise, NOTHING, payoutOf, type Cut, type ExitGroup, type Finalisation, type Sums } from '../exit-queue/queue.js';
import type { Holder } from '../settlement/holder.js';
import { NOTHING_PAID } from './closing.js';
import type { Fixed, PaidNow } from './leaving.js';
import type { Move } from './moves.js';
import { redeemedFor, type Pool, type Price } from './pool.js';
import { bringUp } from './tiers.js';

/** An accepted exit, in the order of acceptance. */
export interface Exit {
  readonly orderId: string;
  readonly clientId: string;
  readonly shares: Shares;
  readonly place: bigint;
  /** null until the first report after acceptance. */
  readonly nominal: Amount | null;
  readonly upTo: Sums | null;
}

/** The exit queue in memory: the same ranges, cut by search. */
export class MemoryQueue {
  /** Not finalised yet. */
  waiting: Exit[] = [];
  /** Finalised, and not paid one by one yet. */
  open: { readonly range: Finalisation; exits: Exit[]; left: bigint }[] = [];
  private groups: ExitGroup[] = [];
  private head: Sums = NOTHING;
  private end: Sums = NOTHING;
  private placed = 0n;

  add(orderId: string, clientId: string, locked: Shares): void {
    this.placed += 1n;
    this.waiting.push({ orderId, clientId, shares: locked, place: this.placed, nominal: null, upTo: null });
  }
  /** The last exit of a client that no report has fixed: it leaves a gap. */
  cancel(clientId: string): Exit | null {
    const exit = this.waiting.findLast((e) => e.clientId === clientId && e.nominal === null) ?? null;
    this.waiting = this.waiting.filter((e) => e !== exit);
    return exit;
  }
  get nextPlace(): bigint {
    return this.placed + 1n;
  }

  fix(pool: Pool, price: Price, report: number, holders: Map<string, Holder>): Fixed {
    const byTier = new Map<string, Shares>();
    const moves: Move[] = [];
    let fresh = 0;
    this.waiting = this.waiting.map((exit) => {
      if (exit.nominal !== null) return exit;
      fresh++;
      const nominal = redeemedFor(price, exit.shares);
      this.end = { place: exit.place, shares: this.end.shares + exit.shares, nominal: this.end.nominal + nominal };
      const before = holders.get(exit.clientId);
      if (!before) throw new Error('an exit without a holder');
      const { holder, paid } = bringUp(pool, before);
      holders.set(exit.clientId, { ...holder, shares: shares(holder.shares - exit.shares) });
      byTier.set(holder.tier, shares((byTier.get(holder.tier) ?? 0n) + exit.shares));
      if (paid > 0n) moves.push({ kind: 'reward.settle', clientId: exit.clientId, of: exit.orderId, amount: paid });
      return { ...exit, nominal, upTo: this.end };
    });
    if (fresh > 0) this.groups.push({ report, price, end: this.end });
    return { byTier, moves, waiting: amount(this.end.nominal - this.head.nominal) };
  }

  async finalise(price: Price, money: Amount, until: bigint | null): Promise<readonly Finalisation[]> {
    const ranges = await finalise(this.head, this.groups, price, money, this.cut, until);
    for (const range of ranges) {
      const exits = this.waiting.filter((e) => e.place <= range.to.place);
      this.waiting = this.waiting.filter((e) => e.place > range.to.place);
      this.open.push({ range, exits, left: range.setAside });
      this.head = range.to;
    }
    this.groups = this.groups.filter((group) => group.end.place > this.head.place);
    return ranges;
  }

  /** Pays so many of those whose rate is final, one by one. */
  pay(most: number): PaidNow & {
    readonly paid: { readonly orderId: string; readonly clientId: string; readonly amount: Amount; readonly nominal: Amount }[];
  } {
    const moves: Move[] = [];
    const paid: { orderId: string; clientId: string; amount: Amount; nominal: Amount }[] = [];
    let [burnt, surplus, todo] = [0n, 0n, most];
    for (const range of this.open) {
      const now = range.exits.splice(0, todo);
      todo -= now.length;
      for (const { orderId, clientId, shares: units, nominal } of now) {
        const payout = payoutOf({ shares: units, nominal: nominal ?? amount(0n) }, range.range);
        moves.push({ kind: 'share.burn', clientId, of: orderId, amount: units });
        if (payout > 0n) moves.push({ kind: 'exit.pay', clientId, of: orderId, amount: payout });
        paid.push({ orderId, clientId, amount: payout, nominal: nominal ?? amount(0n) });
        range.left -= payout;
        burnt += units;
      }
      if (range.exits.length === 0 && range.left > 0n) {
        moves.push({ kind: 'exit.surplus', of: `${range.range.group}/${range.range.to.place}`, amount: amount(range.left) });
        surplus += range.left;
        range.left = 0n;
      }
    }
    this.open = this.open.filter((range) => range.exits.length > 0);
    return paid.length === 0 ? { ...NOTHING_PAID, paid } : { moves, burnt: shares(burnt), surplus: amount(surplus), paid };
  }

  private readonly cut: Cut = (by, after, most, last) => {
    const fitting = this.waiting.filter((e) => e.upTo !== null && e.place > after.place && e.place <= last && e.upTo[by] <= most);
    return Promise.resolve(fitting.at(-1)?.upTo ?? null);
  };
}
