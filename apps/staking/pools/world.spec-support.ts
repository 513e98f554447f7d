/**
 * A pool in memory beside the independent model of it: the code under test books into a tiny ledger with the chart's floors, the model is told
 * what happened outside, and after every step both must say the same.
 */
import { amount, shares as asShares, smaller, type Amount } from '#kernel';
import type { Covers } from '../losses/waterfall.js';
import { settle, type Holder } from '../settlement/holder.js';
import { Book } from './book.spec-support.js';
import { closeReport, NOBODY, type Waiting } from './closing.js';
import { MemoryQueue } from './memory-queue.spec-support.js';
import type { Move } from './moves.js';
import type { Roundings, Told } from './oracle-facts.spec-support.js';
import { Oracle } from './oracle.spec-support.js';
import { observe, reread } from './observe.spec-support.js';
import type { Seen, Wish } from './wish.spec-support.js';
import { snapshotOf } from './world-view.spec-support.js';
import { assertCloses, firstRateOf, NEW_POOL, priceOf, redeemedFor, type Mode, type Pool } from './pool.js';
import { toPostings } from './postings.js';
import { openReport, type Entry, type Opened } from './report.js';
import type { PoolValidator } from './rewards.js';
import { bringUp, changeTier, freshHolder, indexIn, type Fees } from './tiers.js';

export const ID = 'eth-payout-1';
const POOL = { id: ID, chain: 'ethereum', asset: 'ETH', shareAsset: 'ETH-PAYOUT-1' } as const;

export class World {
  readonly book = new Book();
  readonly oracle: Oracle;
  readonly unit: bigint;
  pool: Pool;
  validators: PoolValidator[] = [];
  entries: Entry[] = [];
  exits = new MemoryQueue();
  holders = new Map<string, Holder>();
  tiers = new Map<string, string>();
  stakes: Waiting[] = [];
  batches: { readonly pubkey: string; readonly fill: bigint; readonly parts: Waiting[] }[] = [];
  covers: Covers = { bonds: new Map(), fund: amount(0n), firstLoss: amount(0n) };
  until: bigint | null = null;
  private steps = 0;

  constructor(
    readonly mode: Mode,
    decimals: number,
    readonly fees: Fees,
    readonly seen: Seen,
    roundings?: Roundings,
  ) {
    this.unit = 10n ** BigInt(decimals);
    this.pool = { ...NEW_POOL, id: ID, mode, firstRate: firstRateOf(decimals) };
    this.oracle = new Oracle(mode, this.pool.firstRate, roundings);
  }

  private get validatorSize(): bigint {
    return 32n * this.unit;
  }
  /** Millionths of a token, at least a unit. */
  units(millionths: number): Amount {
    const units = (BigInt(millionths) * this.unit) / 1_000_000n;
    return amount(units === 0n ? 1n : units);
  }
  private post(moves: readonly Move[]): void {
    this.book.post(toPostings(moves, { pool: POOL, reference: `step-${++this.steps}`, effectiveAt: new Date(0) }));
  }

  stake(clientId: string, millionths: number): void {
    const units = this.units(millionths);
    this.book.change('trust.wallet', 'omnibus', -units);
    this.book.change('client.available', clientId, units);
    const orderId = `stake-${++this.steps}`;
    this.post([{ kind: 'stake.reserve', clientId, of: orderId, amount: units }]);
    this.stakes.push({ orderId, clientId, amount: units });
    this.oracle.staked(clientId, units);
  }

  unstake(clientId: string, percent: number): void {
    const locked = asShares((this.book.balance('client.shares', clientId) * BigInt(percent)) / 100n);
    if (locked === 0n) return;
    const orderId = `exit-${++this.steps}`;
    this.post([{ kind: 'share.lock', clientId, of: orderId, amount: locked }]);
    this.exits.add(orderId, clientId, locked);
    this.oracle.left(clientId, locked);
  }

