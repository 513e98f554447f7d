/** A pool's life in memory for property tests: every move is booked in a tiny ledger with the chart's floors and ceilings. */
import { amount, shares as asShares, smaller, type Amount, type Shares } from '#kernel';
import { PREDEPOSIT, splitFirst } from '../batches/batch.js';
import { STANDARD } from '../fees/fee-schedule.js';
import { NO_COVER } from '../losses/waterfall.js';
import { newHolder, type Holder } from '../settlement/holder.js';
import { Book } from './book.spec-support.js';
import { closeReport, type Closed } from './closing.js';
import type { Move } from './moves.js';
import { ETH, mergeNow, observe, VALIDATOR } from './chain.spec-support.js';
import { count, nothingYet } from './happenings.spec-support.js';
import { checkLaws } from './laws.spec-support.js';
import { MemoryQueue } from './memory-queue.spec-support.js';
import { NEW_POOL, priceOf, redeemedFor, type Pool } from './pool.js';
import { toPostings } from './postings.js';
import { openReport, type Entry } from './report.js';
import type { PoolValidator } from './rewards.js';
import { bringUp, indexIn } from './tiers.js';

export { ETH };
const NOT_SLASHED = { slashed: false, operator: null } as const;
export const POOL = { id: 'eth-payout-1', chain: 'ethereum', asset: 'ETH', shareAsset: 'ETH-PAYOUT-1' } as const;

/** What a report did, and whom it paid. */
export type Reported = Closed & {
  readonly paid: readonly { readonly orderId: string; readonly amount: Amount; readonly nominal: Amount }[];
  /** Paid less than the nominal that an earlier report fixed. */
  readonly short: number;
};
interface Batch {
  readonly id: string;
  readonly pubkey: string;
  readonly fill: bigint;
  readonly parts: { id: string; clientId: string; amount: Amount }[];
  readonly amount: Amount;
  readonly topUp: boolean;
  /** Whether its second deposit went out too. */
  complete: boolean;
}
/** What a report brings beside rewards. */
export interface Extra {
  readonly fees?: bigint;
  readonly mev?: bigint;
  /** What a stranger puts into the oldest validator: by a deposit, or merging a validator of his own into it. */
  readonly gift?: bigint;
  readonly giftMerged?: boolean;
  /** The youngest validator, once asked to, goes into the oldest; what does not count of it stays, to be swept now or later. */
  readonly merge?: boolean;
  readonly permitted?: bigint;
}

export class Simulation {
  readonly book = new Book();
  pool: Pool;
  validators: PoolValidator[] = [];
  entries: Entry[] = [];
  readonly exits = new MemoryQueue();
  holders = new Map<string, Holder>();
  queue: { clientId: string; amount: bigint }[] = [];
  batches: Batch[] = [];
  /** Principal that validators were asked for and have not paid out. */
  asked = new Map<string, Amount>();
  /** By source: the validator it was asked to be merged into. */
  mergers = new Map<string, string>();
  /** Money of the pool, and of clients, on keys that are not ours. */
  frozen = { fill: 0n, parts: 0n };
  /** Rewards of all reports, their commission, and the losses that left with those who bore them: for A8. */
  observed = 0n;
  commission = 0n;
  lossLeft = 0n;
  /** What happened, so that a property cannot hold of nothing. */
  readonly seen = nothingYet();
  private steps = 0;

  constructor(private readonly commissionBps = 1000) {
    this.pool = { ...NEW_POOL, id: POOL.id, mode: 'payout', firstRate: 1n };
  }

  private post(moves: readonly Move[]): void {
    this.book.post(toPostings(moves, { pool: POOL, reference: `step-${++this.steps}`, effectiveAt: new Date(0) }));
  }

  stake(clientId: string, units: bigint): void {
    this.book.change('trust.wallet', 'omnibus', -units);
    this.book.change('client.available', clientId, units);
    this.post([{ kind: 'stake.reserve', clientId, of: 'entry', amount: amount(units) }]);
    this.queue.push({ clientId, amount: units });
  }

  unstake(clientId: string, part: bigint): void {
    const free = this.book.balance('client.shares', clientId);
    const locked = asShares((free * part) / 100n);
    if (locked === 0n) return;
    const orderId = `exit-${++this.steps}`;
    this.post([{ kind: 'share.lock', clientId, of: orderId, amount: locked }]);
    this.exits.add(orderId, clientId, locked);
  }

