/** A pool's life in memory for property tests: every move is booked in a tiny ledger with the chart's floors and ceilings. */
import { amount, delta, shares, smaller, type Amount, type Shares } from '#kernel';
import { PREDEPOSIT, splitFirst } from '../batches/batch.js';
import { newHolder, settle, type Holder } from '../settlement/holder.js';
import { Book } from './book.spec-support.js';
import type { Move } from './moves.js';
import { assertCloses, earningShares, priceOf, redeemedFor, valueOf, type Pool } from './pool.js';
import { toPostings } from './postings.js';
import { applyReport, type Applied, type Entry, type Exit } from './report.js';
import type { Observation, PoolValidator } from './rewards.js';

export const ETH = 10n ** 18n;
const VALIDATOR = amount(32n * ETH);
const POOL = { id: 'eth-payout-1', chain: 'ethereum', asset: 'ETH', shareAsset: 'ETH-PAYOUT-1' } as const;

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
  /** What a stranger puts into the oldest validator. */
  readonly gift?: bigint;
  readonly permitted?: bigint;
}

export class Simulation {
  readonly book = new Book();
  pool: Pool;
  validators: PoolValidator[] = [];
  entries: Entry[] = [];
  exits: Exit[] = [];
  holders = new Map<string, Holder>();
  queue: { clientId: string; amount: bigint }[] = [];
  batches: Batch[] = [];
  /** Principal that validators were asked for and have not paid out. */
  asked = new Map<string, Amount>();
  /** Money of the pool, and of clients, on keys that are not ours. */
  frozen = { fill: 0n, parts: 0n };
  /** Rewards of all reports, for A8. */
  observed = 0n;
  commission = 0n;
  /** What happened, so that a property cannot hold of nothing. */
  readonly seen = {
    minted: 0,
    paid: 0,
    losses: 0,
    short: 0,
    emptied: 0,
    frozen: 0,
    toppedUp: 0,
    partial: 0,
    executed: 0,
    given: 0,
    restored: 0,
  };
  private steps = 0;

  constructor(commissionBps = 1000) {
    this.pool = {
      id: POOL.id,
      commissionBps,
      assets: amount(0n),
      shares: shares(0n),
      fixedShares: shares(0n),
      rewardIndex: 0n,
      indexRemainder: 0n,
      carriedReward: amount(0n),
      lossCarried: amount(0n),
      buffer: amount(0n),
      credited: amount(0n),
      collected: amount(0n),
      reportNumber: 0,
    };
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
    const locked = shares((free * part) / 100n);
    if (locked === 0n) return;
    const orderId = `exit-${++this.steps}`;
    this.post([{ kind: 'share.lock', clientId, of: orderId, amount: locked }]);
    this.exits.push({ orderId, clientId, shares: locked, nominal: null });
  }

  /** A fill of the pool's own money first, then the queue: into a new validator in two steps, or the oldest that lives at once. */
  allocate(topUp: Amount | null = null): void {
    const target = this.validators.find((v) => v.reported && !v.emptied && !this.batches.some((b) => b.topUp && b.pubkey === v.pubkey));
    if (topUp !== null && !target) return;
    const waiting = this.exits.reduce((sum, e) => sum + (e.nominal ?? redeemedFor(priceOf(this.pool), e.shares)), 0n);
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
    this.validators.push({ pubkey: batch.pubkey, principal: VALIDATOR, booked: VALIDATOR, reported: false, emptied: false });
    this.entries.push(...batch.parts.map((p) => ({ partId: p.id, clientId: p.clientId, pubkey: batch.pubkey, amount: p.amount })));
  }

  /** Asks the fullest validator for what it has above 32 ETH. */
  askPrincipal(): void {
    const above = (v: PoolValidator): bigint => smaller<bigint>(v.booked, v.principal) - VALIDATOR;
    const from = this.validators.find((v) => v.reported && !v.emptied && above(v) > 0n && !this.asked.has(v.pubkey));
    if (from) this.asked.set(from.pubkey, amount(above(from)));
  }

