/** fanOut() decides and stores as post() does the same lines, whatever they are; nothing of it escapes the verifier. */
import fc from 'fast-check';
import { amount, newUuid, uuid5 } from '#kernel';
import { createTestDatabase, type TestDatabase } from '#testing';
import { balanceOf, fanOut, mustPost, placeHold, post, type AccountRef, type FanOut, type KeyedLine, type Posting } from './index.js';
import { account, fund, NOON, openRooms, poolWithRewards, posting, type Rooms } from './postings.spec-support.js';
import { verify } from './verify/verify.js';

let database: TestDatabase;
let rooms: Rooms;
beforeAll(async () => {
  database = await createTestDatabase();
  rooms = await openRooms(database);
});
afterAll(() => database.close());

const check = () =>
  database.admin.transaction((em) => verify({ rows: async (sql, values) => em.query(sql, values ? [...values] : undefined) }));

const poolWith = (units: bigint): Promise<string> => poolWithRewards(rooms, units);

interface Shape {
  readonly kind: 'reward.settle' | 'stake.reserve' | 'recovery.pay' | 'stake.mint';
  readonly room: 'staking' | 'custody';
}
const sidesOf: Record<Shape['kind'], { debit: AccountRef['kind']; credit: AccountRef['kind']; common: 'from' | 'to' | 'none' }> = {
  'reward.settle': { debit: 'pool.rewards_payable', credit: 'client.rewards', common: 'from' },
  'recovery.pay': { debit: 'pool.recovery', credit: 'client.available', common: 'from' },
  'stake.reserve': { debit: 'client.available', credit: 'client.reserved', common: 'none' },
  'stake.mint': { debit: 'client.staking', credit: 'pool.staked', common: 'to' },
};

/** The same lines as one fan-out and as postings. */
function bothWays(shape: Shape, common: string, lines: readonly KeyedLine[], reference: string): { spec: FanOut; postings: Posting[] } {
  const sides = sidesOf[shape.kind];
  const spec: FanOut = {
    kind: shape.kind,
    asset: 'ETH',
    effectiveAt: NOON,
    reference,
    ...(sides.common === 'none' ? {} : { [sides.common]: common }),
  };
  const postings = lines.map((line) => ({
    key: line.key,
    kind: shape.kind,
    debit: account(sides.debit, sides.common === 'from' ? common : line.owner),
    credit: account(sides.credit, sides.common === 'to' ? common : line.owner),
    amount: line.amount,
    effectiveAt: NOON,
    reference,
  }));
  return { spec, postings };
}

const COLUMNS = `d.item, d.journal, d.status, d.kind, d.asset, d.amount::text, d.debit_balance::text, d.debit_version, d.credit_balance::text, d.credit_version,
  d.effective_at, d.reference, encode(d.request_hash, 'hex') hash`;
const storedOf = (reference: string): Promise<object[]> =>
  database.admin.query(
    `SELECT ${COLUMNS}, da.kind dk, ca.kind ck, b.items, b.role FROM ledger.decision d LEFT JOIN ledger.account da ON da.id = d.debit_account LEFT JOIN ledger.account ca ON ca.id = d.credit_account
       JOIN ledger.batch b ON b.id = d.batch_id WHERE d.reference = $1 ORDER BY d.batch_id, d.item`,
    [reference],
  );

/** One world: clients with something of everything, some held, a pool with money. Names differ from world to world, amounts do not. */
async function worldOf(pot: bigint, clients: readonly { funds: bigint; held: boolean }[]) {
  const pool = await poolWith(pot > 0n ? pot : 1n);
  await rooms.custody.run(async (em) => {
    if (pot === 0n) return;
    const chain = `c-${newUuid()}`;
    await mustPost(em, [
      posting('deposit.unattributed', account('trust.wallet', newUuid()), account('trust.unattributed', chain), pot),
      posting('unattributed.to_recovery', account('trust.unattributed', chain), account('pool.recovery', pool), pot),
    ]);
  });
  const owners: string[] = [];
  for (const { funds, held } of clients) {
    const owner = newUuid();
    owners.push(owner);
    if (funds > 0n) {
      await fund(rooms, funds * 2n, owner);
      await rooms.staking.run((em) =>
        mustPost(em, [
          posting('stake.reserve', account('client.available', owner), account('client.reserved', owner), funds),
          posting('stake.submit', account('client.reserved', owner), account('client.staking', owner), funds),
        ]),
      );
    }
    if (held)
      await rooms.compliance.run((em) =>
        placeHold(em, { holdId: newUuid(), owner, scopes: ['payout', 'stake'], reason: 'order', legalBasis: 'CO-1', placedBy: 'officer' }),
      );
  }
  return { pool, owners };
}

