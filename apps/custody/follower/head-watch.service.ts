import { Inject, Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import type { BlockRef, Chain, ChainBlock } from '#chains';
import { Transactor } from '#database';
import type { Clock } from '#kernel';
import { depositId } from '../deposits/deposit.js';
import { insertDeposit, lockDeposits, lockSeen, moveDepositRow, type Arrival } from '../deposits/deposits.store.js';
import { CLOCK } from '../tokens.js';
import { walletsAt } from '../wallets/wallets.store.js';
import { addressesIn } from './booking.js';
import { lockCursor } from './cursor.store.js';

/** When finality stands still for long, only the newest blocks are looked at. */
const MOST_BLOCKS = 256n;

/**
 * Shows deposits that are in a block but not final. Nothing is credited by it: what it sees may vanish, and then the deposit is `dropped`;
 * only the follower of finalised blocks books.
 */
@Injectable()
export class HeadWatchService {
  /** Blocks by hash: a block never changes, only whether it is part of the chain. */
  private readonly blocks = new Map<string, ChainBlock>();

  constructor(
    private readonly transactor: Transactor,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  async look(chain: Chain, finalised: BlockRef, head: BlockRef): Promise<void> {
    const from = head.number - finalised.number > MOST_BLOCKS ? head.number - MOST_BLOCKS + 1n : finalised.number + 1n;
    const blocks = await this.canonical(chain, from, head.number);
    await this.transactor.run((em) => this.compare(em, chain, from, blocks));
  }

  private async canonical(chain: Chain, from: bigint, to: bigint): Promise<ChainBlock[]> {
    const blocks: ChainBlock[] = [];
    const keep = new Map<string, ChainBlock>();
    for (let number = from; number <= to; number++) {
      const hash = await chain.reader.blockHash(number);
      if (hash === null) break; // a reorg made the chain shorter since
      const block = this.blocks.get(hash) ?? (await chain.reader.block(number));
      blocks.push(block);
      keep.set(block.hash, block);
    }
    for (const hash of this.blocks.keys()) if (!keep.has(hash)) this.blocks.delete(hash);
    for (const [hash, block] of keep) this.blocks.set(hash, block);
    return blocks;
  }

  private async compare(em: EntityManager, chain: Chain, from: bigint, blocks: readonly ChainBlock[]): Promise<void> {
    const booked = (await lockCursor(em, chain.name)).number; // the bookkeeper waits: the two never write one deposit at once
    const arrivals = await this.arrivals(
      em,
      chain,
      blocks.filter((block) => block.number > booked),
    );
    const known = await lockDeposits(em, [...arrivals.keys()]);
    const by = { at: this.clock.now(), actor: 'system' };
    for (const [id, arrival] of arrivals) {
      const row = known.get(id);
      const place = { blockNumber: arrival.block.number, blockHash: arrival.block.hash, blockTime: arrival.block.time };
      if (!row) await insertDeposit(em, arrival, 'seen', by.at);
      else if (row.state === 'dropped') await moveDepositRow(em, row, 'reappear', place, by);
    }
    for (const row of await lockSeen(em, chain.name)) {
      if (arrivals.has(row.id)) continue;
      // between the follower's last block and this window the answer is not known yet
      if (row.blockNumber >= from || row.blockNumber <= booked)
        await moveDepositRow(em, row, 'drop', {}, { ...by, reason: 'its block is no part of the chain any more' });
    }
  }

  private async arrivals(em: EntityManager, chain: Chain, blocks: readonly ChainBlock[]): Promise<Map<string, Arrival>> {
    const found = new Map<string, Arrival>();
    if (blocks.every((b) => b.transfers.length === 0)) return found;
    const wallets = new Map((await walletsAt(em, chain.name, addressesIn(blocks))).map((w) => [w.address, w]));
    for (const block of blocks) {
      for (const t of block.transfers) {
        const wallet = t.to === null || !t.succeeded || t.value === 0n ? undefined : wallets.get(t.to);
        if (wallet?.clientId == null) continue;
        const id = depositId(chain.name, t.transactionHash, wallet.address);
        const whose = { walletId: wallet.id, clientId: wallet.clientId, chain: chain.name, asset: chain.asset };
        found.set(id, { depositId: id, ...whose, amount: t.value, sender: t.from, transactionHash: t.transactionHash, block });
      }
    }
    return found;
  }
}
