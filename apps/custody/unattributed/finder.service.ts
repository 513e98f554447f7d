import { Inject, Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import type { BlockRef, Chain } from '#chains';
import { Transactor } from '#database';
import { amount, uuid5, type Clock } from '#kernel';
import { balanceOf, entriesOfOwner, mustPost } from '#ledger';
import type { Logger } from '#runtime';
import { holdingOf, ofChain } from '../accounts.js';
import { lockCursor } from '../follower/cursor.store.js';
import { CLOCK, LOGGER } from '../tokens.js';
import type { WalletEntity } from '../wallets/wallet.entity.js';
import { comparedAt, walletsById, walletsOfChain } from '../wallets/wallets.store.js';
import { insertUnattributed, knownIds } from './unattributed.store.js';

/** A wallet that holds more on chain than in the books. */
export interface Surplus {
  readonly walletId: string;
  readonly chain: bigint;
}

/**
 * Books what arrived without a transaction that pays us: a contract's inner call moves coins that no transfer of a block shows. What an
 * address holds at a finalised block beyond the books has arrived since it was last compared; it is booked for nobody, so that the books
 * follow the chain, and people find out whose it is. What is missing is never booked: that is a break.
 */
@Injectable()
export class FinderService {
  constructor(
    private readonly transactor: Transactor,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  /** At a height at which the books still stand; otherwise nothing happens and the next comparison finds it again. */
  async book(chain: Chain, block: BlockRef, surplus: readonly Surplus[]): Promise<number> {
    const found = await this.transactor.run(async (em) => {
      const cursor = await lockCursor(em, chain.name); // the bookkeeper waits: nothing moves a wallet's account meanwhile
      if (cursor.number !== block.number || cursor.hash !== block.hash || cursor.state !== 'following') return [];
      const held = new Map(surplus.map((one) => [one.walletId, one.chain]));
      const wallets = await walletsById(em, [...held.keys()]);
      const booked = [];
      for (const wallet of wallets) {
        const more = (held.get(wallet.id) ?? 0n) + (await balanceOf(em, holdingOf(wallet, chain.asset)));
        if (more > 0n) booked.push({ wallet, id: uuid5('balance', wallet.id, block.number.toString()), amount: amount(more) });
      }
      await this.keep(em, chain, block, booked);
      return booked;
    });
    for (const { wallet, amount: units } of found)
      this.logger.warn(
        { walletId: wallet.id, role: wallet.role, amount: String(units), block: String(block.number) },
        'an address holds more than any transaction has paid it: booked for nobody',
      );
    return found.length;
  }

  /** The house's own coins are the house's, whoever sent them; all others wait for people. */
  private async keep(
    em: EntityManager,
    { name: chain, asset }: Chain,
    block: BlockRef,
    found: readonly { wallet: WalletEntity; id: string; amount: ReturnType<typeof amount> }[],
  ): Promise<void> {
    const at = this.clock.now();
    const seen = await comparedAt(
      em,
      found.map(({ wallet }) => wallet.id),
    );
    for (const { wallet, id, amount: units } of found) {
      if (wallet.role === 'treasury') continue;
      const since = seen.get(wallet.id) ?? -1n;
      const fromBlock = since < block.number ? since + 1n : block.number;
      const place = { fromBlock, blockNumber: block.number, blockHash: block.hash, blockTime: block.time };
      const nobody = { cause: 'balance' as const, sender: null, transactionHash: null };
      await insertUnattributed(em, { id, chain, asset, walletId: wallet.id, amount: units, ...nobody, ...place }, at);
    }
    const postings = found.map(({ wallet, id, amount: units }) => {
      const [kind, credit] =
        wallet.role === 'treasury'
          ? (['house.fund', ofChain('house.capital', chain, asset)] as const)
          : (['deposit.unattributed', ofChain('trust.unattributed', chain, asset)] as const);
      const debit = holdingOf(wallet, asset);
      return { key: uuid5(kind, id), kind, debit, credit, amount: units, effectiveAt: at, reference: id };
    });
    if (postings.length > 0) await mustPost(em, postings);
  }

  /** What was booked for nobody before the register was kept: taken over from the ledger, once. */
  async takeOver(chain: Chain): Promise<void> {
    await this.transactor.run(async (em) => {
      await lockCursor(em, chain.name);
      for (const wallet of await walletsOfChain(em, chain.name)) {
        for await (const entry of entriesOfOwner(em, wallet.id)) {
          if (entry.kind !== 'deposit.unattributed' || (await knownIds(em, [entry.reference])).size > 0) continue;
          const place = { fromBlock: 0n, blockNumber: 0n, blockHash: `0x${'00'.repeat(32)}`, blockTime: entry.effectiveAt };
          const unknown = { cause: 'earlier' as const, sender: null, transactionHash: null };
          const units = amount(entry.change < 0n ? -entry.change : entry.change);
          const row = { id: entry.reference, chain: chain.name, asset: chain.asset, walletId: wallet.id, amount: units };
          await insertUnattributed(em, { ...row, ...unknown, ...place }, this.clock.now());
        }
      }
    });
  }
}