const line = fc.record({ who: fc.nat({ max: 5 }), units: fc.bigInt({ min: 0n, max: 12n }), again: fc.boolean() });
const scene = fc.record({
  shape: fc.constantFrom<Shape>(
    { kind: 'reward.settle', room: 'staking' },
    { kind: 'recovery.pay', room: 'staking' },
    { kind: 'stake.reserve', room: 'staking' },
    { kind: 'stake.mint', room: 'staking' },
    { kind: 'reward.settle', room: 'custody' },
  ),
  pot: fc.bigInt({ min: 0n, max: 60n }),
  clients: fc.array(fc.record({ funds: fc.bigInt({ min: 0n, max: 15n }), held: fc.boolean() }), { minLength: 6, maxLength: 6 }),
  lines: fc.array(line, { minLength: 1, maxLength: 8 }),
  distinct: fc.boolean(),
});

it('decides and stores what post() decides and stores of the same lines', async () => {
  await fc.assert(
    fc.asyncProperty(scene, async ({ shape, pot, clients, lines, distinct }) => {
      const seen: { outcome: object; stored: object[]; balances: bigint[] }[] = [];
      for (const way of ['post', 'fan'] as const) {
        const world = await worldOf(pot, clients);
        const reference = newUuid();
        const chosen = distinct ? lines.filter((l, i) => lines.findIndex((o) => o.who === l.who) === i) : lines;
        const keyed = chosen.map((l, i): KeyedLine => {
          const earlier = l.again && i > 0 ? i - 1 : i;
          return {
            owner: world.owners[l.who] ?? '',
            amount: amount(distinct && l.units === 0n ? 1n : l.units),
            key: uuid5(reference, String(earlier)),
          };
        });
        const { spec, postings } = bothWays(shape, world.pool, keyed, reference);
        const run = async () => {
          if (way === 'fan') {
            const { posted, total, refused } = await rooms[shape.room].run((em) => fanOut(em, spec, keyed));
            return { posted, total, refused };
          }
          const outcomes = await rooms[shape.room].run((em) => post(em, postings));
          const refused = outcomes.flatMap((o, i) => (o.status === 'refused' ? [{ line: i, reason: o.reason }] : []));
          const total = outcomes.reduce((sum, o, i) => (o.status === 'posted' ? sum + (keyed[i]?.amount ?? 0n) : sum), 0n);
          return { posted: outcomes.length - refused.length, total, refused };
        };
        const first = await run();
        const again = await run();
        expect(again).toEqual(first);
        const refs = [
          ...world.owners.flatMap((o) =>
            (['client.available', 'client.reserved', 'client.staking', 'client.rewards'] as const).map((k) => account(k, o)),
          ),
          ...(['pool.rewards_payable', 'pool.recovery', 'pool.staked'] as const).map((k) => account(k, world.pool)),
        ];
        const balances = await rooms.staking.read((em) => Promise.all(refs.map((ref) => balanceOf(em, ref))));
        const stored = (await storedOf(reference)).map((row) => ({ ...row, hash: undefined, reference: undefined }));
        seen.push({ outcome: first, stored, balances });
      }
      expect(seen[1]).toEqual(seen[0]);
    }),
    { numRuns: 60 },
  );
}, 240_000);

it('gives a line the key and hash that post() knows it by', async () => {
  const pool = await poolWith(100n);
  const owners = Array.from({ length: 3 }, () => newUuid());
  const reference = newUuid();
  const lines = owners.map((owner, i): KeyedLine => ({ owner, amount: amount(BigInt(i + 1)), key: newUuid() }));
  for (const shape of [{ kind: 'reward.settle', room: 'staking' }] as const) {
    const { spec, postings } = bothWays(shape, pool, lines, reference);
    expect(await rooms.staking.run((em) => fanOut(em, spec, lines))).toMatchObject({ posted: 3, total: 6n, refused: [] });
    expect((await rooms.staking.run((em) => post(em, postings))).map((o) => o.status)).toEqual(['posted', 'posted', 'posted']);
    const other = postings.map((p) => ({ ...p, amount: amount(p.amount + 1n) }));
    expect(await rooms.staking.run((em) => post(em, other))).toEqual(Array(3).fill({ status: 'refused', reason: 'conflict' }));
  }
});

it('leaves books that verify', async () => {
  expect((await check()).findings).toEqual([]);
});
