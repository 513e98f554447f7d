import { createHash } from 'node:crypto';
import { add, amount, invariant, smaller, ZERO, type Amount } from '#kernel';

/** What a client has earned and not been paid, and what is known of the client. */
export interface Owing {
  readonly clientId: string;
  readonly owed: Amount;
  /** Of the client's own choice. */
  readonly minimum: Amount;
  readonly closed: boolean;
  readonly onHold: boolean;
  /** The client restakes: what is paid becomes an order for this product. */
  readonly restakeProduct: string | null;
}

/** `pending`: to be paid. `held`: somebody has to look first. `below_threshold`: less than the least that is paid at once. */
export type Verdict = 'pending' | 'held' | 'below_threshold';
export type HeldBecause = 'hold' | 'closed';

export interface Line {
  readonly clientId: string;
  readonly owed: Amount;
  /** What the run pays; nothing of a line that is held or below. */
  readonly amount: Amount;
  readonly state: Verdict;
  readonly reason: HeldBecause | null;
  readonly restakeProduct: string | null;
}

/** What a draft is drawn up for. */
export interface Terms {
  readonly poolId: string;
  readonly asset: string;
  /** Collected rewards. */
  readonly budget: Amount;
  /** Of the schedule: nobody who is owed less is paid. */
  readonly minimum: Amount;
}

export interface Totals {
  /** Of everybody. */
  readonly owed: Amount;
  /** Of those who may be paid. */
  readonly payable: Amount;
  /** Σ of the lines: what is payable, or the whole budget where that is less. */
  readonly total: Amount;
  readonly lines: number;
  readonly linesHeld: number;
  readonly held: Amount;
  readonly linesBelow: number;
  readonly below: Amount;
  /** An approval is for exactly this. SHA-256, hex; `LINES_A_BLOCK` says over what. */
  readonly hash: string;
}

/**
 * The hash of a draft is SHA-256 over lines of text, each ended by \n: `bailee payout draft 1`, `pool <id>`, `asset <code>`, `budget <base units>`,
 * `minimum <base units>`, then one line for each block of so many drawn lines in the order of client ids: the SHA-256 (hex) of their texts, each
 * `<client id> <owed> <amount> <state> <reason or -> <product that is restaked or ->` and \n.
 */
export const LINES_A_BLOCK = 10_000;

/**
 * Draws up who gets what, in two passes over everybody in the order of client ids: first `count` each, then `next` each. Who may be paid gets
 * everything owed, or, where less is collected, the budget in proportion to what is owed, to the last unit: ⌊b·upto/all⌋ less what those
 * before got, so that each is within one base unit of the exact share, and nothing has to be kept in memory. Pure.
 */
export class Drawing {
  private readonly hashing;
  private block = createHash('sha256');
  private inBlock = 0;
  private owed = ZERO;
  private payable = ZERO;
  private upto = ZERO;
  private total = ZERO;
  private lines = 0;
  private held = { lines: 0, sum: ZERO };
  private below = { lines: 0, sum: ZERO };
  private last = '';

  constructor(private readonly terms: Terms) {
    const { poolId, asset, budget, minimum } = terms;
    const head = ['bailee payout draft 1', `pool ${poolId}`, `asset ${asset}`, `budget ${budget}`, `minimum ${minimum}`];
    this.hashing = createHash('sha256').update(head.map((line) => `${line}\n`).join(''));
  }

  count(owing: Owing): void {
    this.owed = add(this.owed, owing.owed);
    if (judge(owing, this.terms.minimum).state === 'pending') this.payable = add(this.payable, owing.owed);
  }

  /** Null where the client's part is nothing. */
  next(owing: Owing): Line | null {
    invariant(owing.clientId > this.last, 'payout_draft.order', { after: this.last, client: owing.clientId });
    this.last = owing.clientId;
    const { clientId, owed, restakeProduct } = owing;
    const { state, reason } = judge(owing, this.terms.minimum);
    if (state !== 'pending') {
      const kept = state === 'held' ? this.held : this.below;
      kept.lines += 1;
      kept.sum = add(kept.sum, owed);
      return this.seal({ clientId, owed, amount: ZERO, state, reason, restakeProduct: null });
    }
    const part = this.partOf(owed);
    if (part === 0n) return null;
    this.total = add(this.total, part);
    this.lines += 1;
    return this.seal({ clientId, owed, amount: part, state, reason, restakeProduct });
  }

  private partOf(owed: Amount): Amount {
    const before = this.upto;
    this.upto = add(before, owed);
    const { budget } = this.terms;
    if (budget >= this.payable) return owed;
    return amount((budget * this.upto) / this.payable - (budget * before) / this.payable);
  }

  private seal(line: Line): Line {
    this.block.update(`${line.clientId} ${line.owed} ${line.amount} ${line.state} ${line.reason ?? '-'} ${line.restakeProduct ?? '-'}\n`);
    if (++this.inBlock === LINES_A_BLOCK) this.closeBlock();
    return line;
  }

  private closeBlock(): void {
    if (this.inBlock > 0) this.hashing.update(`${this.block.digest('hex')}\n`);
    this.block = createHash('sha256');
    this.inBlock = 0;
  }

  /** After everybody has been through both passes. */
  finish(): Totals {
    this.closeBlock();
    const { owed, payable, total, lines } = this;
    invariant(this.upto === payable && total === smaller(this.terms.budget, payable), 'payout_draft.passes_differ', { payable, total });
    return {
      ...{ owed, payable, total, lines },
      ...{ linesHeld: this.held.lines, held: this.held.sum, linesBelow: this.below.lines, below: this.below.sum },
      hash: this.hashing.digest('hex'),
    };
  }
}

/** Whether a client is paid by this run. Who may not be paid at all is held, however little it is. */
export function judge(owing: Owing, minimum: Amount): { state: Verdict; reason: HeldBecause | null } {
  if (owing.closed) return { state: 'held', reason: 'closed' };
  if (owing.onHold) return { state: 'held', reason: 'hold' };
  const below = owing.owed < minimum || owing.owed < owing.minimum;
  return { state: below ? 'below_threshold' : 'pending', reason: null };
}
