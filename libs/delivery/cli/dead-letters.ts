import type { ClientBase } from 'pg';

/** A delivery that was laid aside, without its payload. */
export interface DeadLetter {
  readonly id: string;
  readonly room: string;
  readonly producer: string;
  readonly message: string;
  readonly aggregate: string;
  readonly seq: string;
  readonly attempts: number;
  readonly error: string | null;
  readonly dead_at: string;
  /** Deliveries of the same stream that stand still behind it. */
  readonly waiting: number;
}

export interface DeadLetterInFull extends DeadLetter {
  readonly payload: object;
  readonly correlation: string | null;
  readonly emitted_at: string;
  /** The last number of its stream. */
  readonly last_seq: string;
  /** Earlier replays of it. */
  readonly replays: readonly { readonly at: string; readonly by: string; readonly reason: string; readonly error: string | null }[];
}

const time = (column: string): string => `to_char(${column} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`;
const COLUMNS = `d.id, d.subscriber AS room, d.producer, d.message, d.aggregate, d.seq::text, d.attempts, d.last_error AS error,
  ${time('d.dead_at')} AS dead_at,
  (SELECT count(*)::int FROM delivery.delivery w
    WHERE w.subscriber = d.subscriber AND w.producer = d.producer AND w.aggregate = d.aggregate AND w.seq > d.seq AND w.done_at IS NULL) AS waiting`;

/** Longest dead first. */
export async function deadLetters(client: ClientBase, room: string | undefined): Promise<DeadLetter[]> {
  const { rows } = await client.query<DeadLetter>(
    `SELECT ${COLUMNS} FROM delivery.delivery d
      WHERE d.dead_at IS NOT NULL AND d.done_at IS NULL AND ($1::text IS NULL OR d.subscriber = $1) ORDER BY d.dead_at, d.id`,
    [room ?? null],
  );
  return rows;
}

/** Null: there is no such delivery, or it is not dead. */
export async function deadLetter(client: ClientBase, id: string): Promise<DeadLetterInFull | null> {
  const { rows } = await client.query<Omit<DeadLetterInFull, 'replays'>>(
    `SELECT ${COLUMNS}, d.payload, d.correlation, ${time('d.created_at')} AS emitted_at, s.last_seq::text
       FROM delivery.delivery d JOIN delivery.stream s USING (subscriber, producer, aggregate)
      WHERE d.id = $1 AND d.dead_at IS NOT NULL`,
    [id],
  );
  if (rows[0] === undefined) return null;
  const replays = await client.query<DeadLetterInFull['replays'][number]>(
    `SELECT ${time('replayed_at')} AS at, replayed_by AS by, reason, last_error AS error FROM delivery.replayed WHERE delivery = $1 ORDER BY id`,
    [id],
  );
  return { ...rows[0], replays: replays.rows };
}

/** True when it was dead and is tried again now; who and why is kept for ever. */
export async function replay(client: ClientBase, id: string, by: string, reason: string): Promise<boolean> {
  const { rows } = await client.query<{ replayed: boolean }>('SELECT delivery.replay($1, $2, $3) AS replayed', [id, by, reason]);
  return rows[0]?.replayed === true;
}
