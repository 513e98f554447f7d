import type { EntityManager } from 'typeorm';

/** How a room reaches its deliveries: only through the functions of the schema `delivery`, which know the room by its role. */
export interface Leased {
  readonly id: string;
  /** An earlier lease of it ran out: the queue may still hold its job. */
  readonly again: boolean;
}

export const claim = (em: EntityManager, limit: number, leaseMs: number): Promise<Leased[]> =>
  em.query('SELECT id, again FROM delivery.claim($1, $2)', [limit, leaseMs]);

export async function release(em: EntityManager, ids: readonly string[], delayMs: number): Promise<void> {
  await em.query('SELECT delivery.release($1, $2)', [ids, delayMs]);
}

export type Taken =
  | { readonly state: 'unknown' | 'busy' | 'done' | 'dead' | 'waiting' }
  | {
      readonly state: 'yours';
      readonly message: string;
      readonly aggregate: string;
      readonly seq: bigint;
      readonly producer: string;
      readonly payload: object;
      readonly correlation: string | null;
      /** Failures so far. */
      readonly attempts: number;
      /** Since it was emitted. */
      readonly ageSeconds: number;
    };

/** Locks the row until the transaction ends. */
export async function take(em: EntityManager, id: string): Promise<Taken> {
  const [row] = await em.query<[Omit<Extract<Taken, { state: 'yours' }>, 'seq'> & { seq: string }]>(
    'SELECT *, age_seconds AS "ageSeconds" FROM delivery.take($1)',
    [id],
  );
  return row.state === 'yours' ? { ...row, seq: BigInt(row.seq) } : { state: row.state };
}

export async function finish(em: EntityManager, id: string): Promise<void> {
  await em.query('SELECT delivery.finish($1)', [id]);
}

export async function fail(em: EntityManager, id: string, failure: { error: string; delayMs: number; dead: boolean }): Promise<void> {
  await em.query('SELECT delivery.fail($1, $2, $3, $4)', [id, failure.error, failure.delayMs, failure.dead]);
}

/** The next open delivery of the same stream that nobody has in hand. */
export async function successor(em: EntityManager, id: string): Promise<string | null> {
  const [row] = await em.query<[{ id: string | null }]>('SELECT delivery.successor($1) AS id', [id]);
  return row.id;
}

/** Deletes up to `limit` deliveries to the room of this connection that were done so many days ago, and counts them; answers with how many. */
export async function purge(em: EntityManager, keepDays: number, limit: number): Promise<number> {
  const [row] = await em.query<[{ gone: number }]>('SELECT delivery.purge($1, $2) AS gone', [keepDays, limit]);
  return row.gone;
}

export interface DeliveryLag {
  /** Deliveries to this room that are not done, the dead apart. */
  readonly open: number;
  readonly dead: number;
  /** Age of the oldest open one. */
  readonly oldestSeconds: number;
}

/** How far the room of this connection is behind. */
export async function deliveryLag(em: EntityManager): Promise<DeliveryLag> {
  const [row] = await em.query<[{ open: number; dead: number; oldest_seconds: number }]>(
    'SELECT open::int, dead::int, oldest_seconds FROM delivery.lag()',
  );
  return { open: row.open, dead: row.dead, oldestSeconds: row.oldest_seconds };
}
