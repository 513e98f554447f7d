import { amount, NO_SHARES, shares, subtract, ZERO, type Amount, type Shares } from '#kernel';
import type { Move } from '../pools/moves.js';
import { payoutOf, type Finalisation } from './queue.js';

/** A request of a range whose rate is final. `clientId` null: the instant buffer's. */
export interface Payable {
  readonly orderId: string;
  readonly clientId: string | null;
  readonly shares: Shares;
  readonly nominal: Amount;
}
export interface Payment<P extends Payable = Payable> {
  readonly request: P;
  readonly payout: Amount;
}
export interface Chunk<P extends Payable = Payable> {
  readonly payments: readonly Payment<P>[];
  readonly burnt: Shares;
  readonly paid: Amount;
}

/** What each of a few requests of a range gets. Whatever the chunks are, the payments are the same. */
export function settleChunk<P extends Payable>(requests: readonly P[], terms: Pick<Finalisation, 'basis' | 'price'>): Chunk<P> {
  const payments = requests.map((request) => ({ request, payout: payoutOf(request, terms) }));
  return {
    payments,
    burnt: payments.reduce((sum, { request }) => shares(sum + request.shares), NO_SHARES),
    paid: payments.reduce((sum, { payout }) => amount(sum + payout), ZERO),
  };
}

/** A payment in the ledger's terms: its shares are burnt, and it is paid from what was set aside. One of nothing moves no money. */
export function movesOf({ request, payout }: Payment): Move[] {
  const { orderId: of, clientId, shares: burnt } = request;
  if (clientId === null) {
    const burn: Move = { kind: 'instant.burn', of, amount: burnt };
    return payout > 0n ? [burn, { kind: 'instant.refill', of, amount: payout }] : [burn];
  }
  const burn: Move = { kind: 'share.burn', clientId, of, amount: burnt };
  return payout > 0n ? [burn, { kind: 'exit.pay', clientId, of, amount: payout }] : [burn];
}

/** What flooring one by one left of a range, once all of it is paid. Below one unit a request, and never negative. */
export const surplusOf = (range: { readonly setAside: Amount; readonly settled: Amount }): Amount =>
  subtract(range.setAside, range.settled);
