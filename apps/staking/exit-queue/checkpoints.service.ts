import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { Transactor } from '#database';
import { page, type Page, type PageQuery } from '#http';
import { publicId, refuse, Refused, timestamp, uuidOf } from '#kernel';
import type { Product } from '../products/product.entity.js';
import { isFor, productOf, publicProductOf } from '../products/products.store.js';
import { BLOCK, leafHash, leafText, pathThrough } from './checkpoint.js';
import { blocksOf, checkpointOf, checkpointsOf, leavesOf } from './checkpoints.store.js';
import type { ExitCheckpoint } from './exit-checkpoint.entity.js';
import { headOf, requestOf } from './exit-queue.store.js';
import type { Sums } from './queue.js';

const NOT_FOUND = refuse('not_found', 'You have no such operation.');
const NOT_PUBLISHED = refuse('exit_queue.not_published', 'Places are given and published by reports: ask again after the next one.');

/** The published order of the queues, and each client's own proof of its place. */
@Injectable()
export class CheckpointsService {
  constructor(private readonly transactor: Transactor) {}

  /** Refusal: not_found, also where the pool is for one client. */
  list(poolId: string, query: PageQuery): Promise<Page<object>> {
    return this.transactor.read(async (em) => published(em, await publicProductOf(em, poolId), query));
  }

  /** Refusal: not_found, also where the product is for another client. */
  ofProduct(clientId: string, productId: string, query: PageQuery): Promise<Page<object>> {
    return this.transactor.read(async (em) => {
      const product = await productOf(em, productId);
      return published(em, product && isFor(product, clientId) ? product : null, query);
    });
  }

  /** Of an exit of this client: its leaf, the way up to the root of its checkpoint, the checkpoint. */
  proof(clientId: string, id: string): Promise<object> {
    const orderId = uuidOf('operation', id);
    return this.transactor.read(async (em) => {
      const request = orderId === null ? null : await requestOf(em, orderId);
      if (request?.clientId !== clientId) throw new Refused(NOT_FOUND.refusal);
      const checkpoint = request.place === null ? null : await checkpointOf(em, request.poolId, request.place);
      if (request.place === null || checkpoint === null) throw new Refused(NOT_PUBLISHED.refusal);
      return { ...(await proofView(em, checkpoint, request.place)), finalised: (await headOf(em, request.poolId)).place >= request.place };
    });
  }
}

function published(em: EntityManager, product: Product | null, query: PageQuery): Promise<Page<object>> {
  if (product === null) throw new Refused(refuse('not_found', 'There is no such pool.').refusal);
  const { poolId } = product;
  return page(query, {
    filter: { list: 'staking.exit_checkpoints', poolId },
    fetch: (limit, before) => checkpointsOf(em, poolId, limit, before === undefined ? undefined : Number(before.id)),
    at: ({ publishedAt, number }) => ({ createdAt: publishedAt, id: String(number) }),
    isId: (id) => /^[1-9]\d{0,8}$/.test(id),
    show: checkpointView,
  });
}

async function proofView(em: EntityManager, checkpoint: ExitCheckpoint, place: bigint) {
  const { poolId, number, fromPlace, toPlace } = checkpoint;
  const index = Number(place - fromPlace - 1n);
  const [block, within] = [Math.floor(index / BLOCK), index % BLOCK];
  const start = fromPlace + BigInt(block * BLOCK);
  const end = start + BigInt(BLOCK) < toPlace ? start + BigInt(BLOCK) : toPlace;
  const leaves = await leavesOf(em, poolId, start, end);
  const own = leaves[within];
  if (own === undefined) throw new Refused(NOT_PUBLISHED.refusal);
  const path = pathThrough(leaves.map(leafHash), within, await blocksOf(em, poolId, number), block);
  return {
    pool_id: poolId,
    operation_id: publicId('operation', own.requestId),
    request_id: own.requestId,
    place: place.toString(),
    state: own.fixed === null ? 'cancelled' : 'queued',
    leaf: leafText(own),
    leaf_hash: leafHash(own).toString('hex'),
    path: path.map(({ side, hash }) => ({ side, hash: hash.toString('hex') })),
    checkpoint: checkpointView(checkpoint),
    algorithm: 'docs/exit-queue.md: RFC 6962 section 2.1 over SHA-256',
  };
}

const sumsView = ({ place, shares, nominal }: Sums) => ({
  place: place.toString(),
  shares_atomic: shares.toString(),
  nominal_atomic: nominal.toString(),
});

const checkpointView = (c: ExitCheckpoint) => ({
  pool_id: c.poolId,
  number: c.number,
  report: c.report,
  published_at: timestamp(c.publishedAt),
  from_place: c.fromPlace.toString(),
  to_place: c.toPlace.toString(),
  fixed: sumsView({ place: c.fixedPlace, shares: c.fixedShares, nominal: c.fixedNominal }),
  finalised: sumsView({ place: c.headPlace, shares: c.headShares, nominal: c.headNominal }),
  root: c.root.toString('hex'),
  previous: c.previous.toString('hex'),
  hash: c.hash.toString('hex'),
});
