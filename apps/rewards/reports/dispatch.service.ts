import { Injectable } from '@nestjs/common';
import type { Chain } from '#chains';
import { Transactor } from '#database';
import { Fault } from '#kernel';
import { lockPool } from '../pools/pools.store.js';
import { ReportsService } from './reports.service.js';
import { unsentReport } from './reports.store.js';

/**
 * Sends what may go to staking. Between the look at the chain and this moment people may have thought for days: the block that the report
 * closes with must still be on the chain.
 */
@Injectable()
export class DispatchService {
  constructor(
    private readonly transactor: Transactor,
    private readonly reports: ReportsService,
  ) {}

  /** Fault `chain.block_missing`: the node does not know the block any more or not yet; the report waits. */
  async dispatch(poolId: string, chain: Chain): Promise<void> {
    const waiting = await this.transactor.read((em) => unsentReport(em, poolId));
    if (waiting === null) return;
    const { toBlock, toBlockHash } = waiting;
    const there = toBlockHash === null ? null : await chain.reader.blockHash(toBlock);
    if (toBlockHash !== null && there === null)
      throw new Fault('chain.block_missing', 'The block that a report closes with is not known to the node.', true, {
        facts: { pool: poolId, block: toBlock.toString() },
      });
    await this.transactor.run(async (em) => {
      const pool = await lockPool(em, poolId);
      const report = await unsentReport(em, poolId);
      if (report?.id !== waiting.id) return;
      if (there === toBlockHash) await this.reports.send(em, pool, report);
      else await this.reports.forked(em, pool, report, there ?? 'none');
    });
  }
}