  /** `rewards` (signed) by validator in turn; every `sweep`-th is swept, `emptied` of the oldest leave. Returns what was applied, or null if held. */
  report(rewards: readonly bigint[], sweep: number, emptied: number, extra: Extra = {}): Applied | null {
    const topUps = this.batches.filter((b) => b.topUp).map((b) => ({ batchId: b.id, pubkey: b.pubkey, amount: b.amount }));
    const validators = this.validators
      .filter((v) => !v.emptied)
      .map((v, i) => {
        const sent = (v.reported && i % 2 === 0) || i < emptied ? (topUps.find((t) => t.pubkey === v.pubkey)?.amount ?? 0n) : 0n;
        const deposited = sent + (i === 0 ? (extra.gift ?? 0n) : 0n);
        return this.observe(v, rewards[i % rewards.length] ?? 0n, amount(deposited), i % sweep === 0, i < emptied);
      });
    const execution = { priorityFees: amount(extra.fees ?? 0n), mev: amount(extra.mev ?? 0n) };
    const topUpEntries = this.batches
      .filter((b) => b.topUp)
      .flatMap((b) => b.parts.map((p) => ({ partId: p.id, clientId: p.clientId, pubkey: b.pubkey, amount: p.amount, topUp: b.id })));
    const result = applyReport(
      this.pool,
      { number: this.pool.reportNumber + 1, validators, execution },
      {
        ...{ validators: this.validators, entries: [...this.entries, ...topUpEntries], exits: this.exits, holders: this.holders },
        ...{ topUps, askedOf: this.asked, lossPermitted: amount(extra.permitted ?? 0n) },
      },
    );
    if (!result.ok) {
      if (result.refusal.code !== 'report.loss_held') throw new Error(result.refusal.code);
      return null;
    }
    const applied = result.value;
    const withdrawn = validators.reduce((sum, o) => sum + o.withdrawn, 0n);
    const executed = execution.priorityFees + execution.mev;
    this.book.change('trust.wallet', 'omnibus', -withdrawn - executed);
    this.book.change('pool.protocol_withdrawal', POOL.id, withdrawn);
    this.book.change('pool.execution_reward', POOL.id, executed);
    this.post(applied.moves);
    this.pool = applied.pool;
    this.observed += applied.reward;
    this.commission += applied.commission;
    this.count(applied, executed);
    this.take(applied);
    return applied;
  }

  private count(applied: Applied, executed: bigint): void {
    const nominal = new Map(this.exits.map((e) => [e.orderId, e.nominal]));
    this.seen.minted += applied.minted.length;
    this.seen.paid += applied.paid.length;
    this.seen.losses += applied.reward < 0n ? 1 : 0;
    this.seen.short += applied.paid.filter((p) => p.amount < (nominal.get(p.orderId) ?? 0n)).length;
    this.seen.toppedUp += applied.toppedUp.length;
    this.seen.partial += applied.principalOf.size;
    this.seen.executed += executed > 0n ? 1 : 0;
    this.seen.given += applied.given.length;
    this.seen.restored += applied.moves.filter((m) => m.kind === 'execution.recover').length;
    this.seen.emptied += applied.validators.filter((v) => v.emptied).length;
  }

  private observe(v: PoolValidator, wish: bigint, deposited: Amount, swept: boolean, emptied: boolean): Observation {
    const reward = wish < 0n - v.booked ? 0n - v.booked : wish;
    const held = v.booked + reward + deposited;
    const asked = smaller<bigint>(this.asked.get(v.pubkey) ?? 0n, held > VALIDATOR ? held - VALIDATOR : 0n);
    const kept = v.principal + deposited; // a gift stays in until it is swept as reward
    const above = swept && !this.asked.has(v.pubkey) && held > kept ? held - kept : 0n;
    const withdrawn = emptied ? held : swept ? asked + above : 0n;
    return {
      pubkey: v.pubkey,
      opening: v.booked,
      closing: amount(held - withdrawn),
      withdrawn: amount(withdrawn),
      deposited,
      reward: delta(reward),
      emptied,
    };
  }

