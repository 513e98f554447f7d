import { Inject, Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import type { Chain, ChainBlock } from '#chains';
import { Fault, invariant, InvariantBroken, ZERO, type Clock } from '#kernel';
import { mustPost } from '#ledger';
import { announceDeposit } from '../deposits/announcing.js';
import { insertDeposit, lockDeposits, moveDepositRow } from '../deposits/deposits.store.js';
import { CLOCK } from '../tokens.js';
import { announce } from '../transactions/announcer.js';
import type { TransactionEntity } from '../transactions/transaction.entity.js';
import { lockByHashes } from '../transactions/attempts.store.js';
import { moveRow } from '../transactions/transactions.store.js';
import { insertUnattributed } from '../unattributed/unattributed.store.js';
import { touchWallets, walletsAt } from '../wallets/wallets.store.js';
import { addressesIn, bookBlock, touchedIn, touchesUs } from './booking.js';
import type {
  BookedCredit,
  Books,
  DetectedDeposit,
  FinalisedTransaction,
  OwnTransaction,
  OwnWallet,
  UnattributedArrival,
} from './books.js';
import { continues } from './chain-state.js';
import { lockCursor, moveCursor } from './cursor.store.js';
import { receiveReward } from './execution-rewards.store.js';
import { insertCredits } from './protocol-credits.store.js';

/** Takes finalised blocks into the books. */
@Injectable()
export class BookkeeperService {
  constructor(@Inject(CLOCK) private readonly clock: Clock) {}

  /**
   * Books the next block that touches us, and moves the cursor over those before it that do not: in the caller's transaction, which is the
   * block's one transaction. Answers what is left. Throws InvariantBroken when a block contradicts what is booked.
   */
  async advance(
    em: EntityManager,
    chain: Chain,
    fetched: readonly ChainBlock[],
    proposedByUs: ReadonlySet<bigint>,
  ): Promise<readonly ChainBlock[]> {
    const cursor = await lockCursor(em, chain.name);
    if (cursor.state === 'contradicted')
      // found by another instance since these blocks were fetched
      throw new Fault('chain.contradiction', 'The chain waits for an officer to acknowledge a contradiction.', false);
    const blocks = fetched.filter((block) => block.number > cursor.number); // another instance may have been here
    checkContinuity(cursor, blocks);
    // read under the lock: an address that a block could pay was opened before that block
    const wallets = new Map<string, OwnWallet>((await walletsAt(em, chain.name, addressesIn(blocks))).map((w) => [w.address, w]));
    const index = blocks.findIndex((block) => touchesUs(block, wallets));
    const last = blocks[index < 0 ? blocks.length - 1 : index];
    if (!last) return [];
    await moveCursor(em, chain.name, last);
    if (index < 0) return [];
    await this.book(em, chain, last, wallets, proposedByUs.has(last.number));
    return blocks.slice(index + 1);
  }

  private async book(
    em: EntityManager,
    chain: Chain,
    block: ChainBlock,
    wallets: ReadonlyMap<string, OwnWallet>,
    proposedByUs: boolean,
  ): Promise<void> {
    const hashes = block.transfers.filter((t) => wallets.has(t.from)).map((t) => t.transactionHash);
    const rows = await lockByHashes(em, chain.name, hashes);
    const byId = new Map([...wallets.values()].map((w) => [w.id, w]));
    const transactions = new Map([...rows].map(([hash, row]) => [hash, ownTransaction(row, byId)]));
    const books: Books = { chain: chain.name, asset: chain.asset, wallets, transactions, proposedByUs };
    const booking = bookBlock(block, books);
    await this.receiveDeposits(em, books, block, booking.deposits);
    await insertCredits(
      em,
      booking.credits.map((c) => creditRow(chain.name, block, c)),
    );
    for (const reward of booking.rewards) await receiveReward(em, books, block, reward);
    await this.keepUnattributed(em, books, block, booking.unattributed);
    await touchWallets(em, touchedIn(block, wallets), block.number);
    const byTransactionId = new Map([...rows.values()].map((row) => [row.id, row]));
    for (const finalised of booking.finalised) await this.finish(em, block, byTransactionId, finalised);
    // nothing counts before it has happened: a chain may run ahead of our clock, as a local one does
    const now = this.clock.now();
    await mustPost(
      em,
      booking.postings.map((posting) => (posting.effectiveAt > now ? { ...posting, effectiveAt: now } : posting)),
    );
  }

  private async keepUnattributed(
    em: EntityManager,
    { chain, asset }: Books,
    block: ChainBlock,
    arrivals: readonly UnattributedArrival[],
  ): Promise<void> {
    for (const { id, wallet, amount, cause, sender, transactionHash } of arrivals) {
      const place = { fromBlock: block.number, blockNumber: block.number, blockHash: block.hash, blockTime: block.time };
      const arrival = { id, chain, asset, walletId: wallet.id, amount, cause, sender, transactionHash, ...place };
      await insertUnattributed(em, arrival, this.clock.now());
    }
  }

  private async receiveDeposits(
    em: EntityManager,
    { chain, asset }: Books,
    block: ChainBlock,
    deposits: readonly DetectedDeposit[],
  ): Promise<void> {
    const known = await lockDeposits(
      em,
      deposits.map((d) => d.depositId),
    );
    const at = this.clock.now();
    for (const d of deposits) {
      const arrival = { depositId: d.depositId, chain, asset, walletId: d.wallet.id, clientId: d.clientId, amount: d.amount };
      const seen = known.get(d.depositId);
      const place = { blockNumber: block.number, blockHash: block.hash, blockTime: block.time };
      const row = seen
        ? await moveDepositRow(em, seen, 'finalise', place, { at, actor: 'system' })
        : await insertDeposit(em, { ...arrival, sender: d.sender, transactionHash: d.transactionHash, block }, 'suspense', at);
      await announceDeposit(em, row);
    }
  }

  private async finish(
    em: EntityManager,
    block: ChainBlock,
    rows: ReadonlyMap<string, TransactionEntity>,
    finalised: FinalisedTransaction,
  ): Promise<void> {
    const row = rows.get(finalised.id);
    invariant(row !== undefined, 'transaction.absent', { id: finalised.id });
    const event = finalised.succeeded ? 'finalise' : 'revert';
    const change = { blockNumber: block.number, gasCost: finalised.gasCost, hash: finalised.hash };
    const moved = await moveRow(em, row, event, change, this.clock.now());
    await announce(em, moved, event, this.clock.now());
  }
}

function checkContinuity(cursor: { number: bigint; hash: string }, blocks: readonly ChainBlock[]): void {
  let last: { number: bigint; hash: string } = cursor;
  for (const block of blocks) {
    const broken = continues(last, block);
    if (broken) throw new InvariantBroken(broken.code, broken.facts);
    last = block;
  }
}

function ownTransaction(row: TransactionEntity, wallets: ReadonlyMap<string, OwnWallet>): OwnTransaction {
  const { id, purpose, reserved, clientId, poolId, target, value, nonce } = row;
  const from = wallets.get(row.fromWalletId);
  invariant(from !== undefined && target !== null && nonce !== null, 'transaction.not_built', { id });
  return { id, purpose, from: from.address, to: target, value: value ?? ZERO, nonce, reserved, clientId, poolId };
}

const creditRow = (chain: string, block: ChainBlock, { credit, wallet }: BookedCredit): Parameters<typeof insertCredits>[1][number] => {
  invariant(wallet.poolId !== null, 'wallet.without_pool', { walletId: wallet.id });
  return {
    chain,
    creditIndex: credit.index,
    validatorIndex: credit.validatorIndex,
    poolId: wallet.poolId,
    walletId: wallet.id,
    amount: credit.amount,
    blockNumber: block.number,
  };
};
