import { createHash } from 'node:crypto';
import { amount, machine, share, type Amount } from '#kernel';

export type RunState = 'planned' | 'dry_run' | 'approved' | 'posting' | 'posted' | 'reconciled' | 'cancelled';
export type RunEvent = 'settle' | 'approve' | 'redraw' | 'cancel' | 'fund' | 'finish' | 'reconcile';

/** `redraw`: less was collected when the money was to be set aside than at the dry run, so the lines are drawn up anew and approved anew. */
export const runMachine = machine<RunState, RunEvent>({
  name: 'payout_run',
  initial: 'planned',
  terminal: ['reconciled', 'cancelled'],
  transitions: {
    planned: { settle: 'dry_run' },
    dry_run: { approve: 'approved', cancel: 'cancelled' },
    approved: { fund: 'posting', redraw: 'dry_run' },
    posting: { finish: 'posted' },
    posted: { reconcile: 'reconciled' },
    reconciled: {},
    cancelled: {},
  },
});

/** What a client has earned and not been paid. */
export interface Owed {
  readonly clientId: string;
  readonly owed: Amount;
}
export interface Line extends Owed {
  readonly amount: Amount;
}
export interface Draft {
  readonly lines: readonly Line[];
  readonly budget: Amount;
  readonly owed: Amount;
  /** Σ of the lines: what is owed, or the whole budget where that is less. */
  readonly total: Amount;
  /** SHA-256 over budget and lines: an approval is for exactly these. Hex. */
  readonly hash: string;
}

/**
 * Draws up who gets what: everything owed, or, where less is collected, the budget in proportion to what is owed, to the last unit (largest
 * remainders, ties to the lower client id). Lines of nothing are left out. Pure: the same balances give the same draft.
 */
export function draw(balances: readonly Owed[], budget: Amount): Draft {
  const owing = balances.filter((b) => b.owed > 0n).sort((a, b) => (a.clientId < b.clientId ? -1 : 1));
  const owed = amount(owing.reduce((sum, b) => sum + b.owed, 0n));
  const enough = budget >= owed;
  const parts =
    enough || owed === 0n
      ? owing.map((b) => b.owed)
      : share(
          budget,
          owing.map((b) => b.owed),
        );
  const lines = owing.map((b, i): Line => ({ ...b, amount: parts[i] ?? amount(0n) })).filter((line) => line.amount > 0n);
  const total = amount(lines.reduce((sum, line) => sum + line.amount, 0n));
  return { lines, budget, owed, total, hash: hashOf(lines, budget) };
}

function hashOf(lines: readonly Line[], budget: Amount): string {
  const hash = createHash('sha256').update(`budget ${budget}\n`);
  for (const line of lines) hash.update(`${line.clientId} ${line.owed} ${line.amount}\n`);
  return hash.digest('hex');
}
