import type { EntityManager } from 'typeorm';
import { invariant } from '#kernel';
import type { MessageType } from '#messages';
import { currentCorrelation } from '#runtime';
import { announceAfterCommit } from './announcer.js';
import { checked } from './payload.js';

export interface Emission<P> {
  /** What the message is about; messages on one aggregate arrive in the order in which they were emitted. */
  readonly aggregate: string;
  readonly payload: P;
  /** Of the cause, where one transaction has several; that of the current request unless given. */
  readonly correlation?: string | undefined;
}

/** Writes the message, one row a subscriber, in the caller's transaction: it is sent if and only if that transaction commits. */
export const emit = <P extends object>(em: EntityManager, type: MessageType<P>, emission: Emission<P>): Promise<void> =>
  emitMany(em, type, [emission]);

/**
 * Many messages of one type in one statement, in the order given. Holds the streams of their aggregates until the transaction ends (so that
 * numbers follow commits): emit after locking what the messages are about, and before post().
 * Throws InvariantBroken `message.invalid`, and refuses a message of another room.
 */
export async function emitMany<P extends object>(
  em: EntityManager,
  type: MessageType<P>,
  emissions: readonly Emission<P>[],
): Promise<void> {
  if (emissions.length === 0) return;
  for (const { aggregate } of emissions)
    invariant(aggregate.length > 0 && aggregate.length <= 200, 'message.aggregate', { message: type.name });
  const current = currentCorrelation();
  const payloads = emissions.map(({ payload }) => checked(type, payload));
  await em.query('SELECT delivery.emit($1, $2, $3, $4, $5, $6::text[])', [
    type.name,
    type.from,
    type.to,
    emissions.map((e) => e.aggregate),
    JSON.stringify(payloads),
    emissions.map((e) => e.correlation ?? current ?? null),
  ]);
  announceAfterCommit(em, type.to);
}
