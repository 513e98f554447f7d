/** A correction is a new row: the whole journal back, once, by its own room, and remembered. */
import { newUuid } from '#kernel';
import { createTestDatabase, type TestDatabase } from '#testing';
import {
  balanceOf,
  entries,
  entriesOfOwner,
  mustPost,
  outcomeOf,
  post,
  reverse,
  transferKinds,
  type Posting,
  type Reversal,
  type TransferKind,
} from './index.js';
import { account, fund, NOON, openRooms, posting, reserve, type Rooms } from './postings.spec-support.js';
import { reversalHash } from './reverse.js';
import { verify } from './verify/verify.js';

let database: TestDatabase;
let rooms: Rooms;

beforeAll(async () => {
  database = await createTestDatabase();
  rooms = await openRooms(database);
});
afterAll(() => database.close());

const LATER = new Date('2026-02-01T00:00:00.000Z');
const undo = (original: string, more: Partial<Reversal> = {}): Reversal => ({
  key: newUuid(),
  original,
  effectiveAt: LATER,
  reference: newUuid(),
  reason: 'booked by mistake',
  ...more,
});
const refused = (reason: string) => ({ status: 'refused', reason });

async function deposited(units: bigint): Promise<{ deposit: Posting; owner: string }> {
  const owner = newUuid();
  const deposit = posting('deposit.receive', account('trust.wallet', newUuid()), account('client.suspense', owner), units);
  await rooms.custody.run((em) => mustPost(em, [deposit]));
  return { deposit, owner };
}

it('moves back what was moved, and both rows stay', async () => {
  const { deposit, owner } = await deposited(30n);
  expect(await rooms.custody.run((em) => reverse(em, undo(deposit.key)))).toEqual({ status: 'reversed', postings: 1 });
  await rooms.reception.read(async (em) => {
    expect(await balanceOf(em, deposit.credit)).toBe(0n);
    expect(await balanceOf(em, deposit.debit)).toBe(0n);
    const [back, there] = await entries(em, { owner, limit: 10 });
    expect(there).toMatchObject({ kind: 'deposit.receive', change: 30n, effectiveAt: NOON, version: 1n });
    expect(there).not.toHaveProperty('reverses');
    expect(back).toMatchObject({
      kind: 'deposit.receive',
      change: -30n,
      balance: 0n,
      effectiveAt: LATER,
      version: 2n,
      reverses: there?.id,
    });
    const all = [];
    for await (const entry of entriesOfOwner(em, owner)) all.push(entry.reverses ?? null);
    expect(all).toEqual([null, there?.id]);
    expect(await outcomeOf(em, deposit.key)).toMatchObject({ status: 'posted' });
  });
});

it('takes a group back whole, last first, whichever of its postings is named', async () => {
  const [validator, payable] = [account('stake.validator', newUuid()), account('trust.fee_payable', newUuid())];
  const [receivable, income] = [account('house.fee_receivable', newUuid()), account('house.fee_income', newUuid())];
  const group = [
    posting('reward.commission', validator, payable, 5n, { group: 'fee' }),
    posting('reward.commission', validator, payable, 6n, { group: 'fee' }),
    posting('house.fee_accrue', receivable, income, 11n, { group: 'fee' }),
  ];
  await rooms.staking.run((em) => mustPost(em, [...group, posting('reward.commission', validator, payable, 1n)]));
  expect(await rooms.staking.run((em) => reverse(em, undo(group[1]?.key ?? '')))).toEqual({ status: 'reversed', postings: 3 });
  await rooms.reception.read(async (em) => {
    const left = [];
    for (const ref of [validator, payable, receivable, income]) left.push(await balanceOf(em, ref));
    expect(left).toEqual([-1n, 1n, 0n, 0n]);
    const [first, second, third, fourth, fifth] = (await entries(em, { owner: payable.owner, limit: 10 })).reverse();
    expect([fourth?.change, fifth?.change]).toEqual([-6n, -5n]);
    expect([fourth?.reverses, fifth?.reverses]).toEqual([second?.id, first?.id]);
    expect(third?.balance).toBe(12n);
    expect(fifth?.balance).toBe(1n);
  });
  for (const { key } of group) expect(await rooms.staking.run((em) => reverse(em, undo(key)))).toEqual(refused('already_reversed'));
});

