import { emit } from '#delivery';
import { newUuid } from '#kernel';
import { DepositRelease, DisclosureAcknowledged, DisclosurePublished, StandingChanged } from '#messages';
import type { Person } from '#testing';
import type { World } from './world.js';

export interface Client extends Person {
  /** Its deposit address; null until it asked for one. */
  address: string | null;
}
export interface Officers {
  readonly treasury: readonly [Person, Person];
  readonly officers: readonly [Person, Person];
}

const DISCLOSURE = { version: 1, hash: `0x${'5d'.repeat(32)}` };
export const PRODUCTS = ['eth-payout', 'eth-compound'] as const;

/** What compliance would say: which documents are in force. */
export async function publishDisclosures(world: World): Promise<void> {
  await world.speakFor('compliance', async (em) => {
    for (const productId of PRODUCTS) await emit(em, DisclosurePublished, { aggregate: productId, payload: { productId, ...DISCLOSURE } });
  });
}

/** A client whom compliance let in, and who has accepted every disclosure. */
export async function comesIn(world: World): Promise<Client> {
  const person = await world.client();
  const clientId = person.uuid;
  await world.speakFor('compliance', async (em) => {
    const may = { mayDeposit: true, mayStake: true, mayUnstake: true, mayWithdraw: true };
    const standing = { clientId, version: 1, state: 'approved', ...may, clientClass: 'professional' } as const;
    await emit(em, StandingChanged, { aggregate: clientId, payload: standing });
    for (const productId of PRODUCTS)
      await emit(em, DisclosureAcknowledged, { aggregate: clientId, payload: { clientId, productId, ...DISCLOSURE } });
  });
  return { ...person, address: null };
}

export async function officersOf(world: World): Promise<Officers> {
  return {
    treasury: [await world.staff('treasury', 'officer'), await world.staff('treasury', 'officer')],
    officers: [await world.staff('officer', 'senior_officer'), await world.staff('officer', 'senior_officer')],
  };
}

/** Compliance lets every deposit go that stands in suspense. */
export async function releaseDeposits(world: World): Promise<number> {
  const waiting = await world.sql<{ id: string }>(
    `SELECT payload->>'depositId' AS id FROM delivery.delivery WHERE subscriber = 'compliance' AND message = 'deposit.detected@1'
        AND position > coalesce((SELECT max((d.payload->>'reference')::bigint) FROM delivery.delivery d WHERE d.message = 'deposit.release@1'), 0)
      ORDER BY position`,
  );
  const [newest] = await world.sql<{ position: string }>(
    `SELECT coalesce(max(position), 0)::text AS position FROM delivery.delivery WHERE message = 'deposit.detected@1'`,
  );
  if (waiting.length === 0 || newest === undefined) return 0;
  await world.speakFor('compliance', async (em) => {
    for (const { id } of waiting)
      await emit(em, DepositRelease, { aggregate: id, payload: { depositId: id, basis: 'rule', reference: newest.position } });
  });
  return waiting.length;
}

export const operationKey = (): string => newUuid();
