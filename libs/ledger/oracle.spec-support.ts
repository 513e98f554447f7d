/**
 * The ledger in memory: what post() must decide, written the plain way, one posting after another. Specs compare the database with it.
 */
import { assets, LARGEST } from '#kernel';
import type { RoomName } from '#messages';
import { accountKinds, holdScopes, transferKinds, type AccountKind, type HoldScope, type TransferKind } from './chart/chart.js';
import { sameOwner } from './chart/generate.js';
import type { AccountRef, Posting, PostingOutcome, RefusalReason } from './ledger.js';
import type { Reversal, ReversalOutcome, ReversalRefusal } from './reverse.js';

interface Stored {
  readonly request: string;
  readonly outcome: PostingOutcome;
}

/** What was posted as one, and may be taken back as one. */
interface Journal {
  readonly postings: readonly Posting[];
  reversed: boolean;
}
/** One side of one transfer. */
export interface Change {
  readonly account: AccountRef;
  readonly amount: bigint;
  readonly effectiveAt: Date;
}

export const nameOf = (ref: AccountRef): string => `${ref.kind}/${ref.owner}/${ref.asset}`;
const requestOf = (p: Posting, place: string): string =>
  [p.kind, nameOf(p.debit), nameOf(p.credit), p.amount, p.effectiveAt.getTime(), p.reference, place].join(' ');
const refused = (reason: RefusalReason): PostingOutcome => ({ status: 'refused', reason });

export class Oracle {
  readonly balances = new Map<string, bigint>();
  private readonly decided = new Map<string, Stored>();
  private readonly masks = new Map<string, number>();
  private readonly journals = new Map<string, Journal>();
  private readonly reversals = new Map<string, { request: string; outcome: ReversalOutcome }>();
  /** Every change so far, in the order of decisions. */
  readonly changes: Change[] = [];

  hold(owner: string, scopes: readonly HoldScope[]): void {
    this.masks.set(
      owner,
      scopes.reduce((mask, scope) => mask | holdScopes[scope], 0),
    );
  }

  post(room: RoomName, postings: readonly Posting[]): PostingOutcome[] {
    for (const p of postings) for (const ref of [p.debit, p.credit]) this.open(room, ref);
    const outcomes: PostingOutcome[] = [];
    for (let at = 0; at < postings.length;) {
      const group = postings[at]?.group;
      let end = at + 1;
      while (group !== undefined && postings[end]?.group === group) end++;
      outcomes.push(...this.unit(room, postings.slice(at, end)));
      at = end;
    }
    return outcomes;
  }

  /** One posting, or the postings of one group: all or nothing. */
  private unit(room: RoomName, unit: readonly Posting[]): PostingOutcome[] {
    const before = new Map(this.balances);
    const fresh = new Map<string, Stored>();
    let whole = true;
    const outcomes = unit.map((p, index) => {
      const request = requestOf(p, `${index + 1}/${unit.length}`);
      const known = this.decided.get(p.key) ?? fresh.get(p.key);
      if (known) {
        if (known.request === request && fresh.has(p.key)) return null; // as the first of its key in this group
        whole = false;
        return known.request === request ? known.outcome : refused('conflict');
      }
      const outcome = this.decide(room, p);
      if (outcome.status === 'refused') whole = false;
      fresh.set(p.key, { request, outcome });
      return outcome;
    });
    if (!whole && unit.length > 1) {
      this.balances.clear();
      for (const [name, balance] of before) this.balances.set(name, balance);
      for (const [key, stored] of fresh) if (stored.outcome.status === 'posted') fresh.set(key, { ...stored, outcome: refused('group') });
    }
    for (const [key, stored] of fresh) this.decided.set(key, stored);
    this.enter(unit.filter((p, index) => outcomes[index] !== null && fresh.get(p.key)?.outcome.status === 'posted'));
    return outcomes.map((outcome, index) => {
      const stored = fresh.get(unit[index]?.key ?? '');
      const own = stored && stored.request === requestOf(unit[index] as Posting, `${index + 1}/${unit.length}`);
      return own || outcome === null ? (stored?.outcome ?? refused('invalid')) : outcome;
    });
  }

  private enter(postings: readonly Posting[]): void {
    const journal = { postings, reversed: false };
    for (const p of postings) this.journals.set(p.key, journal);
    this.record(postings);
  }