  /** A fill of the pool's own money first, then the queue: into a new validator in two steps, or the oldest that lives at once. */
  allocate(topUp: Amount | null = null): void {
    const target = this.validators.find(
      (v) => v.reported && !v.emptied && !this.isMerging(v) && !this.batches.some((b) => b.topUp && b.pubkey === v.pubkey),
    );
    if (topUp !== null && !target) return;
    const waiting = this.exits.waiting.reduce((sum, e) => sum + (e.nominal ?? redeemedFor(priceOf(this.pool), e.shares)), 0n);
    const free = this.pool.buffer > waiting ? this.pool.buffer - waiting : 0n;
    const units = topUp ?? VALIDATOR;
    const fill = smaller<bigint>(free, units);
    if (fill + this.queue.reduce((sum, q) => sum + q.amount, 0n) < units) return;
    let open = units - fill;
    const parts: Batch['parts'] = [];
    while (open > 0n) {
      const first = this.queue[0];
      if (!first) throw new Error('the queue ran dry');
      const take = smaller(first.amount, open);
      parts.push({ id: `part-${++this.steps}-${parts.length}`, clientId: first.clientId, amount: amount(take) });
      open -= take;
      first.amount -= take;
      if (first.amount === 0n) this.queue.shift();
    }
    this.pool = { ...this.pool, buffer: amount(this.pool.buffer - fill) };
    const id = `batch-${++this.steps}`;
    const batch: Batch = {
      id,
      pubkey: target && topUp !== null ? target.pubkey : `validator-${this.steps}`,
      fill,
      parts,
      amount: amount(units),
      topUp: topUp !== null,
      complete: topUp !== null,
    };
    this.batches.push(batch);
    this.send(batch, topUp === null ? 'first' : 'all');
  }

  private send(batch: Batch, step: 'first' | 'rest' | 'all'): void {
    const split = splitFirst(
      [{ id: '', clientId: '', amount: amount(batch.fill) }, ...batch.parts],
      step === 'all' ? batch.amount : PREDEPOSIT,
    );
    const pieces = split.map((piece) => ({ ...piece, now: step === 'rest' ? piece.rest : piece.first }));
    this.post(
      pieces
        .filter((piece) => piece.id !== '' && piece.now > 0n)
        .map((piece) => ({ kind: 'stake.submit', clientId: piece.clientId, of: `${piece.id}/${step}`, amount: piece.now })),
    );
    const sent = pieces.reduce((sum, piece) => sum + piece.now, 0n);
    this.book.change('pool.bonding', POOL.id, 0n - sent);
    this.book.change('trust.wallet', 'omnibus', sent);
  }

  /** The key of the oldest first deposit stands: as ours, and the rest follows; or as a stranger's, and the rest queues again. */
  stand(ours: boolean): void {
    const batch = this.batches.find((b) => !b.complete);
    if (!batch) return;
    if (ours) {
      this.send(batch, 'rest');
      batch.complete = true;
      return;
    }
    const [fill, ...parts] = splitFirst([{ id: '', clientId: '', amount: amount(batch.fill) }, ...batch.parts], PREDEPOSIT);
    this.batches = this.batches.filter((b) => b !== batch);
    this.frozen.fill += fill?.first ?? 0n;
    this.frozen.parts += parts.reduce((sum, part) => sum + part.first, 0n);
    this.pool = { ...this.pool, buffer: amount(this.pool.buffer + (fill?.rest ?? 0n)) };
    this.queue.unshift(...parts.map((part) => ({ clientId: part.clientId, amount: part.rest })).filter((q) => q.amount > 0n));
    this.seen.frozen++;
  }

  activate(): void {
    const batch = this.batches.find((b) => !b.topUp && b.complete);
    if (!batch) return;
    this.batches = this.batches.filter((b) => b !== batch);
    this.post([{ kind: 'validator.activate', pubkey: batch.pubkey, amount: VALIDATOR }]);
    this.validators.push({
      pubkey: batch.pubkey,
      principal: VALIDATOR,
      booked: VALIDATOR,
      reported: false,
      emptied: false,
      ...NOT_SLASHED,
    });
    this.entries.push(...batch.parts.map((p) => ({ partId: p.id, clientId: p.clientId, pubkey: batch.pubkey, amount: p.amount })));
  }

  /** Asks the fullest validator for what it has above 32 ETH. */
  askPrincipal(): void {
    const above = (v: PoolValidator): bigint => smaller<bigint>(v.booked, v.principal) - VALIDATOR;
    const from = this.validators.find((v) => v.reported && !v.emptied && above(v) > 0n && !this.asked.has(v.pubkey) && !this.isMerging(v));
    if (from) this.asked.set(from.pubkey, amount(above(from)));
  }

  /** Asks for the youngest living validator to be merged into the oldest. */
  askMerger(): void {
    const living = this.validators.filter((v) => v.reported && !v.emptied && v.booked > 0n);
    const [target, source] = [living[0], living.at(-1)];
    const busy = (v: PoolValidator): boolean => this.asked.has(v.pubkey) || this.batches.some((b) => b.pubkey === v.pubkey);
    if (target && source && target !== source && this.mergers.size === 0 && !busy(target) && !busy(source))
      this.mergers.set(source.pubkey, target.pubkey);
  }

  private isMerging({ pubkey }: PoolValidator): boolean {
    return [...this.mergers].flat().includes(pubkey);
  }

