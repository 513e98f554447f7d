/**
 * The accounting of a pool once more, written from its laws alone: no reward index, no ranges, no high-water subtraction, none of the code under
 * test. Every holder, every request and every unit one by one, the high-water mark as a running peak, entitlements to 10^-60 of a unit.
 */
import {
  figures,
  holds,
  keep,
  LAWFUL,
  least,
  same,
  up,
  type Balances,
  type Roundings,
  type Snapshot,
  type Told,
} from './oracle-facts.spec-support.js';

interface Exit {
  readonly clientId: string;
  readonly shares: bigint;
  readonly place: bigint;
  /** Fixed by this report, at most so much. */
  group: number;
  nominal: bigint;
  fixedAt: { value: bigint; shares: bigint };
}
interface Holder {
  tier: string;
  earning: bigint;
  /** 10^-60 units. */
  earned: bigint;
  got: bigint;
}

const MINIMUM = 10n ** 15n;
const FINE = 10n ** 60n;
const STANDARD = 'standard';

export class Oracle {
  assets = 0n;
  shares = 0n;
  fixed = 0n;
  leaving = 0n;
  surplus = 0n;
  carried = 0n;
  buffer = 0n;
  credited = 0n;
  collected = 0n;
  /** Gains less losses so far, and its peak: the high-water mark. */
  private result = 0n;
  private peak = 0n;
  private reports = 0;
  private places = 0n;
  private largest = 1n;
  readonly holders = new Map<string, Holder>();
  readonly clients = new Map<string, Balances>();
  private queue: Exit[] = [];
  private readonly ranges: { left: bigint; exits: { clientId: string; shares: bigint; payout: bigint }[] }[] = [];

  constructor(
    private readonly mode: 'payout' | 'compound',
    private readonly firstRate: bigint,
    private readonly round: Roundings = LAWFUL,
  ) {}

  get loss(): bigint {
    return this.peak - this.result;
  }
  private get value(): bigint {
    return this.assets > this.loss ? this.assets - this.loss : 0n;
  }
  client(id: string): Balances {
    return this.clients.get(id) ?? keep(this.clients, id, { available: 0n, entering: 0n, shares: 0n, locked: 0n, rewards: 0n });
  }
  holder(id: string): Holder {
    return this.holders.get(id) ?? keep(this.holders, id, { tier: STANDARD, earning: 0n, earned: 0n, got: 0n });
  }

  staked(id: string, units: bigint): void {
    this.client(id).entering += units;
  }
  filled(units: bigint): void {
    this.buffer -= units;
  }
  left(id: string, locked: bigint): void {
    this.client(id).shares -= locked;
    this.client(id).locked += locked;
    this.queue.push({ clientId: id, shares: locked, place: ++this.places, group: 0, nominal: 0n, fixedAt: { value: 0n, shares: 1n } });
  }
  /** The last exit that no report has fixed is taken back. */
  cancelled(id: string): void {
    const exit = this.queue.findLast((e) => e.clientId === id && e.group === 0);
    holds('what is fixed is final', exit !== undefined);
    this.queue = this.queue.filter((e) => e !== exit);
    this.client(id).shares += exit?.shares ?? 0n;
    this.client(id).locked -= exit?.shares ?? 0n;
  }
  get nextPlace(): bigint {
    return this.places + 1n;
  }
  moved(id: string, tier: string): void {
    this.holder(id).tier = tier;
  }
  /** Payments of rewards and rebates happen when they happen: what they are is bounded by what was earned. */
  sees(id: string, got: bigint): void {
    this.holder(id).got = got;
  }

  report(told: Told, collected: bigint): void {
    this.reports++;
    const { covered, earned, restored } = this.result_(told);
    const added = this.share(earned, told.fees);
    this.assets += this.surplus + added.compounded;
    this.buffer += this.surplus + covered;
    this.surplus = 0n;
    this.credited += added.commission + added.indexed;
    this.take(told, collected, restored);
    if (!told.current) return;
    const price = { value: this.value, shares: this.shares };
    this.fix(price);
    this.pay(price, told);
    this.mint(told.entries);
  }

  private result_({ changes, executed, covers }: Told): { covered: bigint; earned: bigint; restored: bigint } {
    let [covered, lost, consensus] = [0n, 0n, 0n];
    for (const { change, slashed, operator } of changes) {
      if (change > 0n) consensus += change;
      let open = change < 0n ? -change : 0n;
      if (slashed) {
        const bond = operator === null ? 0n : least(covers.bonds.get(operator) ?? 0n, open);
        if (operator !== null) covers.bonds.set(operator, (covers.bonds.get(operator) ?? 0n) - bond);
        const fund = least(covers.fund, open - bond);
        const first = least(covers.firstLoss, open - bond - fund);
        covers.fund -= fund;
        covers.firstLoss -= first;
        covered += bond + fund + first;
        open -= bond + fund + first;
      }
      lost += open;
    }
    const trough = this.peak - this.result + lost;
    this.result += consensus + executed - lost;
    const earned = this.result > this.peak ? this.result - this.peak : 0n;
    this.peak += earned;
    const byBlocks = least(trough, consensus + executed) - consensus;
    return { covered, earned, restored: byBlocks > 0n ? byBlocks : 0n };
  }

