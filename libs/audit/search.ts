import type { EntityManager } from 'typeorm';
import type { Actor } from './record.js';

export interface AuditEvent {
  /** Rises with time; not gap-free. */
  readonly seq: bigint;
  readonly at: Date;
  readonly actor: Actor;
  readonly action: string;
  readonly resource: string;
  readonly reason: string | null;
  readonly details: Record<string, unknown>;
  readonly room: string;
  /** SHA-256 over the other columns, hex. */
  readonly digest: string;
}
export interface AuditFilter {
  readonly resource?: string;
  readonly actor?: Actor;
  readonly action?: string;
  /** The room that wrote it. */
  readonly room?: string;
  readonly from?: Date;
  /** Exclusive. */
  readonly until?: Date;
  /** 1..200, default 50. */
  readonly limit?: number;
}
export interface AlteredEvent {
  readonly seq: bigint;
}

interface Row {
  seq: string;
  at: Date;
  actor_kind: Actor['kind'];
  actor_id: string;
  action: string;
  resource: string;
  reason: string | null;
  details: Record<string, unknown>;
  room: string;
  digest: string;
}

/** Newest first; `before` is the seq of the last row seen. For compliance's role: no other may read the trail. */
export async function search(em: EntityManager, filter: AuditFilter, before?: bigint): Promise<AuditEvent[]> {
  const rows = await em.query<Row[]>(
    `SELECT seq, at, actor_kind, actor_id, action, resource, reason, details, room, encode(digest, 'hex') AS digest FROM audit.event
      WHERE ($1::text IS NULL OR resource = $1) AND ($2::text IS NULL OR (actor_kind = $2 AND actor_id = $3)) AND ($4::text IS NULL OR action = $4)
        AND ($5::text IS NULL OR room = $5) AND ($6::timestamptz IS NULL OR at >= $6) AND ($7::timestamptz IS NULL OR at < $7)
        AND ($8::bigint IS NULL OR seq < $8) ORDER BY seq DESC LIMIT $9`,
    [
      filter.resource,
      filter.actor?.kind,
      filter.actor?.id,
      filter.action,
      filter.room,
      filter.from,
      filter.until,
      before?.toString(),
      Math.min(Math.max(filter.limit ?? 50, 1), 200),
    ].map((value) => value ?? null),
  );
  return rows.map(({ seq, actor_kind, actor_id, ...row }) => ({ ...row, seq: BigInt(seq), actor: { kind: actor_kind, id: actor_id } }));
}

/** Rows whose columns no longer give their digest: altered by hand. */
export async function verifyAudit(em: EntityManager, after = 0n): Promise<AlteredEvent[]> {
  const rows = await em.query<{ seq: string }[]>('SELECT seq FROM audit.altered($1)', [after.toString()]);
  return rows.map(({ seq }) => ({ seq: BigInt(seq) }));
}
