import { newUuid } from '#kernel';
import { createTestDatabase, type TestDatabase } from '#testing';
import {
  holdsOf,
  mustPost,
  placeHold,
  post,
  releaseHold,
  scopesHeld,
  transferKinds,
  type Hold,
  type HoldScope,
  type TransferKind,
  type TransferKindName,
} from './index.js';
import { account, fund, openRooms, posting, reserve, type Rooms } from './postings.spec-support.js';

let database: TestDatabase;
let rooms: Rooms;

beforeAll(async () => {
  database = await createTestDatabase();
  rooms = await openRooms(database);
});
afterAll(() => database.close());

const hold = (owner: string, scopes: readonly HoldScope[]): Hold => ({
  holdId: newUuid(),
  owner,
  scopes,
  reason: 'court order',
  legalBasis: 'CO-1',
  placedBy: 'stf_officer',
});
const place = (one: Hold): Promise<boolean> => rooms.compliance.run((em) => placeHold(em, one));
const release = (holdId: string): Promise<boolean> =>
  rooms.compliance.run((em) => releaseHold(em, { holdId, releasedBy: 'stf_officer', reason: 'lifted' }));
const held = { status: 'refused', reason: 'held' };

it('stops its scopes and nothing else, until it is released', async () => {
  const ann = await fund(rooms, 10n);
  const withdraw = () => posting('withdrawal.reserve', ann.available, ann.reserved, 1n);
  const order = hold(ann.owner, ['stake', 'payout']);
  expect(await place(order)).toBe(true);
  expect(await rooms.staking.run((em) => post(em, [reserve(ann, 1n)]))).toEqual([held]);
  expect(await rooms.custody.run((em) => post(em, [withdraw()]))).toMatchObject([{ status: 'posted' }]);
  expect(await rooms.reception.read((em) => holdsOf(em, ann.owner))).toEqual([order]);
  expect(await release(order.holdId)).toBe(true);
  expect(await rooms.staking.run((em) => post(em, [reserve(ann, 1n)]))).toMatchObject([{ status: 'posted' }]);
  expect(await rooms.reception.read((em) => holdsOf(em, ann.owner))).toEqual([]);
});

it('keeps what another hold stops', async () => {
  const ann = await fund(rooms, 10n);
  const [first, second] = [hold(ann.owner, ['stake', 'withdraw']), hold(ann.owner, ['stake'])];
  await place(first);
  await place(second);
  await release(first.holdId);
  expect(await rooms.staking.run((em) => post(em, [reserve(ann, 1n)]))).toEqual([held]);
  expect(await rooms.custody.run((em) => scopesHeld(em, ann.owner))).toEqual(['stake']);
});

it('is inherited by accounts that are opened later, and binds only what is the client’s', async () => {
  const owner = newUuid();
  await place(hold(owner, ['deposit', 'withdraw']));
  const ann = {
    suspense: account('client.suspense', owner),
    available: account('client.available', owner),
    wallet: account('trust.wallet', owner),
  };
  const outcomes = await rooms.custody.run((em) =>
    post(em, [posting('deposit.receive', ann.wallet, ann.suspense, 5n), posting('deposit.release', ann.suspense, ann.available, 5n)]),
  );
  expect(outcomes).toMatchObject([{ status: 'posted' }, held]);
  const masks: unknown = await database.admin.query(
    `SELECT k.name, b.holds FROM ledger.balance b JOIN ledger.account a ON a.id = b.account_id JOIN ledger.account_kind k ON k.code = a.kind WHERE a.owner = $1 ORDER BY 1`,
    [owner],
  );
  expect(masks).toEqual([
    { name: 'client.available', holds: 9 },
    { name: 'client.suspense', holds: 9 },
    { name: 'trust.wallet', holds: 0 },
  ]);
});

it('stops every kind of its scope', async () => {
  const kinds = Object.entries(transferKinds as Readonly<Record<string, TransferKind>>).flatMap(([name, kind]) =>
    kind.hold ? [{ ...kind, name: name as TransferKindName, hold: kind.hold }] : [],
  );
  expect(new Set(kinds.map((kind) => kind.hold)).size).toBe(5);
  for (const kind of kinds) {
    const owner = newUuid();
    await place(hold(owner, [kind.hold]));
    const asset = kind.debit === 'client.shares' ? ('ETH-PAYOUT-1' as const) : ('ETH' as const);
    expect(
      await rooms[kind.role as keyof Rooms].run((em) =>
        post(em, [posting(kind.name, account(kind.debit, owner, asset), account(kind.credit, owner, asset), 1n)]),
      ),
    ).toEqual([held]);
  }
});

it('is placed once and released once; an id used again for something else is an error', async () => {
  const ann = await fund(rooms, 1n);
  const order = hold(ann.owner, ['stake']);
  expect([await place(order), await place(order)]).toEqual([true, false]);
  await expect(place({ ...order, scopes: ['withdraw'] })).rejects.toThrow('known with another content');
  expect([await release(order.holdId), await release(order.holdId)]).toEqual([true, false]);
  await expect(release(newUuid())).rejects.toThrow('a release names a hold that was placed');
  // a hold that was released does not come back by being placed again
  expect(await place(order)).toBe(false);
  await rooms.staking.run((em) => mustPost(em, [reserve(ann, 1n)]));
});

it('refuses a hold without a client, scopes, reason, basis or actor', async () => {
  const good = hold(newUuid(), ['stake']);
  for (const bad of [
    { ...good, scopes: [] },
    { ...good, owner: 'ann' },
    { ...good, reason: '' },
    { ...good, legalBasis: '' },
    { ...good, placedBy: '' },
  ]) {
    await expect(place(bad)).rejects.toThrow('a hold names a client');
  }
  expect(await rooms.reception.read((em) => holdsOf(em, good.owner))).toEqual([]);
});