  cancel(clientId: string): void {
    const exit = this.exits.cancel(clientId);
    if (exit === null) return;
    this.post([{ kind: 'share.unlock', clientId, of: exit.orderId, amount: exit.shares }]);
    this.oracle.cancelled(clientId);
    this.seen.cancelled++;
  }

  /** A validator: the pool's own free money first, then stakes in their order. */
  allocate(): void {
    const waiting = this.exits.waiting.reduce((sum, e) => sum + (e.nominal ?? redeemedFor(priceOf(this.pool), e.shares)), 0n);
    const fill = smaller(this.pool.buffer > waiting ? this.pool.buffer - waiting : 0n, this.validatorSize);
    let open = this.validatorSize - fill;
    if (this.stakes.reduce((sum, s) => sum + s.amount, 0n) < open) return;
    const parts: Waiting[] = [];
    for (const stake of this.stakes) {
      const units = amount(smaller<bigint>(stake.amount, open));
      open -= units;
      if (units > 0n) parts.push({ ...stake, orderId: `${stake.orderId}/${++this.steps}`, amount: units });
    }
    this.takeStakes(parts.map((p) => p.amount));
    this.pool = { ...this.pool, buffer: amount(this.pool.buffer - fill) };
    this.oracle.filled(fill);
    this.post(parts.map((p) => ({ kind: 'stake.submit', clientId: p.clientId, of: p.orderId, amount: p.amount })));
    this.book.change('pool.bonding', ID, 0n - this.validatorSize);
    this.book.change('trust.wallet', 'omnibus', this.validatorSize);
    this.batches.push({ pubkey: `validator-${this.steps}`, fill, parts });
  }

  private takeStakes(units: readonly bigint[]): void {
    this.stakes = this.stakes.map((s, i) => ({ ...s, amount: amount(s.amount - (units[i] ?? 0n)) })).filter((s) => s.amount > 0n);
  }

  activate(): void {
    const batch = this.batches.shift();
    if (!batch) return;
    const { pubkey } = batch;
    const size = amount(this.validatorSize);
    this.post([{ kind: 'validator.activate', pubkey, amount: size }]);
    const operator = this.validators.length % 3 === 0 ? null : `operator-${this.validators.length % 2}`;
    this.validators.push({ pubkey, principal: size, booked: size, reported: false, emptied: false, slashed: false, operator });
    this.entries.push(...batch.parts.map((p) => ({ partId: p.orderId, clientId: p.clientId, pubkey, amount: p.amount })));
  }

  move(clientId: string, tier: string): void {
    this.tiers.set(clientId, tier);
    this.oracle.moved(clientId, tier);
    const before = this.holders.get(clientId);
    if (!before || before.tier === tier) return;
    const { pool, holder, paid } = changeTier(this.pool, before, tier);
    this.pool = pool;
    this.holders.set(clientId, holder);
    if (paid > 0n) this.post([{ kind: 'reward.settle', clientId, of: 'tier', amount: paid }]);
    this.seen.moved += holder.shares > 0n ? 1 : 0;
  }

  cover(to: 'operator-0' | 'operator-1' | 'fund' | 'first', millionths: number): void {
    const units = this.units(millionths);
    this.book.change('trust.wallet', 'omnibus', 0n - units);
    const kind = to === 'fund' ? 'cover.fund' : to === 'first' ? 'cover.first_loss' : 'cover.operator_bond';
    this.book.change(kind, to.startsWith('operator') ? to : 'ethereum', units);
  }
  private readCovers(): Covers {
    const of = (name: string): [string, Amount] => [name, amount(this.book.balance('cover.operator_bond', name))];
    return {
      bonds: new Map([of('operator-0'), of('operator-1')]),
      fund: amount(this.book.balance('cover.fund', 'ethereum')),
      firstLoss: amount(this.book.balance('cover.first_loss', 'ethereum')),
    };
  }