  /** `rewards` (signed) by validator in turn; every `sweep`-th is swept, `emptied` of the oldest leave. Returns what was applied, or null if held. */
  async report(rewards: readonly bigint[], sweep: number, emptied: number, extra: Extra = {}): Promise<Reported | null> {
    const topUps = this.batches.filter((b) => b.topUp).map((b) => ({ batchId: b.id, pubkey: b.pubkey, amount: b.amount }));
    const living = this.validators.filter((v) => !v.emptied);
    const wish = (i: number): bigint => rewards[i % rewards.length] ?? 0n;
    const moved = extra.merge ? mergeNow(this.mergers, living, wish) : null;
    const validators = living.map((v, i) => {
      const sent = (v.reported && i % 2 === 0) || i < emptied ? (topUps.find((t) => t.pubkey === v.pubkey)?.amount ?? 0n) : 0n;
      const gift = i === 0 ? (extra.gift ?? 0n) : 0n;
      const into = (moved?.target === v.pubkey ? moved.units : 0n) + (extra.giftMerged ? gift : 0n);
      return observe(v, {
        wish: wish(i),
        asked: this.asked.get(v.pubkey) ?? null,
        deposited: amount(sent + (extra.giftMerged ? 0n : gift)),
        consolidatedIn: amount(into),
        consolidatedOut: amount(moved?.source === v.pubkey ? moved.units : 0n),
        swept: i % sweep === 0,
        emptied: i < emptied,
      });
    });
    const execution = { priorityFees: amount(extra.fees ?? 0n), mev: amount(extra.mev ?? 0n) };
    const topUpEntries = this.batches
      .filter((b) => b.topUp)
      .flatMap((b) => b.parts.map((p) => ({ partId: p.id, clientId: p.clientId, pubkey: b.pubkey, amount: p.amount, topUp: b.id })));
    const result = openReport(
      this.pool,
      { number: this.pool.reportNumber + 1, validators, execution },
      {
        ...{ validators: this.validators, entries: [...this.entries, ...topUpEntries], topUps, mergers: this.mergers },
        ...{ askedOf: this.asked, lossPermitted: amount(extra.permitted ?? 0n), covers: NO_COVER, largest: null },
        fees: new Map([[STANDARD, this.commissionBps]]),
      },
    );
    if (!result.ok) {
      if (result.refusal.code !== 'report.loss_held') throw new Error(result.refusal.code);
      return null;
    }
    const opened = result.value;
    const { price } = opened;
    const before = this.exits.waiting.map(({ orderId, nominal }) => ({ orderId, nominal }));
    const fixed = this.exits.fix(opened.pool, price, opened.number, this.holders);
    const finalised = price.shares === 0n ? [] : await this.exits.finalise(price, opened.pool.buffer, null);
    const paid = this.exits.pay(1_000_000);
    const closed = closeReport(opened, { fixed, finalised, paid, stakes: [], entries: opened.entries, holders: this.holders });
    const known = new Map(before.map((exit) => [exit.orderId, exit.nominal]));
    const applied = { ...closed, paid: paid.paid, short: paid.paid.filter((p) => p.amount < (known.get(p.orderId) ?? 0n)).length };
    const withdrawn = validators.reduce((sum, o) => sum + o.withdrawn, 0n);
    const executed = execution.priorityFees + execution.mev;
    this.book.change('trust.wallet', 'omnibus', -withdrawn - executed);
    this.book.change('pool.protocol_withdrawal', POOL.id, withdrawn);
    this.book.change('pool.execution_reward', POOL.id, executed);
    this.post(applied.moves);
    this.pool = applied.pool;
    this.observed += applied.reward;
    this.commission += applied.commission;
    this.lossLeft += applied.moves.reduce((sum, move) => sum + (move.kind === 'loss.leave' ? move.amount : 0n), 0n);
    count(this.seen, applied, { executed: executed > 0n, merged: moved !== null });
    this.take(applied);
    return applied;
  }

  private take(applied: Closed): void {
    const now = new Map(applied.validators.map((v) => [v.pubkey, v]));
    this.validators = this.validators.map((v) => now.get(v.pubkey) ?? v);
    this.batches = this.batches.filter((b) => !applied.toppedUp.includes(b.id));
    for (const v of applied.validators) {
      if (v.emptied || applied.principalOf.has(v.pubkey)) this.asked.delete(v.pubkey);
      for (const [source, target] of this.mergers) if (v.emptied && [source, target].includes(v.pubkey)) this.mergers.delete(source);
    }
    const minted = new Set(applied.minted.map((m) => m.partId));
    this.entries = this.entries.filter((e) => !minted.has(e.partId));
    for (const holder of applied.holders) this.holders.set(holder.clientId, holder);
  }

  settleAll(): void {
    const moves: Move[] = [];
    for (const [clientId, holder] of this.holders) {
      const { holder: settled, paid } = bringUp(this.pool, holder);
      this.holders.set(clientId, settled);
      if (paid > 0n) moves.push({ kind: 'reward.settle', clientId, of: clientId, amount: paid });
    }
    this.post(moves);
  }

  /** Every law of the books, after every step. */
  check(): void {
    checkLaws(this);
  }
  holder(clientId: string): Holder {
    return this.holders.get(clientId) ?? newHolder(clientId, STANDARD, indexIn(this.pool, STANDARD));
  }
  worth(held: Shares): Amount {
    return redeemedFor(priceOf(this.pool), held);
  }
}
