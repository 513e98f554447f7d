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
}
export interface AuditFilter {
  readonly resource?: string;
  readonly actorId?: string;
  readonly action?: string;
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
}

/** Newest first; `before` is the seq of the last row seen. For compliance's role: no other may read the trail. */
export async function search(em: EntityManager, filter: AuditFilter, limit: number, before?: bigint): Promise<AuditEvent[]> {
  const rows = await em.query<Row[]>(
    `SELECT seq, at, actor_kind, actor_id, action, resource, reason, details, room FROM audit.event
      WHERE ($1::text IS NULL OR resource = $1) AND ($2::text IS NULL OR actor_id = $2) AND ($3::text IS NULL OR action = $3)
        AND ($4::bigint IS NULL OR seq < $4) ORDER BY seq DESC LIMIT $5`,
    [filter.resource ?? null, filter.actorId ?? null, filter.action ?? null, before?.toString() ?? null, limit],
  );
  return rows.map(({ seq, actor_kind, actor_id, ...row }) => ({ ...row, seq: BigInt(seq), actor: { kind: actor_kind, id: actor_id } }));
}

/** Rows whose columns no longer give their digest: altered by hand. */
export async function verifyAudit(em: EntityManager, after = 0n): Promise<bigint[]> {
  const rows = await em.query<{ seq: string }[]>('SELECT seq FROM audit.altered($1)', [after.toString()]);
  return rows.map((row) => BigInt(row.seq));
}
