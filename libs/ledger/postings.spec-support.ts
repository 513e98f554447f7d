/** Arranges the ledger for specs: clients with money, through the same doors that the rooms use. */
import { amount, newUuid, uuid5, type AssetCode } from '#kernel';
import type { Transactor } from '#database';
import type { TestDatabase } from '#testing';
import { mustPost, type AccountKindName, type AccountRef, type Posting, type TransferKindName } from './index.js';

export const NOON = new Date('2026-01-01T12:00:00.000Z');

export const account = (kind: AccountKindName, owner: string, asset: AssetCode = 'ETH'): AccountRef => ({ kind, owner, asset });

export const posting = (
  kind: TransferKindName,
  debit: AccountRef,
  credit: AccountRef,
  units: bigint,
  more: Partial<Posting> = {},
): Posting => ({
  key: newUuid(),
  kind,
  debit,
  credit,
  amount: amount(units),
  effectiveAt: NOON,
  reference: uuid5('spec', 'cause'),
  ...more,
});

export interface Rooms {
  readonly custody: Transactor;
  readonly staking: Transactor;
  readonly rewards: Transactor;
  readonly compliance: Transactor;
  readonly reception: Transactor;
}

export async function openRooms(database: TestDatabase): Promise<Rooms> {
  const [custody, staking, rewards, compliance, reception] = await Promise.all(
    ['custody', 'staking', 'rewards', 'compliance', 'reception'].map((room) => database.transactor(room)),
  );
  if (!custody || !staking || !rewards || !compliance || !reception) throw new Error('a room is missing');
  return { custody, staking, rewards, compliance, reception };
}

export interface Funded {
  readonly owner: string;
  readonly available: AccountRef;
  readonly reserved: AccountRef;
  readonly wallet: AccountRef;
}

/** A client with money free to use, and the wallet that holds it. */
export async function fund({ custody }: Rooms, units: bigint, owner: string = newUuid()): Promise<Funded> {
  const wallet = account('trust.wallet', newUuid());
  const suspense = account('client.suspense', owner);
  const available = account('client.available', owner);
  await custody.run((em) =>
    mustPost(em, [posting('deposit.receive', wallet, suspense, units), posting('deposit.release', suspense, available, units)]),
  );
  return { owner, available, reserved: account('client.reserved', owner), wallet };
}

export const reserve = (client: Funded, units: bigint, more: Partial<Posting> = {}): Posting =>
  posting('stake.reserve', client.available, client.reserved, units, more);

/** A pool of its own with rewards to give away. */
export async function poolWithRewards({ staking }: Rooms, units: bigint): Promise<string> {
  const pool = `pool-${newUuid()}`;
  await staking.run((em) =>
    mustPost(em, [posting('reward.accrue', account('stake.validator', newUuid()), account('pool.rewards_payable', pool), units)]),
  );
  return pool;
}