  /** Who gets what was earned. */
  private share(earned: bigint, fees: ReadonlyMap<string, number>): { commission: bigint; indexed: bigint; compounded: bigint } {
    const standard = BigInt(fees.get(STANDARD) ?? 0);
    const bps = (tier: string): bigint => least(BigInt(fees.get(tier) ?? Number(standard)), standard);
    const charge = (units: bigint, points: bigint): bigint => this.round.commission(units * points, 10_000n);
    const earning = this.shares - this.fixed;
    const held = this.mode === 'payout' ? earning : this.shares;
    if (held < MINIMUM) {
      const commission = charge(earned, standard);
      this.carried += earned - commission;
      return { commission, indexed: earned - commission, compounded: 0n };
    }
    let [commission, indexed, compounded] = [0n, 0n, 0n];
    if (this.mode === 'payout') {
      for (const [tier, part] of this.split(earned)) {
        const fee = charge(part, bps(tier));
        commission += fee;
        indexed += this.give(tier, part - fee);
      }
    } else {
      const fee = charge(earned, standard);
      for (const [tier, own] of this.sharesByTier()) indexed += this.give(tier, charge((earned * own) / this.shares, standard - bps(tier)));
      commission = fee - indexed;
      compounded = earned - fee;
    }
    if (earning >= MINIMUM) {
      for (const [tier, part] of this.split(this.carried)) this.give(tier, part);
      this.carried = 0n;
    }
    return { commission, indexed, compounded };
  }

  private sharesByTier(): [string, bigint][] {
    const sums = new Map<string, bigint>();
    for (const { tier, earning } of this.holders.values()) sums.set(tier, (sums.get(tier) ?? 0n) + earning);
    return [...sums].sort(([a], [b]) => (a < b ? -1 : 1));
  }
  /** Largest remainders; between equal ones the first by name. */
  private split(total: bigint): [string, bigint][] {
    const tiers = this.sharesByTier();
    const all = tiers.reduce((sum, [, own]) => sum + own, 0n);
    const parts = tiers.map(([tier, own]) => ({ tier, part: (total * own) / all, rest: (total * own) % all }));
    let left = total - parts.reduce((sum, p) => sum + p.part, 0n);
    while (left-- > 0n) {
      const next = parts.reduce((best, p) => (p.rest > best.rest ? p : best));
      next.part += 1n;
      next.rest = -1n;
    }
    return parts.map(({ tier, part }) => [tier, part]);
  }
  private give(tier: string, units: bigint): bigint {
    const own = [...this.holders.values()].filter((h) => h.tier === tier);
    const all = own.reduce((sum, h) => sum + h.earning, 0n);
    if (units > 0n) for (const h of own) h.earned += (units * h.earning * FINE) / all;
    return units;
  }

  /** What came into our hands: what is owed beside A first, the rest is the pool's. Which is which of a validator that leaves is for its own tests. */
  private take({ changes, executed }: Told, collected: bigint, restored: bigint): void {
    const cash = executed + changes.reduce((sum, c) => sum + c.withdrawn, 0n);
    const open = this.credited - this.collected;
    const now = collected - this.collected;
    holds('A8: no more is payable than came in and is owed', now >= 0n && now <= least(cash - restored, open));
    if (!changes.some((c) => c.emptied)) same('A8: rewards collected', now, least(cash - restored, open));
    this.collected = collected;
    this.buffer += cash - now;
  }

  private fix(price: { value: bigint; shares: bigint }): void {
    for (const exit of this.queue) {
      if (exit.group !== 0) continue;
      exit.group = this.reports;
      exit.fixedAt = price;
      exit.nominal = this.round.redeem(exit.shares * price.value, price.shares);
      this.holder(exit.clientId).earning -= exit.shares;
      this.fixed += exit.shares;
    }
  }

