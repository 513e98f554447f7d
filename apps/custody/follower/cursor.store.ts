import type { EntityManager } from 'typeorm';
import type { BlockRef } from '#chains';
import { accept } from '#kernel';
import { writeHistory } from '../history.js';
import { moveChain, type ChainEvent, type ChainState } from './chain-state.js';
import { CursorEntity } from './cursor.entity.js';

export const cursorOf = (em: EntityManager, chain: string): Promise<CursorEntity | null> => em.findOneBy(CursorEntity, { chain });
export const lockCursor = (em: EntityManager, chain: string): Promise<CursorEntity> =>
  em.findOneOrFail(CursorEntity, { where: { chain }, lock: { mode: 'pessimistic_write' } });
export const isFollowing = async (em: EntityManager, chain: string): Promise<boolean> => (await cursorOf(em, chain))?.state === 'following';

/** The first start: what was before is not ours. */
export async function beginAt(em: EntityManager, chain: string, block: BlockRef, at: Date): Promise<void> {
  const place = { number: block.number, hash: block.hash, time: block.time, headNumber: block.number, finalisedNumber: block.number };
  const row = { chain, ...place, state: 'following' as const, code: null, detail: null, stateSince: at, checkedAt: at, version: 1 };
  const inserted = await em.createQueryBuilder().insert().into(CursorEntity).values(row).orIgnore().returning('chain').execute();
  if ((inserted.raw as unknown[]).length === 0) return;
  await writeHistory(em, [
    { subject: 'chain', subjectId: chain, version: 1, state: 'following', at, actor: 'system', reason: `begins at block ${block.number}` },
  ]);
}

export async function moveCursor(em: EntityManager, chain: string, block: BlockRef): Promise<void> {
  await em.update(CursorEntity, { chain }, { number: block.number, hash: block.hash, time: block.time });
}

export async function noteSight(
  em: EntityManager,
  chain: string,
  seen: { headNumber: bigint; finalisedNumber: bigint; checkedAt: Date },
): Promise<void> {
  await em.update(CursorEntity, { chain }, seen);
}

/** Where it already stands, only the reason is brought up to date. `changed`: the state is another now. */
export async function noteState(
  em: EntityManager,
  chain: string,
  event: ChainEvent,
  why: { code: string | null; detail: string | null },
  by: { at: Date; actor: string },
): Promise<{ changed: boolean; state: ChainState | null }> {
  const row = await em.findOne(CursorEntity, { where: { chain }, lock: { mode: 'pessimistic_write' } });
  if (!row) return { changed: false, state: null };
  const moved = moveChain(row.state, event);
  if (!moved.ok) {
    // what was not acknowledged keeps the reason for which it stopped
    if (row.state !== 'contradicted' && (row.code !== why.code || row.detail !== why.detail)) await em.update(CursorEntity, { chain }, why);
    return { changed: false, state: row.state };
  }
  const [state, version] = [accept(moved), row.version + 1];
  await em.update(CursorEntity, { chain }, { ...why, state, version, stateSince: by.at });
  await writeHistory(em, [{ subject: 'chain', subjectId: chain, version, state, at: by.at, actor: by.actor, reason: why.code }]);
  return { changed: true, state };
}
