import { Inject, Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import type { Amount } from '#kernel';
import type { StakingConfig } from '../config.js';
import type { Why } from '../orders/order-moves.store.js';
import { Leaving, type Fixed, type Fixing, type PaidNow } from '../pools/leaving.js';
import type { Move } from '../pools/moves.js';
import type { Price } from '../pools/pool.js';
import type { Held } from '../pools/pools.store.js';
import { CONFIG } from '../tokens.js';
import { publishCheckpoint } from './checkpoints.store.js';
import { NOTHING_PAID, payChunk, together } from './exit-payments.store.js';
import { cutOf, fixedOf, headOf, openGroups } from './exit-queue.store.js';
import { clientsOf, fixArrived, leaveHolders, takeOwed, tellNominals } from './fixing.store.js';
import { finalise, type Finalisation } from './queue.js';
import { countUpTo, insertRanges, openRange } from './ranges.store.js';

/** The exit queue on PostgreSQL, as reports use it. What it costs does not depend on how many wait, but for what arrived since the last report. */
@Injectable()
export class ExitLeaving extends Leaving {
  constructor(@Inject(CONFIG) private readonly config: Pick<StakingConfig, 'EXITS_AT_ONCE'>) {
    super();
  }

  async fix(em: EntityManager, { row }: Held, { report, price, indexes, mode, closedAt }: Fixing, why: Why): Promise<Fixed> {
    const group = await fixArrived(em, row.id, { report, price, at: why.at, closedAt });
    const waiting = await fixedOf(em, row.id);
    if (group.requests === 0) return { byTier: new Map(), waiting, moves: [] };
    await tellNominals(em, group);
    const { byTier, holders } = await leaveHolders(em, group, indexes);
    const settled = mode === 'payout' && holders <= this.config.EXITS_AT_ONCE ? await takeOwed(em, row.id, await clientsOf(em, group)) : [];
    const moves: Move[] = settled.map(({ clientId, amount }) => ({ kind: 'reward.settle', clientId, of: clientId, amount }));
    return { byTier, waiting, moves };
  }

  async finalise(em: EntityManager, { row }: Held, price: Price, money: Amount, until: bigint | null): Promise<readonly Finalisation[]> {
    const head = await headOf(em, row.id);
    return finalise(head, await openGroups(em, row.id, head), price, money, cutOf(em, row.id), until);
  }

  async pay(em: EntityManager, held: Held, report: number, finalised: readonly Finalisation[], why: Why): Promise<PaidNow> {
    const { row } = held;
    const earlier = await openRange(em, row.id);
    const ranges = await insertRanges(em, row.id, report, finalised, why.at);
    await publishCheckpoint(em, row.id, report, why.at);
    if (earlier !== null) return NOTHING_PAID; // who came before is not credited yet: those of this report follow, in their turn
    const few = this.config.EXITS_AT_ONCE;
    const [first, last] = [finalised.at(0), finalised.at(-1)];
    if (!first || !last || (await countUpTo(em, row.id, first.from.place, last.to.place, few + 1)) > few) return NOTHING_PAID;
    let paid = NOTHING_PAID;
    for (const range of ranges) paid = together(paid, await payChunk(em, held, range, few, why));
    return paid;
  }
}
