import type { Operation } from '#http';
import type { StakeBody, UnstakeBody } from './orders.dto.js';

/** A request to place an order. */
export type Placement = { readonly operation: Operation; readonly clientId: string } & (
  { readonly type: 'stake'; readonly body: StakeBody } | { readonly type: 'unstake'; readonly body: UnstakeBody }
);