  private record(postings: readonly Pick<Posting, 'debit' | 'credit' | 'amount' | 'effectiveAt'>[]): void {
    for (const { debit, credit, amount, effectiveAt } of postings)
      this.changes.push({ account: debit, amount: -amount, effectiveAt }, { account: credit, amount, effectiveAt });
  }

  reverse(room: RoomName, { key, original, effectiveAt, reference, reason }: Reversal): ReversalOutcome {
    const request = [original, effectiveAt.getTime(), reference, reason].join(' ');
    const known = this.reversals.get(key);
    if (known) return known.request === request ? known.outcome : { status: 'refused', reason: 'conflict' };
    if (this.decided.has(key)) return { status: 'refused', reason: 'conflict' };
    const journal = this.journals.get(original);
    const refusal = journal ? this.undo(room, journal, effectiveAt) : 'unknown';
    const outcome: ReversalOutcome = refusal
      ? { status: 'refused', reason: refusal }
      : { status: 'reversed', postings: journal?.postings.length ?? 0 };
    this.reversals.set(key, { request, outcome });
    return outcome;
  }

  private undo(room: RoomName, journal: Journal, effectiveAt: Date): ReversalRefusal | null {
    const kinds = journal.postings.map((p): TransferKind => transferKinds[p.kind]);
    if (kinds.some((kind) => kind.role !== room)) return 'forbidden';
    if (kinds.some((kind) => !kind.reversible)) return 'not_reversible';
    if (journal.reversed) return 'already_reversed';
    if (journal.postings.some((p, index) => this.isHeld(kinds[index]?.hold, p))) return 'held';
    const before = new Map(this.balances);
    const back = journal.postings.map((p) => ({ ...p, debit: p.credit, credit: p.debit, effectiveAt })).reverse();
    for (const p of back) {
      if (this.move(p)) continue;
      for (const [name, balance] of before) this.balances.set(name, balance);
      return 'insufficient';
    }
    journal.reversed = true;
    this.record(back);
    return null;
  }

  private isHeld(scope: HoldScope | undefined, p: Pick<Posting, 'debit' | 'credit'>): boolean {
    return scope !== undefined && ((this.mask(p.debit) | this.mask(p.credit)) & holdScopes[scope]) !== 0;
  }

  /** Both balances after it, or null where a floor or ceiling stands against it. */
  private move(p: Pick<Posting, 'debit' | 'credit' | 'amount'>): { debitBalance: bigint; creditBalance: bigint } | null {
    const debitBalance = (this.balances.get(nameOf(p.debit)) ?? 0n) - p.amount;
    const creditBalance = (this.balances.get(nameOf(p.credit)) ?? 0n) + p.amount;
    const floor = accountKinds[p.debit.kind].side === 'liability' ? 0n : -LARGEST;
    const ceiling = accountKinds[p.credit.kind].side === 'holding' ? 0n : LARGEST;
    if (debitBalance < floor || creditBalance > ceiling) return null;
    this.balances.set(nameOf(p.debit), debitBalance);
    this.balances.set(nameOf(p.credit), creditBalance);
    return { debitBalance, creditBalance };
  }

  private decide(room: RoomName, p: Posting): PostingOutcome {
    const kind: TransferKind = transferKinds[p.kind];
    if (p.amount <= 0n) return refused('invalid');
    if (kind.role !== room) return refused('forbidden');
    if (!this.balances.has(nameOf(p.debit)) || !this.balances.has(nameOf(p.credit)) || nameOf(p.debit) === nameOf(p.credit))
      return refused('invalid');
    if (p.debit.asset !== p.credit.asset || p.debit.kind !== kind.debit || p.credit.kind !== kind.credit) return refused('invalid');
    if (sameOwner(kind) && p.debit.owner !== p.credit.owner) return refused('invalid');
    if (this.isHeld(kind.hold, p)) return refused('held');
    const balances = this.move(p);
    return balances ? { status: 'posted', ...balances } : refused('insufficient');
  }

  private mask(ref: AccountRef): number {
    return accountKinds[ref.kind].owner === 'client' ? (this.masks.get(ref.owner) ?? 0) : 0;
  }

  private open(room: RoomName, ref: AccountRef): void {
    const kind: AccountKind = accountKinds[ref.kind];
    const touches = Object.values<TransferKind>(transferKinds).some(
      (t) => t.role === room && (t.debit === ref.kind || t.credit === ref.kind),
    );
    if (touches && assets[ref.asset].kind === kind.asset && !this.balances.has(nameOf(ref))) this.balances.set(nameOf(ref), 0n);
  }
}
