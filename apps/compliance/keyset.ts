import type { ObjectLiteral, SelectQueryBuilder } from 'typeorm';
import type { Position } from '#http';
import { accept, isUuid, refuse } from '#kernel';

/** Newest first, from a position on, by (createdAt, id). */
export const newestFirst = <T extends ObjectLiteral>(
  query: SelectQueryBuilder<T>,
  alias: string,
  limit: number,
  before?: Position,
): SelectQueryBuilder<T> => {
  if (before && !isUuid(before.id)) accept(refuse('cursor.malformed', 'Pass next_cursor exactly as it was given.'));
  if (before) query.andWhere(`(${alias}.createdAt, ${alias}.id) < (:pageAt, :pageId)`, { pageAt: before.createdAt, pageId: before.id });
  return query.orderBy(`${alias}.createdAt`, 'DESC').addOrderBy(`${alias}.id`, 'DESC').take(limit);
};
