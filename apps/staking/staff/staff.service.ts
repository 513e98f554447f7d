import { Injectable } from '@nestjs/common';
import { Transactor } from '#database';
import { money, page, type Page, wireTime } from '#http';
import type { Batch } from '../batches/batch.entity.js';
import { pageOfBatches } from '../batches/batches.store.js';
import { validatorsOf } from '../exits/validators.store.js';
import type { OrderPart } from '../orders/order.entity.js';
import { partsOfBatch } from '../orders/orders.store.js';
import { allPools } from '../pools/pools.store.js';
import type { AllocationsQuery } from './staff.dto.js';

/** What treasury, auditors and officers see of validators and batches. */
@Injectable()
export class StaffService {
  constructor(private readonly transactor: Transactor) {}

  validators(): Promise<object[]> {
    return this.transactor.read(async (em) => {
      const list: object[] = [];
      for (const pool of await allPools(em)) {
        for (const v of await validatorsOf(em, pool.id)) {
          list.push({
            pubkey: v.pubkey,
            pool_id: v.poolId,
            operator_id: v.operatorId,
            index: v.index.toString(),
            state: v.state,
            state_since: wireTime(v.stateSince),
            activation_epoch: v.activationEpoch.toString(),
            principal: money('ETH', v.principal),
            booked: money('ETH', v.booked),
            credentials_type: v.credentialsType,
            slashing:
              v.state !== 'slashed'
                ? null
                : {
                    further_penalty: v.forecastPenalty === null ? null : money('ETH', v.forecastPenalty),
                    epoch: v.forecastEpoch?.toString() ?? null,
                  },
            exit: v.exitRequestId === null ? null : { attempt: v.attempt, tx_hash: v.exitTransactionHash, retry_at: wireTime(v.retryAt) },
          });
        }
      }
      return list;
    });
  }

  allocations(query: AllocationsQuery): Promise<Page<object>> {
    const filter = { ...(query.pool_id ? { poolId: query.pool_id } : {}), ...(query.state ? { state: query.state } : {}) };
    return this.transactor.read((em) =>
      page(query, {
        filter: { list: 'staking.allocations', ...filter },
        fetch: async (limit, before) => {
          const rows: { batch: Batch; parts: OrderPart[] }[] = [];
          for (const batch of await pageOfBatches(em, filter, limit, before)) rows.push({ batch, parts: await partsOfBatch(em, batch.id) });
          return rows;
        },
        at: ({ batch }) => ({ createdAt: batch.createdAt, id: batch.id }),
        show: ({ batch, parts }) => ({
          id: batch.id,
          pool_id: batch.poolId,
          kind: batch.kind,
          protection: batch.protection,
          state: batch.state,
          state_since: wireTime(batch.stateSince),
          created_at: wireTime(batch.createdAt),
          ...money('ETH', batch.amount),
          fill: money('ETH', batch.fill),
          operator_id: batch.operatorId,
          allocation: batch.allocation,
          parts: parts.length,
          pubkey: batch.pubkey,
          tx_hash: batch.transactionHash,
          rest_tx_hash: batch.topUpHash,
          attempt: batch.attempt,
          retry_at: wireTime(batch.retryAt),
          reason: batch.reason,
        }),
      }),
    );
  }
}
