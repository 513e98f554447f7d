import type { EntityManager } from 'typeorm';
import { record } from '#audit';
import { invariant } from '#kernel';
import { SYSTEM } from '../history/history.store.js';
import { BLOCK, checkpointHash, GENESIS, leafHash, rootOf, type CheckpointContent, type Leaf } from './checkpoint.js';
import { ExitBlock, ExitCheckpoint } from './exit-checkpoint.entity.js';
import { fixedEndOf, headOf, lastPlaceOf } from './exit-queue.store.js';

/** Blocks that are read at once. */
const PAGE = 8;

export const contentOf = (row: ExitCheckpoint): CheckpointContent => ({
  poolId: row.poolId,
  number: row.number,
  report: row.report,
  publishedAt: row.publishedAt,
  fromPlace: row.fromPlace,
  toPlace: row.toPlace,
  fixed: { place: row.fixedPlace, shares: row.fixedShares, nominal: row.fixedNominal },
  head: { place: row.headPlace, shares: row.headShares, nominal: row.headNominal },
  root: row.root,
  previous: row.previous,
});

/** The newest, or those before a number, newest first. */
export function checkpointsOf(em: EntityManager, poolId: string, limit: number, before?: number): Promise<ExitCheckpoint[]> {
  const query = em.createQueryBuilder(ExitCheckpoint, 'c').where('c.poolId = :poolId', { poolId });
  if (before !== undefined) query.andWhere('c.number < :before', { before });
  return query.orderBy('c.number', 'DESC').limit(limit).getMany();
}

/** The one in which a place was published. */
export async function checkpointOf(em: EntityManager, poolId: string, place: bigint): Promise<ExitCheckpoint | null> {
  const query = em
    .createQueryBuilder(ExitCheckpoint, 'c')
    .where('c.poolId = :poolId AND c.toPlace >= :place', { poolId, place: place.toString() });
  const [row] = await query.orderBy('c.toPlace', 'ASC').addOrderBy('c.number', 'ASC').limit(1).getMany();
  return row ?? null;
}

export async function blocksOf(em: EntityManager, poolId: string, number: number): Promise<Buffer[]> {
  const rows = await em.find(ExitBlock, { where: { poolId, number }, order: { block: 'ASC' } });
  return rows.map((row) => row.root);
}

/** Requests of some places, in order. Their leaves never change again once they are published. */
export async function leavesOf(em: EntityManager, poolId: string, from: bigint, to: bigint): Promise<Leaf[]> {
  const rows: {
    place: string;
    order_id: string;
    shares: string;
    accepted_at: Date;
    nominal: string | null;
    cum_shares: string;
    cum_nominal: string;
  }[] = await em.query(
    `SELECT place::text, order_id, shares::text, accepted_at, nominal::text, cum_shares::text, cum_nominal::text FROM staking.exit_request r
      WHERE pool_id = $1 AND place > $2::bigint AND place <= $3::bigint ORDER BY r.place`,
    [poolId, from.toString(), to.toString()],
  );
  invariant(BigInt(rows.length) === to - from, 'exit_queue.places_missing', { pool: poolId, from: String(from), to: String(to) });
  return rows.map((row) => ({
    poolId,
    place: BigInt(row.place),
    requestId: row.order_id,
    shares: BigInt(row.shares),
    acceptedAt: row.accepted_at,
    fixed:
      row.nominal === null
        ? null
        : { nominal: BigInt(row.nominal), sumShares: BigInt(row.cum_shares), sumNominal: BigInt(row.cum_nominal) },
  }));
}

/** Where anything of the queue changed: says so for good. The caller holds the pool, and has fixed all that has a place. */
export async function publishCheckpoint(em: EntityManager, poolId: string, report: number, at: Date): Promise<void> {
  const [before] = await checkpointsOf(em, poolId, 1);
  const [toPlace, fixed, head] = [await lastPlaceOf(em, poolId), await fixedEndOf(em, poolId), await headOf(em, poolId)];
  const fromPlace = before?.toPlace ?? 0n;
  if (toPlace === fromPlace && head.place === (before?.headPlace ?? 0n)) return;
  const blocks = await hashBlocks(em, poolId, fromPlace, toPlace);
  const number = (before?.number ?? 0) + 1;
  const content = {
    poolId,
    number,
    report,
    publishedAt: at,
    fromPlace,
    toPlace,
    fixed,
    head,
    root: rootOf(blocks),
    previous: before?.hash ?? GENESIS,
  };
  const hash = checkpointHash(content);
  await em.insert(ExitCheckpoint, {
    ...{ poolId, number, report, publishedAt: at, fromPlace, toPlace, root: content.root, previous: content.previous },
    ...{ fixedPlace: fixed.place, fixedShares: fixed.shares, fixedNominal: fixed.nominal },
    ...{ headPlace: head.place, headShares: head.shares, headNominal: head.nominal },
    hash,
  });
  // the seals of the audit record cover it from here on: it cannot be rewritten with all that follows
  const details = { number, report, to_place: toPlace.toString(), hash: hash.toString('hex') };
  await record(em, { actor: SYSTEM, action: 'exit_queue.publish', resource: poolId, details });
  for (let from = 0; from < blocks.length; from += 1_000) {
    const rows = blocks.slice(from, from + 1_000).map((root, index) => ({ poolId, number, block: from + index, root }));
    await em.insert(ExitBlock, rows);
  }
}

async function hashBlocks(em: EntityManager, poolId: string, fromPlace: bigint, toPlace: bigint): Promise<Buffer[]> {
  const blocks: Buffer[] = [];
  const step = BigInt(BLOCK * PAGE);
  for (let from = fromPlace; from < toPlace; from += step) {
    const to = from + step < toPlace ? from + step : toPlace;
    const hashes = (await leavesOf(em, poolId, from, to)).map(leafHash);
    for (let at = 0; at < hashes.length; at += BLOCK) blocks.push(rootOf(hashes.slice(at, at + BLOCK)));
  }
  return blocks;
}
