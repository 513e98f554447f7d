import type { EntityManager } from 'typeorm';

/** What happened to a client, as it is told to the client: ids and states, no personal data. */
export interface ClientEvent {
  readonly clientId: string;
  /** Derived from its cause, so that a cause is told once. */
  readonly id: string;
  readonly type: string;
  /** The public id of what it is about. */
  readonly resource: string;
  readonly data: Readonly<Record<string, unknown>>;
  readonly at: Date;
}
export interface EventRow extends Omit<ClientEvent, 'clientId'> {
  readonly seq: string;
}

/**
 * Appends to a client's log. The counter's row lock holds until commit: sequence numbers have no gap and become visible in their order, so
 * whoever has read up to n has missed nothing below.
 */
export async function appendEvent(em: EntityManager, event: ClientEvent): Promise<void> {
  await em.query(
    `WITH next AS (
       INSERT INTO reception.event_counter AS c (client_id, last) VALUES ($1, 1)
       ON CONFLICT (client_id) DO UPDATE SET last = c.last + 1 RETURNING c.last
     )
     INSERT INTO reception.event (client_id, seq, id, type, resource, data, at) SELECT $1, next.last, $2, $3, $4, $5, $6 FROM next`,
    [event.clientId, event.id, event.type, event.resource, JSON.stringify(event.data), event.at],
  );
}

/** In their order, after a sequence number. */
export const eventsAfter = (em: EntityManager, clientId: string, after: bigint, limit: number): Promise<EventRow[]> =>
  em.query<EventRow[]>(
    'SELECT seq, id, type, resource, data, at FROM reception.event WHERE client_id = $1 AND seq > $2 ORDER BY seq LIMIT $3',
    [clientId, after.toString(), limit],
  );
