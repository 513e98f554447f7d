import { Inject, Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { record } from '#audit';
import { Transactor } from '#database';
import { Schedule } from '#delivery';
import { invariant, type AssetCode, type Clock } from '#kernel';
import { fanOut, heldAmong, type FanOut } from '#ledger';
import type { StakingConfig } from '../config.js';
import { SYSTEM } from '../history/history.store.js';
import type { Why } from '../orders/order-moves.store.js';
import { productOfPool } from '../products/products.store.js';
import { CLOCK, CONFIG } from '../tokens.js';
import type { Distribution, DistributionLine } from './distribution.entity.js';
import {
  closedAmong,
  linesIn,
  lockDistribution,
  markHeld,
  markPaid,
  markPending,
  moveDistribution,
  openDistributions,
} from './distributions.store.js';

/** A client's hold keeps its line where it is: the chunk is put together again without it. */
class LinesHeld extends Error {
  constructor(readonly clientIds: readonly string[]) {
    super(`${clientIds.length} lines are held`);
  }
}

const HELD = 'account.held';
const CLOSED = 'account.closed';

/**
 * Pays what two people have agreed to give back: in chunks, each one transaction that commits the money with the state of its lines, so it goes on
 * wherever it was stopped. Who may not be paid now keeps the line; it is looked at again by itself.
 */
@Injectable()
export class DistributionPosting {
  constructor(
    private readonly transactor: Transactor,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(CONFIG) private readonly config: StakingConfig,
  ) {}

  @Schedule<StakingConfig>({ name: 'distribute', everyMs: (config) => config.DISTRIBUTE_EVERY_MS })
  async postAll(): Promise<void> {
    for (const { id, state } of await this.transactor.read(openDistributions)) {
      if (state === 'waiting') await this.look(id);
      await this.advance(id);
    }
  }

  /** As far as it goes by itself. */
  async advance(id: string): Promise<void> {
    while (await this.once(id));
  }

  /** One chunk; false when there is none left to pay. */
  async once(id: string): Promise<boolean> {
    try {
      return await this.transactor.run((em) => this.payChunk(em, id));
    } catch (error) {
      if (!(error instanceof LinesHeld)) throw error;
      await this.transactor.run((em) => markHeld(em, id, error.clientIds, HELD));
      return true;
    }
  }

  private async payChunk(em: EntityManager, id: string): Promise<boolean> {
    const row = await lockDistribution(em, id);
    if (row.state !== 'posting') return false;
    const lines = await linesIn(em, id, 'pending', this.config.DISTRIBUTE_CHUNK);
    if (lines.length === 0) return this.finish(em, row);
    const clients = lines.map((line) => line.clientId);
    const closed = await closedAmong(em, clients);
    const held = await heldAmong(em, clients, 'payout');
    await markHeld(em, id, [...closed], CLOSED);
    const stopped = clients.filter((client) => held.has(client) && !closed.has(client));
    await markHeld(em, id, stopped, HELD);
    const payable = lines.filter(({ clientId }) => !closed.has(clientId) && !held.has(clientId));
    if (payable.length === 0) return true;
    const product = await productOfPool(em, row.poolId);
    invariant(product !== null, 'pool.without_product', { pool: row.poolId });
    const at = this.clock.now();
    await markPaid(em, row, payable, at);
    const { refused } = await fanOut(
      em,
      paying(row, product.asset, at),
      payable.map(({ clientId: owner, amount }) => ({ owner, amount })),
    );
    if (refused.length === 0) return true;
    const other = refused.find(({ reason }) => reason !== 'held');
    invariant(other === undefined, 'distribution.not_posted', { distribution: id, reason: other?.reason });
    throw new LinesHeld(refused.flatMap(({ line }) => payable[line]?.clientId ?? [])); // held since we looked: undoes the chunk
  }

  private async finish(em: EntityManager, row: Distribution): Promise<boolean> {
    const why: Why = { at: this.clock.now(), actor: SYSTEM };
    const settled = row.paid === row.total;
    await moveDistribution(em, row, settled ? 'settle' : 'wait', why);
    const left = (row.total - row.paid).toString();
    const details = { pool: row.poolId, loss: row.lossId, paid_atomic: row.paid.toString(), left_atomic: left };
    await record(em, { actor: SYSTEM, action: `distribution.${settled ? 'settle' : 'wait'}`, resource: row.id, details });
    return false;
  }

  /** Lines whose accounts may be paid again. */
  private look(id: string): Promise<void> {
    return this.transactor.run(async (em) => {
      const row = await lockDistribution(em, id);
      if (row.state !== 'waiting') return;
      let freed = 0;
      for (let after: string | undefined; ;) {
        const lines: DistributionLine[] = await linesIn(em, id, 'held', this.config.DISTRIBUTE_CHUNK, after);
        const clients = lines.map((line) => line.clientId);
        const [closed, held] = [await closedAmong(em, clients), await heldAmong(em, clients, 'payout')];
        const free = clients.filter((client) => !closed.has(client) && !held.has(client));
        await markPending(em, id, free);
        freed += free.length;
        after = clients.at(-1);
        if (lines.length < this.config.DISTRIBUTE_CHUNK) break;
      }
      if (freed > 0)
        await moveDistribution(em, row, 'resume', { at: this.clock.now(), actor: SYSTEM, reason: `${freed} lines may be paid` });
    });
  }
}

/** A client has one line of a distribution: from reference and owner the ledger makes its key. */
const paying = ({ id, poolId }: Distribution, asset: AssetCode, effectiveAt: Date): FanOut => ({
  kind: 'recovery.pay',
  asset,
  from: poolId,
  effectiveAt,
  reference: id,
});
