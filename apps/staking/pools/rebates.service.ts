import { Inject, Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { Transactor } from '#database';
import { Schedule } from '#delivery';
import { amount, invariant, newUuid, type Clock } from '#kernel';
import { balanceOf, heldAmong, post } from '#ledger';
import type { StakingConfig } from '../config.js';
import { closedAmong } from '../distributions/distributions.store.js';
import { allProducts } from '../products/products.store.js';
import { settle } from '../settlement/holder.js';
import { holdersOf, saveHolders } from '../settlement/settlement.store.js';
import { CLOCK, CONFIG } from '../tokens.js';
import type { Move } from './moves.js';
import { causeOf, domainOf, lockPool } from './pools.store.js';
import { toPostings } from './postings.js';
import { rebatesDue } from './rebates.store.js';
import { indexesOf, indexIn } from './tiers.js';

const CHUNK = 1_000;

/** Stopped since we looked: undoes the chunk. */
class Stopped extends Error {
  constructor(readonly clientIds: readonly string[]) {
    super('rebates were stopped meanwhile');
  }
}

/** Where a run of payments is: it may be cut short anywhere, and the next begins anew. */
interface Paid {
  readonly last: string | null;
  readonly paid: number;
}

/**
 * Pays what tiers get back of the commission of pools whose rewards raise the rate. Only what has come into our hands is paid: the rest waits
 * with its holder, as does what is too little to be worth a posting, or belongs to somebody whose payouts are stopped or whose account is closed.
 * Nobody waits for anybody else.
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
    const stopped = new Set<string>();
    for (;;) {
      const chunk = await this.once(poolId, after, stopped);
      if (chunk === null) continue;
      paid += chunk.paid;
      if (chunk.last === null) return paid;
      after = chunk.last;
    }
  }

  /** One chunk; null where somebody in it was stopped between look and posting: it is to be paid again, without them. */
  private async once(poolId: string, after: string | null, stopped: Set<string>): Promise<Paid | null> {
    try {
      return await this.transactor.run((em) => this.payNext(em, poolId, after, stopped));
    } catch (error) {
      if (!(error instanceof Stopped)) throw error;
      for (const clientId of error.clientIds) stopped.add(clientId);
      return null;
    }
  }

  private async payNext(em: EntityManager, poolId: string, after: string | null, met: ReadonlySet<string>): Promise<Paid> {
    const held = await lockPool(em, poolId);
    const pool = domainOf(held);
    const due = await rebatesDue(em, poolId, amount(BigInt(this.config.REBATE_MIN)), after, CHUNK);
    const stopped = new Set([...met, ...(await closedAmong(em, due)), ...(await heldAmong(em, due, 'payout'))]);
    const holders = await holdersOf(em, poolId, due, indexesOf(pool));
    let left = await balanceOf(em, { kind: 'pool.collected', owner: poolId, asset: held.product.asset });
    const moves: Move[] = [];
    const changed = [];
    for (const clientId of due) {
      const before = holders.get(clientId);
      if (before === undefined || stopped.has(clientId)) continue;
      const { holder, paid } = settle(before, indexIn(pool, before.tier));
      if (paid > left) continue; // somebody else’s may be covered
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
    const drawn: Move[] = [{ kind: 'fee.draw', amount: total }, ...moves];
    const outcomes = await post(em, toPostings(drawn, causeOf(held, newUuid(), this.clock.now())));
    const refused = outcomes.flatMap((outcome, i) => (outcome.status === 'refused' ? [{ ...outcome, move: drawn[i] }] : []));
    const other = refused.find(({ reason }) => reason !== 'held');
    invariant(other === undefined, 'rebate.not_posted', { pool: held.row.id, reason: other?.reason });
    if (refused.length > 0)
      throw new Stopped(refused.flatMap(({ move }) => (move !== undefined && 'clientId' in move ? [move.clientId] : [])));
    return { last, paid: moves.length };
  }
}