  /** A5, one by one: as many in order as there is money for, a group at a time. */
  private pay(price: { value: bigint; shares: bigint }, { until, netting, stakes }: Told): void {
    let money = this.buffer + (netting && until === null ? stakes.reduce((sum, s) => sum + s.amount, 0n) : 0n);
    let total = 0n;
    while (this.queue.length > 0) {
      const group = this.queue[0]?.group;
      const candidates = this.queue.filter((e) => e.group === group && (until === null || e.place < until));
      const all = this.queue.filter((e) => e.group === group).length;
      let best = { n: 0, aside: 0n };
      let [shares, nominal, value] = [0n, 0n, 0n];
      candidates.forEach((exit, i) => {
        shares += exit.shares;
        nominal += exit.nominal;
        value = this.round.redeem(shares * price.value, price.shares);
        const fell = price.value * exit.fixedAt.shares < exit.fixedAt.value * price.shares;
        const aside = fell ? value : nominal;
        if (aside <= money) best = { n: i + 1, aside };
      });
      if (best.n === 0) break;
      const gone = this.queue.splice(0, best.n);
      const exits = gone.map((e) => {
        const payout = least(e.nominal, this.round.redeem(e.shares * price.value, price.shares));
        return { clientId: e.clientId, shares: e.shares, payout };
      });
      this.ranges.push({ left: best.aside, exits });
      for (const { shares: units } of gone) {
        this.shares -= units;
        this.fixed -= units;
        this.leaving += units;
      }
      this.assets -= best.aside;
      money -= best.aside;
      total += best.aside;
      if (best.n < all) break;
    }
    // each share stays as far below its mark as it was; the odd unit is for those who stay
    const borne = least(this.assets + total, this.loss);
    const gone = price.shares > this.shares ? borne - up(borne * this.shares, price.shares) : 0n;
    this.peak -= gone;
    this.assets -= gone;
    holds('A3: who leaves takes nothing from who stays', this.value * price.shares >= price.value * this.shares);
    this.net(total, stakes);
  }

  private net(total: bigint, stakes: Told['stakes']): void {
    let missing = total > this.buffer ? total - this.buffer : 0n;
    this.buffer += missing - total;
    const entering: { clientId: string; amount: bigint }[] = [];
    for (const { clientId, amount } of stakes) {
      if (missing === 0n) break;
      entering.push({ clientId, amount: least(amount, missing) });
      missing -= least(amount, missing);
    }
    same('netting covers', missing, 0n);
    this.netted = entering;
  }
  private netted: { clientId: string; amount: bigint }[] = [];

  private mint(entries: Told['entries']): void {
    const price = { value: this.value, shares: this.shares };
    const first = price.shares === 0n || (price.shares < MINIMUM && price.value * this.firstRate <= price.shares);
    for (const { clientId, amount } of [...this.netted, ...entries]) {
      const issued = first ? amount * this.firstRate : this.round.mint(amount * price.shares, price.value);
      this.assets += amount;
      this.shares += issued;
      this.client(clientId).entering -= amount;
      this.client(clientId).shares += issued;
      this.holder(clientId).earning += issued;
    }
    if (this.shares > this.largest) this.largest = this.shares;
    holds('A3: who enters takes nothing from who holds', price.shares === 0n || this.value * price.shares >= price.value * this.shares);
  }

  /** Pays so many of those whose rate is final, one by one. */
  paid(most: number): void {
    let todo = most;
    for (const range of this.ranges) {
      const now = range.exits.splice(0, todo);
      todo -= now.length;
      for (const { clientId, shares, payout } of now) {
        this.client(clientId).available += payout;
        this.client(clientId).locked -= shares;
        this.leaving -= shares;
        range.left -= payout;
      }
      if (range.exits.length === 0) {
        this.surplus += range.left;
        range.left = 0n;
      }
    }
  }

  /** Everything that both know, to the unit. Throws at the first difference. */
  compare(seen: Snapshot): void {
    const { pool } = seen;
    const own: Record<(typeof figures)[number], bigint> = { ...this, loss: this.loss };
    for (const figure of figures) same(figure, pool[figure], own[figure]);
    const owes = pool.assets + pool.credited - pool.collected;
    same('A2: what is owed is there', owes, pool.buffer + seen.fillInFlight + seen.booked - seen.unminted + pool.loss);
    let all = 0n;
    for (const [id, balances] of seen.clients) {
      const mine = this.client(id);
      for (const name of ['available', 'entering', 'shares', 'locked'] as const)
        same(
          `${name} of ${id}`,
          balances[name],
          mine[name] + (name === 'available' && this.mode === 'compound' ? this.holder(id).got : 0n),
        );
      all += balances.shares + balances.locked;
      this.compareOwed(id, seen.owed.get(id) ?? 0n, balances);
    }
    same('A1: all shares are somebody’s', all, pool.shares + pool.leaving);
  }

  /** What the index could not express is less than 10^-27 of a unit a share and report; nobody ever gets more than was earned. */
  private compareOwed(id: string, owed27: bigint, { rewards }: Balances): void {
    const { earned, got } = this.holder(id);
    const has = (this.mode === 'payout' ? rewards : got) * FINE + owed27 * (FINE / 10n ** 27n);
    const slack = (BigInt(this.reports) + 1n) * (this.largest + 1n) * (FINE / 10n ** 27n);
    holds(`A8: what ${id} earned is owed or paid: ${has} of ${earned}`, has <= earned + slack && earned <= has + slack);
  }
}
