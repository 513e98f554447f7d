import { amount, basisPoints, larger, mulDiv, share, subtract, ZERO, type Amount } from '#kernel';

/** What a pool earned over the reports that a payment stands for. Base units; a component may be negative. */
export interface Mix {
  readonly consensus: bigint;
  readonly priorityFees: bigint;
  readonly mev: bigint;
}
export interface Broken {
  readonly gross: Amount;
  readonly commission: Amount;
  /** What the payment, after commission, is made of: sums to it exactly. null where the pool earned nothing in these reports. */
  readonly components: { readonly consensus: Amount; readonly priorityFees: Amount; readonly mev: Amount } | null;
}

/**
 * A payment stands for all that a holder's shares earned since the last one. Gross is what leaves the payment after commission; the payment
 * is of the components as the pool's rewards were in these reports, where a component that lost pays nothing: the pool carried its loss.
 */
export function breakDown(paid: Amount, commissionBps: number, mix: Mix): Broken {
  const gross = commissionBps >= 10_000 ? paid : grossOf(paid, commissionBps);
  const weights = [mix.consensus, mix.priorityFees, mix.mev].map((part) => larger(part, 0n));
  const some = weights.some((weight) => weight > 0n);
  const [consensus = ZERO, priorityFees = ZERO, mev = ZERO] = some ? share(paid, weights) : [];
  return { gross, commission: subtract(gross, paid), components: some ? { consensus, priorityFees, mev } : null };
}

/** The smallest amount of which `paid` is left after commission, whose fraction is the client's. */
function grossOf(paid: Amount, bps: number): Amount {
  let gross = amount(mulDiv(paid, 10_000n, BigInt(10_000 - bps), 'floor'));
  while (subtract(gross, basisPoints(gross, bps, 'floor')) > paid) gross = amount(gross - 1n);
  return gross;
}
