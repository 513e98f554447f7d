import { Any, type EntityManager } from 'typeorm';
import type { DisclosurePublishedV1, StandingChangedV1 } from '#messages';
import { Acknowledgement, Disclosure, Standing } from './standing.entity.js';

/** Takes what is newer than what is known. */
export async function projectStanding(em: EntityManager, event: StandingChangedV1, at: Date): Promise<void> {
  await em.query(
    `INSERT INTO staking.standing AS s (client_id, version, state, may_stake, may_unstake, client_class, updated_at) VALUES ($1, $2, $3, $4, $5, $6, $7)
     ON CONFLICT (client_id) DO UPDATE SET version = excluded.version, state = excluded.state, may_stake = excluded.may_stake,
       may_unstake = excluded.may_unstake, client_class = excluded.client_class, updated_at = excluded.updated_at
     WHERE s.version < excluded.version`,
    [event.clientId, event.version, event.state, event.mayStake, event.mayUnstake, event.clientClass, at],
  );
}

export async function projectDisclosure(em: EntityManager, event: DisclosurePublishedV1, at: Date): Promise<void> {
  await em.query(
    `INSERT INTO staking.disclosure AS d (product_id, version, hash, published_at) VALUES ($1, $2, $3, $4)
     ON CONFLICT (product_id) DO UPDATE SET version = excluded.version, hash = excluded.hash, published_at = excluded.published_at
     WHERE d.version < excluded.version`,
    [event.productId, event.version, event.hash, at],
  );
}

interface Accepting {
  readonly clientId: string;
  readonly productId: string;
  readonly version: number;
  readonly hash: string;
}

export async function projectAcknowledgements(em: EntityManager, events: readonly Accepting[], at: Date): Promise<void> {
  if (events.length === 0) return;
  await em.query(
    `INSERT INTO staking.acknowledgement (client_id, product_id, version, hash, at)
     SELECT a.client_id, a.product_id, a.version, a.hash, $5 FROM unnest($1::uuid[], $2::text[], $3::int[], $4::text[]) AS a (client_id, product_id, version, hash)
     ON CONFLICT DO NOTHING`,
    [events.map((e) => e.clientId), events.map((e) => e.productId), events.map((e) => e.version), events.map((e) => e.hash), at],
  );
}

/** Locks standings in client order, so that a change waits for decisions under way and the other way round. */
export async function lockStandings(em: EntityManager, clientIds: readonly string[]): Promise<Map<string, Standing>> {
  const rows = await em.find(Standing, {
    where: { clientId: Any(clientIds) },
    order: { clientId: 'ASC' },
    lock: { mode: 'pessimistic_read' },
  });
  return new Map(rows.map((row) => [row.clientId, row]));
}
export const standingOf = (em: EntityManager, clientId: string): Promise<Standing | null> => em.findOneBy(Standing, { clientId });

export async function disclosuresInForce(em: EntityManager): Promise<Map<string, Disclosure>> {
  return new Map((await em.find(Disclosure)).map((row) => [row.productId, row]));
}

const keyOf = (a: { clientId: string; productId: string; version: number; hash: string }): string =>
  `${a.clientId}/${a.productId}/${a.version}/${a.hash}`;

/** What was acknowledged by whom. */
export class Acknowledged {
  private readonly keys: Set<string>;
  constructor(rows: readonly Acknowledgement[]) {
    this.keys = new Set(rows.map(keyOf));
  }
  has(clientId: string, document: { productId: string; version: number; hash: string }): boolean {
    return this.keys.has(keyOf({ ...document, clientId }));
  }
}
export async function acknowledgedBy(em: EntityManager, clientIds: readonly string[]): Promise<Acknowledged> {
  return new Acknowledged(await em.find(Acknowledgement, { where: { clientId: Any(clientIds) } }));
}
