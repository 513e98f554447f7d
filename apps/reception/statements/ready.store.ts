import type { EntityManager } from 'typeorm';
import { publicId, uuid5 } from '#kernel';

export interface Ready {
  readonly clientId: string;
  readonly statementId: string;
  readonly month: string;
}

/** Tells clients in their event logs that a statement is there: all at once, in the order of their ids. */
export async function tellReady(em: EntityManager, ready: readonly Ready[], at: Date): Promise<void> {
  if (ready.length === 0) return;
  await em.query(
    `WITH told AS (SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::text[], $4::json[]) t(client_id, id, resource, data)),
     next AS (
       INSERT INTO reception.event_counter AS c (client_id, last) SELECT t.client_id, 1 FROM told t ORDER BY t.client_id
       ON CONFLICT (client_id) DO UPDATE SET last = c.last + 1 RETURNING c.client_id, c.last)
     INSERT INTO reception.event (client_id, seq, id, type, resource, data, at)
     SELECT t.client_id, n.last, t.id, 'statement.ready', t.resource, t.data, $5 FROM told t JOIN next n ON n.client_id = t.client_id`,
    [
      ready.map((r) => r.clientId),
      ready.map((r) => uuid5('event', 'statement.ready', r.statementId)),
      ready.map((r) => publicId('statement', r.statementId)),
      ready.map((r) => JSON.stringify({ month: r.month })),
      at,
    ],
  );
}