it('says why not, and remembers it', async () => {
  const { deposit, owner } = await deposited(10n);
  const ann = await fund(rooms, 5n);
  const reserved = reserve(ann, 1n);
  const declined = reserve(ann, 100n);
  await rooms.staking.run((em) => post(em, [reserved, declined]));
  const ask = (reversal: Reversal, room: 'custody' | 'staking' = 'custody') => rooms[room].run((em) => reverse(em, reversal));
  expect(await ask(undo(newUuid()))).toEqual(refused('unknown'));
  expect(await ask(undo(declined.key), 'staking')).toEqual(refused('unknown'));
  expect(await ask(undo(reserved.key), 'staking')).toEqual(refused('not_reversible'));
  expect(await ask(undo(reserved.key))).toEqual(refused('forbidden'));
  expect(await ask(undo(deposit.key), 'staking')).toEqual(refused('forbidden'));
  expect(await ask(undo(deposit.key, { key: deposit.key }))).toEqual(refused('conflict'));
  await rooms.custody.run((em) => mustPost(em, [posting('deposit.release', deposit.credit, account('client.available', owner), 1n)]));
  const early = undo(deposit.key);
  expect(await ask(early)).toEqual(refused('insufficient'));
  const more = posting('deposit.receive', deposit.debit, deposit.credit, 1n);
  await rooms.custody.run((em) => mustPost(em, [more]));
  expect(await ask(early)).toEqual(refused('insufficient'));
  expect(await ask({ ...early, reason: 'another' })).toEqual(refused('conflict'));
  const good = undo(deposit.key);
  expect(await ask(good)).toEqual({ status: 'reversed', postings: 1 });
  expect(await ask(good)).toEqual({ status: 'reversed', postings: 1 });
  expect(await ask(undo(deposit.key))).toEqual(refused('already_reversed'));
  const [{ key }] = await database.admin.query<[{ key: string }]>(
    'SELECT d.key FROM ledger.reversal r JOIN ledger.decision d ON d.batch_id = r.batch_id WHERE r.key = $1',
    [good.key],
  );
  expect(await ask(undo(key))).toEqual(refused('is_reversal'));
  await expect(ask(undo(deposit.key, { reason: '' }))).rejects.toThrow('a reversal names');
});

it('is taken by one of two that ask at once, by one key or by two', async () => {
  const one = await deposited(10n);
  const same = undo(one.deposit.key);
  const replies = await Promise.all([1, 2, 3, 4].map(() => rooms.custody.run((em) => reverse(em, same))));
  expect(replies).toEqual(replies.map(() => ({ status: 'reversed', postings: 1 })));
  const two = await deposited(10n);
  const others = await Promise.all([1, 2, 3, 4].map(() => rooms.custody.run((em) => reverse(em, undo(two.deposit.key)))));
  expect(others.filter((o) => o.status === 'reversed')).toHaveLength(1);
  expect(others.filter((o) => o.status === 'refused' && o.reason === 'already_reversed')).toHaveLength(3);
});

it('is stopped by a hold as its kind is', async () => {
  // no kind that may be reversed today has a scope: lend one to a kind, as a later chart could
  const runner = database.admin.createQueryRunner();
  const setScope = async (scope: number): Promise<void> => {
    await runner.query('SET session_replication_role = replica');
    await runner.query('UPDATE ledger.transfer_kind SET hold_scope = $1 WHERE code = 1', [scope]);
    await runner.query('SET session_replication_role = origin');
  };
  try {
    const { deposit, owner } = await deposited(3n);
    await database.admin.query(`SELECT ledger.place_hold(gen_random_uuid(), $1, 1, 'a reason', 'a basis', 'officer')`, [owner]);
    await setScope(1);
    expect(await rooms.custody.run((em) => reverse(em, undo(deposit.key)))).toEqual(refused('held'));
  } finally {
    await setScope(0);
    await runner.release();
  }
});

it('leaves out no field of the request from its hash', () => {
  const base = undo(newUuid());
  const others: Partial<Reversal>[] = [{ original: newUuid() }, { effectiveAt: NOON }, { reference: newUuid() }, { reason: 'else' }];
  expect(new Set([base, ...others.map((other) => ({ ...base, ...other }))].map((r) => reversalHash(r).toString('hex'))).size).toBe(5);
});

it('is for judgements only: nothing that a chain did, nothing that has its own way back', () => {
  const kinds: Readonly<Record<string, TransferKind>> = transferKinds;
  expect(Object.keys(kinds).filter((name) => kinds[name]?.reversible)).toEqual([
    'deposit.receive',
    'deposit.unattributed',
    'protocol.withdraw',
    'execution.receive',
    'house.fund',
    'reward.commission',
    'house.fee_accrue',
    'execution.commission',
    'unattributed.to_client',
    'unattributed.to_pool',
    'unattributed.to_recovery',
    'unattributed.to_operator_bond',
    'unattributed.to_cover_fund',
    'unattributed.to_first_loss',
    'unattributed.to_instant_buffer',
  ]);
});

it('leaves books that verify', async () => {
  const report = await database.admin.transaction((em) =>
    verify({ rows: async (sql, values) => em.query(sql, values ? [...values] : undefined) }),
  );
  expect(report.findings).toEqual([]);
});
