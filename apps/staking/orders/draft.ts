import { amount, isAssetCode, NO_SHARES, ok, refuse, shares, uuidOf, ZERO, type Amount, type AssetCode, type Result } from '#kernel';
import type { DisclosureAcceptedV1 } from '#messages';
import type { HistoryRow } from '../history/history.store.js';
import type { Product } from '../products/product.entity.js';
import { decideStake, decideUnstake } from './decide.js';
import type { Knowledge } from './knowledge.store.js';
import { step, type Why } from './order-moves.store.js';
import type { Order } from './order.entity.js';
import type { Placement } from './placement.js';
import { stakeMachine, type StakeState } from './stake.js';
import { unstakeMachine, type UnstakeState } from './unstake.js';

/** An order that may be placed if the ledger agrees. */
export interface Draft {
  readonly order: Omit<Order, 'place'>;
  readonly history: readonly HistoryRow[];
  readonly accepted: DisclosureAcceptedV1 | null;
  readonly about: { readonly asset: AssetCode; readonly shareAsset: AssetCode; readonly chain: string };
}

export function draftStake(placement: Extract<Placement, { type: 'stake' }>, knowledge: Knowledge, now: Date): Result<Draft> {
  const { clientId, body, operation } = placement;
  const product = productFor(knowledge.productsFor(clientId), body);
  if (!product.ok) return product;
  const { value: of } = product;
  const disclosure = knowledge.disclosure(of.id);
  const decided = decideStake({
    clientId,
    product: of,
    standing: knowledge.standing(clientId),
    quote: knowledge.quote(body.quote_id),
    now,
    amount: body.amount,
    available: knowledge.available(clientId, of),
    disclosure,
    acknowledged: knowledge.hasAcknowledged(clientId, disclosure),
    accepted: (body.accepted_disclosures ?? []).map((a) => ({
      productId: a.product_id,
      version: a.version,
      hash: a.hash.startsWith('0x') ? a.hash : `0x${a.hash}`,
    })),
  });
  if (!decided.ok) return decided;
  const { amount: units, document, newlyAccepted } = decided.value;
  const order = newOrder(placement, of, now);
  order.requested = order.accepted = order.unallocated = units;
  order.disclosureVersion = document.version;
  order.disclosureHash = document.hash;
  const why = whyOf(clientId, now);
  const history = (['accept', 'queue'] as const).map((event) =>
    step(stakeMachine, 'stake', order as typeof order & { state: StakeState }, order.id, event, why),
  );
  const accepted = newlyAccepted
    ? { clientId, operationId: operation.id, productId: of.id, version: document.version, hash: document.hash }
    : null;
  return ok({ order, history, accepted, about: aboutOf(of, knowledge) });
}

export function draftUnstake(
  placement: Extract<Placement, { type: 'unstake' }>,
  knowledge: Knowledge,
  now: Date,
  minimum: Amount,
): Result<Draft> {
  const { clientId, body } = placement;
  const product = productFor(knowledge.productsFor(clientId), { product_id: body.product_id });
  if (!product.ok) return product;
  const { value: of } = product;
  if ((body.amount === undefined) === (body.shares === undefined))
    return refuse('unstake.amount_or_shares', 'Give either amount or shares.');
  const decided = decideUnstake({
    clientId,
    product: of,
    standing: knowledge.standing(clientId),
    quote: knowledge.quote(body.quote_id),
    now,
    wanted: body.amount === undefined ? { shares: body.shares ?? '' } : { amount: body.amount },
    held: knowledge.held(clientId, of),
    shareAsset: knowledge.pool(of).shareAsset,
    price: knowledge.price(of),
    minimum,
  });
  if (!decided.ok) return decided;
  const order = newOrder(placement, of, now);
  order.requested = order.accepted = amount(decided.value.estimate);
  order.shares = shares(decided.value.shares);
  const history = [
    step(unstakeMachine, 'unstake', order as typeof order & { state: UnstakeState }, order.id, 'accept', whyOf(clientId, now)),
  ];
  return ok({ order, history, accepted: null, about: aboutOf(of, knowledge) });
}

/** One click: an asset is enough; the product is ours to choose. */
function productFor(products: readonly Product[], asked: { asset?: string; product_id?: string }): Result<Product> {
  if (asked.product_id !== undefined) {
    const product = products.find((p) => p.id === asked.product_id);
    if (!product) return refuse('stake.unknown_product', 'There is no such product.', { product_id: asked.product_id.slice(0, 64) });
    return asked.asset === undefined || asked.asset === product.asset
      ? ok(product)
      : refuse('stake.unknown_product', 'This product is for another asset.', { product_id: product.id, asset: product.asset });
  }
  const product = products.find((p) => p.asset === asked.asset && p.isDefault);
  if (product && isAssetCode(product.asset)) return ok(product);
  return refuse('stake.unknown_asset', 'There is no product for this asset.', { asset: (asked.asset ?? '').slice(0, 32) });
}

const whyOf = (clientId: string, at: Date): Why => ({ at, actor: { kind: 'client', id: clientId } });
const aboutOf = (product: Product, knowledge: Knowledge): Draft['about'] => ({
  asset: product.asset,
  shareAsset: knowledge.pool(product).shareAsset,
  chain: product.chain,
});

const newOrder = ({ operation, clientId, type, body }: Placement, product: Product, at: Date): Omit<Order, 'place'> => ({
  id: operation.id,
  clientId,
  type,
  productId: product.id,
  poolId: product.poolId,
  state: 'received',
  stateSince: at,
  createdAt: at,
  requested: ZERO,
  accepted: ZERO,
  settled: ZERO,
  unallocated: ZERO,
  cancelled: ZERO,
  shares: NO_SHARES,
  nominal: null,
  exitPubkey: null,
  instant: false,
  quoteId: uuidOf('quote', body.quote_id ?? ''),
  clientRef: body.client_ref ?? null,
  disclosureVersion: null,
  disclosureHash: null,
  reasonCode: null,
  reasonDetail: null,
  version: 1,
});
