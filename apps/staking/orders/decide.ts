import { asset, ok, parseDecimal, refuse, shares, type Amount, type AssetCode, type Result, type Shares } from '#kernel';
import { burntFor, redeemedFor, type Price } from '../pools/pool.js';
import { disclosureAccepted, mayOrder, type DocumentFacts, type StandingFacts } from '../products/terms.js';

export interface QuoteFacts {
  readonly clientId: string;
  readonly productId: string;
  readonly side: 'stake' | 'unstake';
  readonly expiresAt: Date;
}
interface Asked {
  readonly clientId: string;
  readonly product: { readonly id: string; readonly asset: AssetCode; readonly minimum: Amount };
  readonly standing: StandingFacts | null;
  /** undefined: none was given; null: there is no such quote. */
  readonly quote: QuoteFacts | null | undefined;
  readonly now: Date;
}

export interface StakeAsked extends Asked {
  /** A decimal, or 'max'. */
  readonly amount: string;
  /** Known only where 'max' was asked for. */
  readonly available: bigint;
  readonly disclosure: DocumentFacts | null;
  readonly acknowledged: boolean;
  readonly accepted: readonly DocumentFacts[];
}
export interface StakeAccepted {
  readonly amount: Amount;
  readonly document: DocumentFacts;
  /** Accepted with this order: compliance is told. */
  readonly newlyAccepted: boolean;
}

/** Everything about a stake but the balance, which the ledger decides. */
export function decideStake(asked: StakeAsked): Result<StakeAccepted> {
  const wanted = asked.amount === 'max' ? ok(asked.available as Amount) : parseDecimal(asset(asked.product.asset), asked.amount);
  if (!wanted.ok) return wanted;
  const allowed = mayOrder('stake', asked.standing);
  if (!allowed.ok) return allowed;
  const accepted = disclosureAccepted(asked.disclosure, asked.acknowledged, asked.accepted);
  if (!accepted.ok) return accepted;
  const quoted = checkQuote(asked, 'stake');
  if (!quoted.ok) return quoted;
  if (asked.amount === 'max' && wanted.value === 0n) return insufficientBalance(wanted.value);
  if (wanted.value < asked.product.minimum) {
    return refuse('stake.below_minimum', 'The amount is below the minimum of this product.', {
      limits: { min_atomic: asked.product.minimum.toString() },
    });
  }
  return ok({ amount: wanted.value, document: accepted.value.document, newlyAccepted: accepted.value.newly });
}

export const insufficientBalance = (requested: bigint) =>
  refuse('stake.insufficient_balance', 'There is not enough available.', { requested_atomic: requested.toString() });

export interface UnstakeAsked extends Asked {
  readonly wanted: { readonly amount: string } | { readonly shares: string };
  /** Shares that are in no other exit. */
  readonly held: Shares;
  readonly shareAsset: AssetCode;
  readonly price: Price;
  /** The least of an exit, unless it is all there is. */
  readonly minimum: Amount;
}
export interface UnstakeAccepted {
  readonly shares: Shares;
  /** What they are worth by the last report; the nominal is fixed by the next. */
  readonly estimate: Amount;
}

export function decideUnstake(asked: UnstakeAsked): Result<UnstakeAccepted> {
  const wanted = sharesWanted(asked);
  if (!wanted.ok) return wanted;
  const allowed = mayOrder('unstake', asked.standing);
  if (!allowed.ok) return allowed;
  const quoted = checkQuote(asked, 'unstake');
  if (!quoted.ok) return quoted;
  if (asked.held === 0n || wanted.value > asked.held) return insufficientShares(asked.held);
  if (wanted.value === 0n) return refuse('unstake.nothing', 'The amount must be more than zero.');
  const estimate = redeemedFor(asked.price, wanted.value);
  if (wanted.value < asked.held && estimate < asked.minimum) {
    return refuse('unstake.below_minimum', 'The amount is below the minimum of an exit; all of a position may always leave.', {
      limits: { min_atomic: asked.minimum.toString() },
    });
  }
  return ok({ shares: wanted.value, estimate });
}

export const insufficientShares = (held: bigint | null) =>
  refuse(
    'unstake.insufficient_shares',
    'There are not so many active shares outside other exits.',
    held === null ? {} : { held_atomic: held.toString() },
  );

function sharesWanted(asked: UnstakeAsked): Result<Shares> {
  const { wanted, price } = asked;
  const text = 'amount' in wanted ? wanted.amount : wanted.shares;
  if (text === 'max') return ok(asked.held);
  const parsed = parseDecimal(asset('amount' in wanted ? asked.product.asset : asked.shareAsset), text);
  if (!parsed.ok) return parsed;
  if ('shares' in wanted) return ok(shares(parsed.value));
  if (price.value === 0n || parsed.value > price.value) return parsed.value === 0n ? ok(shares(0n)) : insufficientShares(asked.held);
  return ok(burntFor(price, parsed.value));
}

function checkQuote({ quote, clientId, product, now }: Asked, side: 'stake' | 'unstake'): Result<null> {
  if (quote === undefined) return ok(null);
  if (quote === null || quote.clientId !== clientId || quote.productId !== product.id || quote.side !== side) {
    return refuse('stake.quote_unknown', 'There is no such quote of yours for this product.');
  }
  return quote.expiresAt > now ? ok(null) : refuse('stake.quote_expired', 'The quote has expired. Ask for a new one.');
}
