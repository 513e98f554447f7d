import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import type { Posting } from '#ledger';
import { allProducts } from '../products/products.store.js';
import { holderOf, saveHolders } from '../settlement/settlement.store.js';
import { causeOf, domainOf, lockPool, postAll, savePool } from './pools.store.js';
import { toPostings } from './postings.js';
import { changeTier } from './tiers.js';

/** Moves a client's holdings to another tier. */
@Injectable()
export class TierChanges {
  /**
   * In the transaction that gives the client the tier, and last in it: it posts. Every pool is locked, in the order of their names, so that
   * none mints for the client by the old tier meanwhile. `reference` (uuid): the decision; asking twice with one changes nothing more.
   */
  async change(em: EntityManager, clientId: string, tier: string, reference: string, at: Date): Promise<void> {
    const pools = (await allProducts(em)).map((product) => product.poolId).sort();
    const postings: Posting[] = [];
    for (const poolId of pools) {
      const held = await lockPool(em, poolId);
      const before = await holderOf(em, poolId, clientId);
      if (before === null || before.tier === tier) continue;
      const { pool, holder, paid } = changeTier(domainOf(held), before, tier);
      await savePool(em, held.row, pool);
      await saveHolders(em, poolId, [holder]);
      if (paid > 0n)
        postings.push(...toPostings([{ kind: 'reward.settle', clientId, of: poolId, amount: paid }], causeOf(held, reference, at)));
    }
    if (postings.length > 0) await postAll(em, postings);
  }
}
