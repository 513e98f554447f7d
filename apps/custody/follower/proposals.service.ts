import { Injectable } from '@nestjs/common';
import type { Chain, ChainBlock } from '#chains';
import { Transactor } from '#database';
import { finalisedDeposits } from '../transactions/transactions.store.js';
import { vaultsOfChain, walletsAt } from '../wallets/wallets.store.js';
import { addressesIn, mayPayForBlock } from './booking.js';

/**
 * Whose validator proposed a block: only then is its builder's payment to a vault an earning. Asked before the block is booked, and only of
 * blocks with such a payment.
 */
@Injectable()
export class ProposalsService {
  constructor(private readonly transactor: Transactor) {}

  async among(chain: Chain, blocks: readonly ChainBlock[]): Promise<ReadonlySet<bigint>> {
    const asked = await this.transactor.read(async (em) => {
      const wallets = new Map((await walletsAt(em, chain.name, addressesIn(blocks))).map((w) => [w.address, w]));
      const paying = blocks.filter((block) => mayPayForBlock(block, wallets));
      if (paying.length === 0) return null;
      const pubkeys = (await finalisedDeposits(em, { chain: chain.name })).flatMap((row) => row.pubkey ?? []);
      const addresses = (await vaultsOfChain(em, chain.name)).map((w) => w.address);
      return { paying, ours: { pubkeys: new Set(pubkeys), addresses: new Set(addresses) } };
    });
    const proposed = new Set<bigint>();
    for (const { number } of asked?.paying ?? []) {
      const rewards = asked ? await chain.staking.executionRewards(asked.ours, number, number) : [];
      if (rewards.some((r) => r.proposerPubkey !== null && asked?.ours.pubkeys.has(r.proposerPubkey))) proposed.add(number);
    }
    return proposed;
  }
}
