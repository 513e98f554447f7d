import type { ChainBlock } from '#chains';
import type { Posting } from '#ledger';
import { Arrivals, type Arrived } from './arrivals.js';
import type { BlockBooking, BookedCredit, Books, FinalisedTransaction, OwnWallet } from './books.js';
import { isInternal, Spends } from './spends.js';

/** Every address that blocks move coins from or to. */
export const addressesIn = (blocks: readonly ChainBlock[]): string[] => [
  ...new Set(
    blocks.flatMap((b) => [
      b.feeRecipient,
      ...b.transfers.flatMap((t) => (t.to === null ? [t.from] : [t.from, t.to])),
      ...b.credits.map((c) => c.address),
    ]),
  ),
];

/** Addresses of ours whose coins a block moves. */
export const touchedIn = (block: ChainBlock, wallets: Books['wallets']): OwnWallet[] => {
  const touched = [
    ...block.transfers.flatMap((t) => (t.succeeded && t.value > 0n && t.to !== null ? [t.from, t.to] : [t.from])),
    ...block.credits.flatMap((c) => (c.amount > 0n ? [c.address] : [])),
    ...(block.priorityFees > 0n ? [block.feeRecipient] : []),
  ];
  return [...new Set(touched)].flatMap((address) => wallets.get(address) ?? []);
};

/** Where a block moves nothing of ours, only the cursor moves. */
export const touchesUs = (block: ChainBlock, wallets: Books['wallets']): boolean => touchedIn(block, wallets).length > 0;

/** Whether the block's builder pays a vault: who proposed the block decides then what the payment is. */
export const mayPayForBlock = (block: ChainBlock, wallets: Books['wallets']): boolean =>
  block.transfers.some((t) => t.from === block.feeRecipient && t.to !== null && wallets.get(t.to)?.role === 'vault');

/**
 * What a finalised block means for the books: every movement of an address of ours, to the base unit, in the block's own order (so that no
 * wallet gives what it has not got), then its priority fees, and protocol credits last as the protocol applies them. A spend that we did
 * not sign, or that differs from what we signed, is a broken invariant: somebody else holds a key.
 */
export function bookBlock(block: ChainBlock, books: Books): BlockBooking {
  const [spends, arrivals] = [new Spends(books, block), new Arrivals(books, block)];
  const postings: Posting[] = [];
  const finalised: FinalisedTransaction[] = [];
  const credits: BookedCredit[] = [];
  const arrived: Arrived[] = [];
  const arrive = (one: Arrived): void => {
    postings.push(one.posting);
    arrived.push(one);
  };
  for (const transfer of block.transfers) {
    const from = books.wallets.get(transfer.from);
    const to = transfer.to === null || !transfer.succeeded || transfer.value === 0n ? undefined : books.wallets.get(transfer.to);
    if (from) {
      const own = spends.ownTransaction(transfer);
      postings.push(...spends.spend(own, from, transfer));
      finalised.push({ id: own.id, hash: transfer.transactionHash, succeeded: transfer.succeeded, gasCost: transfer.gasCost });
      if (isInternal(own.purpose)) continue;
    }
    if (to) arrive(arrivals.transfer(to, transfer));
  }
  const recipient = books.wallets.get(block.feeRecipient);
  if (recipient && block.priorityFees > 0n) arrive(arrivals.priorityFees(recipient));
  for (const credit of block.credits) {
    const wallet = books.wallets.get(credit.address);
    if (!wallet || credit.amount === 0n) continue;
    arrive(arrivals.credit(wallet, credit));
    if (wallet.role === 'vault') credits.push({ credit, wallet });
  }
  const of = <K extends 'deposit' | 'unattributed' | 'reward'>(kind: K): NonNullable<Arrived[K]>[] =>
    arrived.flatMap((one) => (one[kind] === undefined ? [] : [one[kind] as NonNullable<Arrived[K]>]));
  return { postings, finalised, credits, deposits: of('deposit'), unattributed: of('unattributed'), rewards: of('reward') };
}