  pause(): void {
    if (this.until !== null) return;
    this.until = this.exits.nextPlace;
    this.seen.paused++;
  }
  resume(): void {
    this.until = null;
  }

  async report(wish: Wish): Promise<void> {
    this.slash(wish.slashed);
    const validators = this.validators.filter((v) => !v.emptied).map((v, i) => observe(v, i, wish, this.unit));
    const executed = wish.executed === 0 ? amount(0n) : this.units(wish.executed);
    const covers = this.readCovers();
    const report = { number: this.pool.reportNumber + 1, validators, execution: { priorityFees: executed, mev: amount(0n) } };
    const known = {
      validators: this.validators,
      entries: this.entries,
      topUps: [],
      mergers: new Map<string, string>(),
      askedOf: new Map<string, Amount>(),
    };
    const result = openReport(this.pool, report, { ...known, lossPermitted: amount(0n), fees: this.fees, covers, largest: null });
    if (!result.ok) {
      if (result.refusal.code !== 'report.loss_held') throw new Error(result.refusal.code);
      this.seen.refused++;
      return;
    }
    const told: Told = {
      changes: validators.map((o) => ({ ...this.validator(o.pubkey), ...o, change: o.reward })),
      ...{
        executed,
        fees: this.fees,
        current: !wish.late,
        until: this.until,
        netting: wish.netting,
        entries: wish.late ? [] : result.value.entries,
      },
      covers: { bonds: new Map<string, bigint>(covers.bonds), fund: covers.fund, firstLoss: covers.firstLoss },
      stakes: this.stakes,
    };
    const withdrawn = validators.reduce((sum, o) => sum + o.withdrawn, 0n);
    this.book.change('trust.wallet', 'omnibus', -withdrawn - executed);
    this.book.change('pool.protocol_withdrawal', ID, withdrawn);
    this.book.change('pool.execution_reward', ID, executed);
    await this.apply(result.value, wish);
    this.oracle.report(told, this.pool.collected);
    if (!wish.late) this.oracle.paid(wish.pay);
    this.seen.losses += result.value.reward < 0n ? 1 : 0;
    this.seen.late += wish.late ? 1 : 0;
  }

  private async apply(opened: Opened, wish: Wish): Promise<void> {
    for (const id of new Set([...this.entries, ...this.stakes].map((e) => e.clientId)))
      if (!this.holders.has(id)) this.holders.set(id, freshHolder(this.pool, id, this.tiers.get(id) ?? 'standard'));
    const closed = closeReport(opened, wish.late ? NOBODY : await this.closing(opened, wish));
    this.post(closed.moves);
    this.pool = closed.pool;
    const now = new Map(closed.validators.map((v) => [v.pubkey, v]));
    this.validators = this.validators.map((v) => now.get(v.pubkey) ?? v);
    const minted = new Set(closed.minted.map((m) => m.partId));
    this.entries = this.entries.filter((e) => !minted.has(e.partId));
    this.takeStakes(closed.netted.map((n) => n.amount));
    for (const holder of closed.holders) this.holders.set(holder.clientId, holder);
    const { seen } = this;
    seen.reports++;
    seen.minted += closed.minted.length;
    seen.netted += closed.netted.length;
    seen.covered += closed.covered.steps.length;
    seen.rebates += closed.rebate > 0n ? 1 : 0;
    seen.emptied += closed.validators.filter((v) => v.emptied).length;
  }

  private async closing(opened: Opened, wish: Wish) {
    const { price, number, pool } = opened;
    const fixed = this.exits.fix(pool, price, number, this.holders);
    const stakes = wish.netting && this.until === null && fixed.waiting > pool.buffer ? this.stakes : [];
    const money = amount(stakes.reduce<bigint>((sum, s) => sum + s.amount, pool.buffer));
    const finalised = price.shares === 0n ? [] : await this.exits.finalise(price, money, this.until);
    this.seen.finalised += finalised.length;
    this.seen.partly += finalised.length > 0 && this.exits.waiting.length > 0 ? 1 : 0;
    return { fixed, finalised, paid: this.payNow(wish.pay), stakes, entries: opened.entries, holders: this.holders };
  }

