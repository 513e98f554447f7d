import { Injectable } from '@nestjs/common';
import { Transactor } from '#database';
import { money, page, type Page, wireTime } from '#http';
import type { Batch } from '../batches/batch.entity.js';
import { pageOfBatches } from '../batches/batches.store.js';
import type { Validator } from '../exits/validator.entity.js';
import { pageOfValidators } from '../exits/validators.store.js';
import type { OrderPart } from '../orders/order.entity.js';
import { partsOfBatch } from '../orders/orders.store.js';
import type { AllocationsQuery } from './staff.dto.js';

/** What treasury, auditors and officers see of validators and batches. */
@Injectable()
export class StaffService {
  constructor(private readonly transactor: Transactor) {}

  validators(query: AllocationsQuery): Promise<Page<object>> {
    const filter = filterOf(query);
    return this.transactor.read((em) =>
      page(query, {
        filter: { list: 'staking.validators', ...filter },
        fetch: (limit, before) => pageOfValidators(em, filter, limit, before),
        at: ({ createdAt, pubkey }) => ({ createdAt, id: pubkey }),
        isId: (id) => /^0x[0-9a-f]{96}$/.test(id),
        show: viewValidator,
      }),
    );
  }

  allocations(query: AllocationsQuery): Promise<Page<object>> {
    const filter = filterOf(query);
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

const filterOf = ({ pool_id, state }: AllocationsQuery): { poolId?: string; state?: string } => ({
  ...(pool_id ? { poolId: pool_id } : {}),
  ...(state ? { state } : {}),
});

const viewValidator = (v: Validator): object => ({
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
