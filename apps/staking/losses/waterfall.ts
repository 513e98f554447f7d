import { amount, smaller, ZERO, type Amount } from '#kernel';
import type { Move } from '../pools/moves.js';

/** What a slashed validator lost in a report. */
export interface SlashingLoss {
  readonly pubkey: string;
  /** Who runs it; null: nobody whose bond we hold. */
  readonly operator: string | null;
  readonly amount: Amount;
}

/** What may bear losses, as the ledger holds it when the report is applied. */
export interface Covers {
  /** By operator. */
  readonly bonds: ReadonlyMap<string, Amount>;
  readonly fund: Amount;
  readonly firstLoss: Amount;
}
export const NO_COVER: Covers = { bonds: new Map(), fund: ZERO, firstLoss: ZERO };

export type CoverSource = 'operator_bond' | 'cover_fund' | 'first_loss';
export interface CoverStep {
  readonly source: CoverSource;
  readonly pubkey: string;
  readonly operator: string | null;
  readonly amount: Amount;
}
export interface Covered {
  readonly total: Amount;
  readonly steps: readonly CoverStep[];
  readonly moves: readonly Move[];
  /** By validator: what is left for the pool to bear. */
  readonly left: ReadonlyMap<string, Amount>;
}

/**
 * A7: the bond of the operator who lost it, then the cover fund, then the treasury's first loss; what is left falls on the rate of the pool. One
 * journal a step; validators in the order given.
 */
export function coverLosses(losses: readonly SlashingLoss[], covers: Covers): Covered {
  const bonds = new Map(covers.bonds);
  let { fund, firstLoss } = covers;
  const steps: CoverStep[] = [];
  const left = new Map<string, Amount>();
  for (const { pubkey, operator, amount: lost } of losses) {
    let open: bigint = lost;
    const take = (source: CoverSource, there: Amount): Amount => {
      const taken = amount(smaller<bigint>(there, open));
      if (taken > 0n) steps.push({ source, pubkey, operator: source === 'operator_bond' ? operator : null, amount: taken });
      open -= taken;
      return amount(there - taken);
    };
    if (operator !== null) bonds.set(operator, take('operator_bond', bonds.get(operator) ?? ZERO));
    fund = take('cover_fund', fund);
    firstLoss = take('first_loss', firstLoss);
    left.set(pubkey, amount(open));
  }
  const total = amount(steps.reduce((sum, step) => sum + step.amount, 0n));
  return { total, steps, moves: steps.map(moveOf), left };
}

function moveOf({ source, pubkey, operator, amount: units }: CoverStep): Move {
  if (source === 'operator_bond') return { kind: 'cover.bond_loss', pubkey, operator: operator ?? '', amount: units };
  return { kind: source === 'cover_fund' ? 'cover.fund_loss' : 'cover.first_loss_taken', pubkey, amount: units };
}
