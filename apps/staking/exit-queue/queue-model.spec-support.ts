import { amount, shares, type Amount } from '#kernel';
import { redeemedFor, type Price } from '../pools/pool.js';
import { basisFor, finalise, NOTHING, payoutOf, type Cut, type ExitGroup, type Finalisation, type Sums } from './queue.js';

interface Waiting {
  readonly id: string;
  readonly shares: bigint;
  cancelled: boolean;
  sums: Sums | null;
  nominal: bigint | null;
  payout: bigint | null;
  fixedAt: Price | null;
}

/** The queue in memory, request by request: what the one on PostgreSQL is held against. */
export class QueueModel {
  readonly all: Waiting[] = [];
  readonly groups: ExitGroup[] = [];
  readonly ranges: Finalisation[] = [];
  private placed = 0;
  private fixed: Sums = NOTHING;

  get head(): Sums {
    return this.ranges.at(-1)?.to ?? NOTHING;
  }

  arrive(ids: readonly string[], list: readonly bigint[]): void {
    list.forEach((units, n) =>
      this.all.push({ id: ids[n] ?? '', shares: units, cancelled: false, sums: null, nominal: null, payout: null, fixedAt: null }),
    );
  }

  /** The one that may still be cancelled, counted from the newest. */
  cancellable(back: number): Waiting | undefined {
    const open = this.all.filter((one, index) => index >= this.placed && !one.cancelled);
    return open[open.length - 1 - (back % Math.max(open.length, 1))];
  }

  async report(number: number, price: Price, money: Amount, until: bigint | null): Promise<Finalisation[]> {
    const before = this.fixed;
    for (const [index, one] of this.all.entries()) {
      if (index < this.placed || one.cancelled) continue;
      one.nominal = redeemedFor(price, shares(one.shares));
      one.fixedAt = price;
      this.fixed = { place: BigInt(index + 1), shares: this.fixed.shares + one.shares, nominal: this.fixed.nominal + one.nominal };
      one.sums = this.fixed;
    }
    this.placed = this.all.length;
    if (this.fixed.place > before.place) this.groups.push({ report: number, price, end: this.fixed });
    const done = await finalise(this.head, this.groups, price, money, this.cut, until);
    for (const range of done) this.settle(range);
    this.ranges.push(...done);
    return done;
  }

  /** As slowly as can be. */
  private readonly cut: Cut = (by, after, most, last) => {
    const fits = this.all.flatMap(({ sums }) => (sums && sums.place > after.place && sums.place <= last && sums[by] <= most ? [sums] : []));
    return Promise.resolve(fits.at(-1) ?? null);
  };

  private settle(range: Finalisation): void {
    for (const one of this.all) {
      const { sums, nominal } = one;
      if (sums === null || nominal === null || sums.place <= range.from.place || sums.place > range.to.place) continue;
      one.payout = payoutOf({ shares: shares(one.shares), nominal: amount(nominal) }, range);
    }
  }

  /** A5, one by one: the nominal, or the value at payment where that is less. */
  leastOf(one: Waiting, price: Price): bigint {
    const value = redeemedFor(price, shares(one.shares));
    const nominal = one.nominal ?? 0n;
    return basisFor(one.fixedAt ?? price, price) === 'nominal' ? nominal : value;
  }
}
