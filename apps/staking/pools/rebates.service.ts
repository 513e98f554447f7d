import { Inject, Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { Transactor } from '#database';
import { Schedule } from '#delivery';
import { amount, newUuid, type Clock } from '#kernel';
import { balanceOf, heldAmong } from '#ledger';
import type { StakingConfig } from '../config.js';
import { allProducts } from '../products/products.store.js';
import { settle } from '../settlement/holder.js';
import { holdersOf, saveHolders } from '../settlement/settlement.store.js';
import { CLOCK, CONFIG } from '../tokens.js';
import type { Move } from './moves.js';
import { causeOf, domainOf, lockPool, postAll } from './pools.store.js';
import { toPostings } from './postings.js';
import { rebatesDue } from './rebates.store.js';
import { indexesOf, indexIn } from './tiers.js';

const CHUNK = 1_000;

/** Where a run of payments is: it may be cut short anywhere, and the next begins anew. */
interface Paid {
  readonly last: string | null;
  readonly paid: number;
}

/**
 * Pays what tiers get back of the commission of pools whose rewards raise the rate. Only what has come into our hands is paid: the rest waits
 * with its holder, as does what is too little to be worth a posting, or belongs to somebody whose payouts are stopped.
 */
@Injectable()
export class RebatesService {
  constructor(
    private readonly transactor: Transactor,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(CONFIG) private readonly config: StakingConfig,
  ) {}

  @Schedule<StakingConfig>({ name: 'pay-rebates', everyMs: (config) => config.REBATE_EVERY_MS })
  async payDue(): Promise<void> {
    for (const { mode, poolId } of await this.transactor.read(allProducts)) if (mode === 'compound') await this.payAll(poolId);
  }

  /** Returns to how many it paid. */
  async payAll(poolId: string): Promise<number> {
    let [after, paid]: [string | null, number] = [null, 0];
    for (;;) {
      const chunk: Paid = await this.transactor.run((em) => this.payNext(em, poolId, after));
      paid += chunk.paid;
      if (chunk.last === null) return paid;
      after = chunk.last;
    }
  }

  private async payNext(em: EntityManager, poolId: string, after: string | null): Promise<Paid> {
    const held = await lockPool(em, poolId);
    const pool = domainOf(held);
    const due = await rebatesDue(em, poolId, amount(BigInt(this.config.REBATE_MIN)), after, CHUNK);
    const stopped = await heldAmong(em, due, 'payout');
    const holders = await holdersOf(em, poolId, due, indexesOf(pool));
    let left = await balanceOf(em, { kind: 'pool.collected', owner: poolId, asset: held.product.asset });
    const moves: Move[] = [];
    const changed = [];
    for (const clientId of due) {
      const before = holders.get(clientId);
      if (before === undefined || stopped.has(clientId)) continue;
      const { holder, paid } = settle(before, indexIn(pool, before.tier));
      if (paid > left) return this.write(em, held, changed, moves, null);
      left -= paid;
      changed.push(holder);
      moves.push({ kind: 'rebate.pay', clientId, of: clientId, amount: paid });
    }
    return this.write(em, held, changed, moves, due.length < CHUNK ? null : (due.at(-1) ?? null));
  }

  private async write(
    em: EntityManager,
    held: Parameters<typeof causeOf>[0],
    holders: Parameters<typeof saveHolders>[2],
    moves: readonly Move[],
    last: string | null,
  ): Promise<Paid> {
    if (moves.length === 0) return { last, paid: 0 };
    await saveHolders(em, held.row.id, holders);
    const total = amount(moves.reduce((sum, move) => sum + move.amount, 0n));
    await postAll(em, toPostings([{ kind: 'fee.draw', amount: total }, ...moves], causeOf(held, newUuid(), this.clock.now())));
    return { last, paid: moves.length };
  }
}
