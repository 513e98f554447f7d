import type { EntityManager } from 'typeorm';
import { holdScopes, type HoldScope } from './chart/chart.js';
import type { Hold } from './ledger.js';

const scopeNames = Object.keys(holdScopes) as HoldScope[];
const maskOf = (scopes: readonly HoldScope[]): number => scopes.reduce((mask, scope) => mask | holdScopes[scope], 0);
const scopesOf = (mask: number): HoldScope[] => scopeNames.filter((scope) => (mask & holdScopes[scope]) !== 0);

/**
 * Stops the scopes for a client from this transaction's commit on: it waits for postings of the client that are under way, and later ones see
 * it. True: placed now; false: this very hold was placed before (an id used again with another content throws). For compliance and custody.
 */
export async function placeHold(em: EntityManager, hold: Hold): Promise<boolean> {
  const rows: { done: boolean }[] = await em.query(
    'SELECT ledger.place_hold($1::uuid, $2::text, $3::int, $4::text, $5::text, $6::text) AS done',
    [hold.holdId, hold.owner, maskOf(hold.scopes), hold.reason, hold.legalBasis, hold.placedBy],
  );
  return rows[0]?.done === true;
}

export interface Release {
  readonly holdId: string;
  readonly releasedBy: string;
  readonly reason: string;
}

/** Ends a hold; what other holds stop stays stopped. False: it was released before. A hold that was never placed throws. */
export async function releaseHold(em: EntityManager, release: Release): Promise<boolean> {
  const rows: { done: boolean }[] = await em.query('SELECT ledger.release_hold($1::uuid, $2::text, $3::text) AS done', [
    release.holdId,
    release.releasedBy,
    release.reason,
  ]);
  return rows[0]?.done === true;
}

/** The holds on a client that are open, oldest first. */
export async function holdsOf(em: EntityManager, owner: string): Promise<Hold[]> {
  const rows: { hold_id: string; scopes: number; reason: string; legal_basis: string; actor: string }[] = await em.query(
    'SELECT hold_id, scopes, reason, legal_basis, actor FROM ledger.open_holds($1::text)',
    [owner],
  );
  return rows.map((row) => ({
    holdId: row.hold_id,
    owner,
    scopes: scopesOf(row.scopes),
    reason: row.reason,
    legalBasis: row.legal_basis,
    placedBy: row.actor,
  }));
}

/** What is held for a client, and stays so until the caller's transaction ends: for checks that must not race a new hold. */
export async function scopesHeld(em: EntityManager, owner: string): Promise<HoldScope[]> {
  const rows: { mask: number }[] = await em.query('SELECT ledger.scopes_held($1::text) AS mask', [owner]);
  return scopesOf(rows[0]?.mask ?? 0);
}

/** Which of these clients a scope is held for. A look without a lock: a hold placed a moment later is seen by the next look. */
export async function heldAmong(em: EntityManager, owners: readonly string[], scope: HoldScope): Promise<ReadonlySet<string>> {
  if (owners.length === 0) return new Set();
  const rows: { owner: string }[] = await em.query(
    'SELECT DISTINCT o.owner FROM unnest($1::text[]) o (owner), LATERAL ledger.open_holds(o.owner) h WHERE h.scopes & $2::int <> 0',
    [[...new Set(owners)], holdScopes[scope]],
  );
  return new Set(rows.map((row) => row.owner));
}
