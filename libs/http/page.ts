import { createHash } from 'node:crypto';
import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import { IsInt, IsOptional, IsString, Max, MaxLength, Min } from 'class-validator';
import { accept, isUuid, ok, refuse, Refused, timestamp, type Result } from '#kernel';

/** A place in a list ordered by (createdAt, id), newest first. `createdAt` comes from a Clock: whole milliseconds. */
export interface Position {
  readonly createdAt: Date;
  readonly id: string;
}
/** What a list shows: whose, of what, filtered how. A cursor of one filter is refused by any other. */
export type CursorFilter = Readonly<Record<string, string | number | boolean | null | undefined>>;

const digest = (text: string): string => createHash('sha256').update(text).digest('base64url').slice(0, 12);
const filterDigest = (filter: CursorFilter): string =>
  digest(
    JSON.stringify(
      Object.entries(filter)
        .filter(([, value]) => value !== undefined)
        .sort(([a], [b]) => (a < b ? -1 : 1)),
    ),
  );

/**
 * Opaque to callers: position, digest of the filter, digest of it all. The digests find mistakes and tampering; they guard no secret, as
 * a list shows a caller only what is its own, wherever it starts.
 */
export function encodeCursor(filter: CursorFilter, position: Position): string {
  const content = `${position.createdAt.getTime()}|${position.id}|${filterDigest(filter)}`;
  return Buffer.from(`${content}|${digest(content)}`).toString('base64url');
}

const malformed = refuse('cursor.malformed', 'Pass next_cursor exactly as it was given.');

/** Refusals: cursor.malformed (damaged or tampered with), cursor.foreign (of another list or filter). */
export function decodeCursor(filter: CursorFilter, cursor: string): Result<Position> {
  if (!/^[A-Za-z0-9_-]{1,512}$/.test(cursor)) return malformed;
  const text = Buffer.from(cursor, 'base64url').toString('utf8');
  if (Buffer.from(text).toString('base64url') !== cursor) return malformed;
  const match = /^(\d{1,15})\|([^|]{1,200})\|([A-Za-z0-9_-]{12})\|([A-Za-z0-9_-]{12})$/.exec(text);
  if (!match) return malformed;
  const [, at = '', id = '', of = '', check = ''] = match;
  if (digest(`${at}|${id}|${of}`) !== check) return malformed;
  if (of !== filterDigest(filter)) return refuse('cursor.foreign', 'This cursor was given for another list or filter.');
  return ok({ createdAt: instant(Number(at)), id });
}

/** A moment that was stored, not now: no Clock. */
const instant = (ms: number): Date => new Date(ms);

/** `?limit=1..200&cursor=`; a list's query extends it with its filters. */
export class PageQuery {
  @ApiPropertyOptional({ minimum: 1, maximum: 200, default: 50 })
  @IsOptional()
  @Type(() => Number)
  @IsInt()
  @Min(1)
  @Max(200)
  limit: number = 50;

  @ApiPropertyOptional({ description: 'next_cursor of the page before' })
  @IsOptional()
  @IsString()
  @MaxLength(512)
  cursor?: string;
}

export class PageInfo {
  @ApiProperty({ type: String, nullable: true, description: 'cursor of the next page; null on the last' })
  next_cursor!: string | null;
  @ApiProperty() has_more!: boolean;
}
export interface Page<T> {
  readonly data: readonly T[];
  readonly page: PageInfo;
}

export interface PageOf<R, V> {
  readonly filter: CursorFilter;
  /** Rows after (older than) the position, newest first, at most `limit`. */
  readonly fetch: (limit: number, before: Position | undefined) => Promise<readonly R[]>;
  readonly at: (row: R) => Position;
  /** Ids of this list, where they are no uuids. The digest of a cursor is no secret: anybody can make one with any id. */
  readonly isId?: (id: string) => boolean;
  readonly show: (row: R) => V;
}

/** One page of a list. Throws Refused for a cursor that is not of this list. */
export async function page<R, V>(query: PageQuery, of: PageOf<R, V>): Promise<Page<V>> {
  const before = query.cursor === undefined ? undefined : accept(decodeCursor(of.filter, query.cursor));
  if (before && !(of.isId ?? isUuid)(before.id)) throw new Refused(malformed.refusal);
  const rows = await of.fetch(query.limit + 1, before);
  const shown = rows.slice(0, query.limit);
  const last = shown.at(-1);
  const more = rows.length > query.limit && last !== undefined;
  return { data: shown.map(of.show), page: { next_cursor: more ? encodeCursor(of.filter, of.at(last)) : null, has_more: more } };
}

/** A time on the wire, or null. */
export const wireTime = (at: Date | null | undefined): string | null => (at ? timestamp(at) : null);
