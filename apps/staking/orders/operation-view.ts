import { money } from '#http';
import { publicId, timestamp, type AssetCode } from '#kernel';
import type { BatchState } from '../batches/batch.js';
import type { HistoryStep } from '../history/history.store.js';
import { ratio } from '../wire.js';
import type { Order, OrderPart } from './order.entity.js';

export interface EtaView {
  readonly p50_seconds: number;
  readonly p90_seconds: number;
  readonly basis: string;
}
export interface OperationDetail {
  readonly steps: readonly HistoryStep[];
  readonly parts: readonly (Pick<OrderPart, 'state' | 'amount'> & {
    readonly transactionHash: string | null;
    readonly pubkey: string | null;
    /** How its deposits went: both, where it goes in two steps. */
    readonly steps: readonly HistoryStep[];
  })[];
  readonly eta: EtaView | null;
}

/** Steps of a batch that a client can check on chain. */
const told = new Set<string>(['signed', 'predeposited', 'proven', 'rest_signed', 'deposited', 'active', 'failed'] satisfies BatchState[]);

const stepOf = (step: HistoryStep, chain: string) => ({
  name: step.to,
  state: 'done' as const,
  at: timestamp(step.at),
  tx_hash: step.transactionHash,
  chain: step.transactionHash === null ? null : chain,
});

/** An order as its client sees it. */
export function operationView(
  order: Order,
  cancellable: boolean,
  about: { asset: AssetCode; shareAsset: AssetCode; chain: string; paused?: object | null },
  detail?: OperationDetail,
) {
  const { asset, shareAsset, chain } = about;
  const id = publicId('operation', order.id);
  const known = order.type === 'stake' ? order.settled : order.nominal;
  return {
    id,
    type: order.type,
    state: order.state,
    state_since: timestamp(order.stateSince),
    created_at: timestamp(order.createdAt),
    product_id: order.productId,
    asset,
    ...money(asset, order.requested),
    amounts: {
      requested: money(asset, order.requested),
      accepted: money(asset, order.accepted),
      settled: money(asset, order.settled),
      ...(order.type === 'stake'
        ? { cancelled: money(asset, order.cancelled) }
        : { nominal: order.nominal === null ? null : money(asset, order.nominal) }),
    },
    shares: money(shareAsset, order.shares),
    share_rate: known === null || order.shares === 0n ? null : ratio(known, order.shares),
    client_ref: order.clientRef,
    reason: order.reasonCode === null ? null : { code: order.reasonCode, detail: order.reasonDetail ?? '' },
    cancellable,
    // of the pool, while it is in trouble: what that means for the order is said in it
    paused: about.paused ?? null,
    ...(detail
      ? {
          eta: detail.eta,
          steps: detail.steps.map((step) => stepOf(step, chain)),
          parts: detail.parts.map((part) => ({
            state: part.state,
            ...money(asset, part.amount),
            tx_hash: part.transactionHash,
            validator: part.pubkey,
            steps: part.steps.filter((step) => told.has(step.to)).map((step) => stepOf(step, chain)),
          })),
        }
      : {}),
    links: { self: `/v1/staking/operations/${id}`, cancel: `/v1/staking/operations/${id}/cancel` },
  };
}