  private payNow(most: number) {
    const paid = this.exits.pay(most);
    this.seen.short += paid.paid.filter((p) => p.amount < p.nominal).length;
    this.seen.surplus += paid.surplus > 0n ? 1 : 0;
    return paid;
  }

  /** Pays of those whose rate is final, between reports. */
  pay(most: number): void {
    const { moves, burnt, surplus } = this.payNow(most);
    this.pool = { ...this.pool, leavingShares: asShares(this.pool.leavingShares - burnt), surplus: amount(this.pool.surplus + surplus) };
    this.post(moves);
    this.oracle.paid(most);
  }

  private validator(pubkey: string): PoolValidator {
    const found = this.validators.find((v) => v.pubkey === pubkey);
    if (!found) throw new Error(`no validator ${pubkey}`);
    return found;
  }
  private slash(lost: number): void {
    const first = this.validators.find((v) => !v.emptied);
    if (lost > 0) this.validators = this.validators.map((v) => (v === first ? { ...v, slashed: true } : v));
  }
  /** Rewards to their holders; rebates as far as they are collected. */
  settle(): void {
    const moves: Move[] = [];
    let left = this.book.balance('pool.collected', ID);
    for (const [clientId, before] of this.holders) {
      if (this.mode === 'payout') {
        const { holder, paid } = bringUp(this.pool, before);
        this.holders.set(clientId, holder);
        if (paid > 0n) moves.push({ kind: 'reward.settle', clientId, of: clientId, amount: paid });
        continue;
      }
      const { holder, paid } = settle(before, indexIn(this.pool, before.tier));
      if (paid === 0n || paid > left) continue;
      left -= paid;
      this.holders.set(clientId, holder);
      moves.push({ kind: 'rebate.pay', clientId, of: clientId, amount: paid });
      this.oracle.sees(clientId, this.oracle.holder(clientId).got + paid);
    }
    this.post(moves);
  }

  /** Everybody goes, and every validator leaves for it: what is left is what rounding left. */
  async empty(clients: readonly string[]): Promise<void> {
    this.resume();
    const quiet = { rewards: [0], dust: 0, executed: 0, sweep: 1, slashed: 0, late: false, netting: false, pay: 1_000_000 };
    while (this.batches.length > 0) this.activate();
    await this.report({ ...quiet, emptied: 0 });
    if (this.entries.length > 0) return; // a loss is held for people
    for (const client of clients) this.unstake(client, 100);
    for (const emptied of [0, 1_000_000, 0]) await this.report({ ...quiet, emptied });
    this.pay(1_000_000);
    this.settle();
    this.check();
    const left = { exits: this.exits.waiting.length, shares: this.pool.shares, stranded: this.pool.credited - this.pool.collected };
    if (left.exits > 0 || left.shares > 0n || left.stranded > 0n)
      throw new Error(`left behind: ${left.exits} exits, ${left.shares} shares, ${left.stranded} uncollected`);
  }

  /** Everything is written down and read back: nothing that counts lives in an object. */
  restart(): void {
    this.pool = reread(this.pool);
    this.holders = new Map(reread([...this.holders]));
    this.exits = Object.assign(new MemoryQueue(), reread({ ...this.exits, cut: undefined }));
    this.seen.restarts++;
  }

  check(): void {
    if (this.book.total('native') !== 0n || this.book.total('share') !== 0n) throw new Error('the books do not sum to zero');
    if (this.book.balance('pool.staked', ID) !== this.pool.assets + this.pool.surplus) throw new Error('A is not what the ledger says');
    const snapshot = snapshotOf(this);
    assertCloses(this.pool, snapshot);
    this.oracle.compare(snapshot);
  }
}
