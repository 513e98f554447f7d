/**
 * Which row of an account a batch writes. A kind with stripes takes movements in its safe direction (credits of a liability, debits of a holding) on a
 * stripe, another one for each batch, so that batches side by side do not wait for each other; nothing can refuse such a movement for want of money. What
 * moves the other way needs the whole account: then every posting of the batch goes to its main row, and its stripes are folded into it first.
 */
import { randomInt } from 'node:crypto';
import type { EntityManager } from 'typeorm';
import { accountKinds, type AccountKind } from './chart/chart.js';
import type { RowRef } from './accounts.js';
import type { AccountRef, Posting } from './ledger.js';

type Side = 'debit' | 'credit';
const safeSide = (kind: AccountKind): Side => (kind.side === 'liability' ? 'credit' : 'debit');
const nameOf = (ref: AccountRef): string => `${ref.kind} ${ref.asset} ${ref.owner}`;

/** Processes start at different stripes, and each goes round: batches under way at once are on different ones. */
let turn = randomInt(1 << 20);

export interface Rows {
  readonly rowOf: (ref: AccountRef) => RowRef;
  /** Accounts whose stripes must be folded before the batch is decided. */
  readonly whole: readonly AccountRef[];
}

export function rowsOf(postings: readonly Posting[]): Rows {
  const whole = new Map<string, AccountRef>();
  let spread = false;
  for (const posting of postings) {
    for (const side of ['debit', 'credit'] as const) {
      const ref = posting[side];
      const kind: AccountKind = accountKinds[ref.kind];
      if (!kind.stripes) continue;
      spread = true;
      if (side !== safeSide(kind)) whole.set(nameOf(ref), ref);
    }
  }
  if (!spread) return { rowOf: (ref) => ref, whole: [] };
  const mine = turn++;
  return {
    whole: [...whole.values()],
    rowOf: (ref) => {
      const { stripes }: AccountKind = accountKinds[ref.kind];
      return stripes && !whole.has(nameOf(ref)) ? { ...ref, stripe: (mine % stripes) + 1 } : ref;
    },
  };
}

/**
 * Moves what stripes hold into the main rows of up to `most` accounts; returns how many stripes were emptied. Background work, for a transaction of its own:
 * it waits for postings on these accounts, and they for it. Nothing depends on when it runs.
 */
export async function foldStripes(em: EntityManager, most = 20): Promise<number> {
  const rows: { folded: number }[] = await em.query('SELECT ledger.fold_stripes($1::int) AS folded', [most]);
  return rows[0]?.folded ?? 0;
}