  private take(applied: Applied): void {
    const now = new Map(applied.validators.map((v) => [v.pubkey, v]));
    this.validators = this.validators.map((v) => now.get(v.pubkey) ?? v);
    this.batches = this.batches.filter((b) => !applied.toppedUp.includes(b.id));
    for (const v of applied.validators) if (v.emptied || applied.principalOf.has(v.pubkey)) this.asked.delete(v.pubkey);
    const minted = new Set(applied.minted.map((m) => m.partId));
    this.entries = this.entries.filter((e) => !minted.has(e.partId));
    const nominal = new Map(applied.fixed.map((f) => [f.orderId, f.nominal]));
    const paid = new Set(applied.paid.map((p) => p.orderId));
    this.exits = this.exits
      .filter((e) => !paid.has(e.orderId))
      .map((e) => ({ ...e, nominal: e.nominal ?? nominal.get(e.orderId) ?? null }));
    for (const holder of applied.holders) this.holders.set(holder.clientId, holder);
  }

  settleAll(): void {
    const moves: Move[] = [];
    for (const [clientId, holder] of this.holders) {
      const { holder: settled, paid } = settle(holder, this.pool.rewardIndex);
      this.holders.set(clientId, settled);
      if (paid > 0n) moves.push({ kind: 'reward.settle', clientId, of: clientId, amount: paid });
    }
    this.post(moves);
  }

  /** Every law of the books, after every step. */
  check(): void {
    const { pool, book } = this;
    const same = (name: string, a: bigint, b: bigint): void => {
      if (a !== b) throw new Error(`${name}: ${a} is not ${b}`);
    };
    same('native sums to zero', book.total('native'), 0n);
    same('shares sum to zero', book.total('share'), 0n);
    same('A1', book.sumOf('client.shares') + book.sumOf('client.shares_locked'), pool.shares);
    same('S', -book.balance('pool.share_issue', POOL.id), pool.shares);
    same('A', book.balance('pool.staked', POOL.id), pool.assets);
    same('loss carried', -book.balance('pool.loss_carried', POOL.id), pool.lossCarried);
    same('collected', book.balance('pool.collected', POOL.id), pool.collected);
    same('protocol withdrawals', book.balance('pool.protocol_withdrawal', POOL.id), 0n);
    same('commission', book.balance('trust.fee_payable', POOL.chain), this.commission);
    same('house', book.balance('house.fee_income', POOL.chain), this.commission);
    same(
      'earning',
      this.sumHolders((h) => h.shares),
      earningShares(pool),
    );
    for (const v of this.validators) same(v.pubkey, -book.balance('stake.validator', v.pubkey), v.booked);
    const booked = this.validators.reduce((sum, v) => sum + v.booked, 0n);
    const unminted = this.entries.reduce((sum, e) => sum + e.amount, 0n);
    const fillInFlight = this.batches.reduce((sum, b) => sum + b.fill, this.frozen.fill);
    assertCloses(pool, { booked, fillInFlight, unminted });
    same('execution rewards', book.balance('pool.execution_reward', POOL.id), 0n);
    const flying = this.batches.reduce((sum, b) => sum + (b.complete ? b.amount : PREDEPOSIT), this.frozen.fill + this.frozen.parts);
    same('in flight', -book.balance('pool.bonding', POOL.id), flying);
    same('unsettled to 10^-27', book.balance('pool.rewards_payable', POOL.id) * 10n ** 27n, this.unsettled());
    const settled = book.sumOf('client.rewards');
    same('A8', this.observed, book.balance('pool.rewards_payable', POOL.id) + settled + this.commission - pool.lossCarried);
    if (pool.collected > pool.credited) throw new Error('more collected than credited');
    if (valueOf(pool) < 0n) throw new Error('worth less than nothing');
  }

  private unsettled(): bigint {
    const { pool } = this;
    return (
      this.sumHolders((h) => (pool.rewardIndex - h.indexPaid) * h.shares + h.remainder) +
      pool.carriedReward * 10n ** 27n +
      pool.indexRemainder
    );
  }
  private sumHolders(of: (holder: Holder) => bigint): bigint {
    return [...this.holders.values()].reduce((sum, h) => sum + of(h), 0n);
  }
  holder(clientId: string): Holder {
    return this.holders.get(clientId) ?? newHolder(clientId, this.pool.rewardIndex);
  }
  worth(held: Shares): Amount {
    return redeemedFor(priceOf(this.pool), held);
  }
}
