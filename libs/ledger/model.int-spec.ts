/** The database decides as the oracle does, whatever comes: groups, repeats, conflicts, holds, wrong kinds and rooms, floors and ceilings. */
import fc from 'fast-check';
import { amount, uuid5, type AssetCode } from '#kernel';
import { createTestDatabase, type TestDatabase } from '#testing';
import {
  balanceOf,
  placeHold,
  post,
  releaseHold,
  transferKinds,
  type AccountRef,
  type HoldScope,
  type Posting,
  type PostingOutcome,
  type TransferKindName,
} from './index.js';
import { accountKinds, holdScopes, type AccountKindName } from './chart/chart.js';
import { Oracle } from './oracle.spec-support.js';
import { NOON, openRooms, type Rooms } from './postings.spec-support.js';
import { verify } from './verify/verify.js';

let database: TestDatabase;
let rooms: Rooms;
let worlds = 0;

beforeAll(async () => {
  database = await createTestDatabase();
  rooms = await openRooms(database);
});
afterAll(() => database.close());

type PostingRoom = 'custody' | 'staking' | 'rewards';
interface Draft {
  readonly kind: TransferKindName;
  readonly key: number;
  readonly who: number;
  /** null: the same as who. */
  readonly whom: number | null;
  readonly units: number;
  readonly grouped: boolean;
  /** Replaces the debit side by an account of another kind or another asset. */
  readonly wrong: AccountKindName | AssetCode | null;
}
type Step =
  | { readonly do: 'post'; readonly room: PostingRoom; readonly drafts: readonly Draft[] }
  | { readonly do: 'hold'; readonly who: number; readonly scopes: readonly HoldScope[] };

/** Kinds that feed each other come more often, so that money gets far before it is refused. */
const common: Readonly<Record<PostingRoom, readonly TransferKindName[]>> = {
  custody: ['deposit.receive', 'deposit.release', 'withdrawal.reserve', 'withdrawal.return', 'withdrawal.settle', 'wallet.sweep'],
  staking: [
    'stake.reserve',
    'stake.reserve',
    'stake.return',
    'stake.submit',
    'stake.mint',
    'share.mint',
    'share.lock',
    'exit.finalise',
    'exit.settle',
  ],
  rewards: ['payout.pay', 'payout.fund', 'payout.draw', 'payout.return'],
};
const anyKind = fc.constantFrom(...(Object.keys(transferKinds) as TransferKindName[]));
const wrong = fc.oneof(
  { weight: 40, arbitrary: fc.constant(null) },
  { weight: 1, arbitrary: fc.constantFrom(...(Object.keys(accountKinds) as AccountKindName[])) },
  { weight: 1, arbitrary: fc.constantFrom<AssetCode>('ETH', 'ETH-PAYOUT-1') },
);
const draftOf = (room: PostingRoom): fc.Arbitrary<Draft> =>
  fc.record({
    kind: fc.oneof({ weight: 12, arbitrary: fc.constantFrom(...common[room]) }, { weight: 1, arbitrary: anyKind }),
    key: fc.oneof({ weight: 8, arbitrary: fc.nat(100_000) }, { weight: 1, arbitrary: fc.nat(5) }),
    who: fc.nat(2),
    whom: fc.oneof({ weight: 3, arbitrary: fc.constant(null) }, { weight: 1, arbitrary: fc.nat(2) }),
    units: fc.nat(9),
    grouped: fc.boolean(),
    wrong,
  });
const posting: fc.Arbitrary<Step> = fc
  .oneof(
    { weight: 4, arbitrary: fc.constant<PostingRoom>('custody') },
    { weight: 4, arbitrary: fc.constant<PostingRoom>('staking') },
    { weight: 1, arbitrary: fc.constant<PostingRoom>('rewards') },
  )
  .chain((room) =>
    fc.record({
      do: fc.constant('post' as const),
      room: fc.constant(room),
      drafts: fc.array(draftOf(room), { minLength: 1, maxLength: 14 }),
    }),
  );
const holding: fc.Arbitrary<Step> = fc.record({
  do: fc.constant('hold' as const),
  who: fc.nat(2),
  scopes: fc.subarray(Object.keys(holdScopes) as HoldScope[]),
});
const story = fc.array(fc.oneof({ weight: 6, arbitrary: posting }, { weight: 1, arbitrary: holding }), { minLength: 1, maxLength: 10 });

/** Owners and keys of their own for each story, so that stories share a database and nothing else. */
class World {
  private readonly salt = `world ${++worlds}`;
  private place: string | null = null;
  private holds = 0;

  owner(type: string, n: number): string {
    return uuid5(this.salt, type, String(n));
  }
  account(name: AccountKindName, n: number, asset?: AssetCode): AccountRef {
    const { owner, asset: sort } = accountKinds[name];
    return { kind: name, owner: this.owner(owner, n), asset: asset ?? (sort === 'share' ? 'ETH-PAYOUT-1' : 'ETH') };
  }
  posting(d: Draft, group: string | undefined): Posting {
    const { debit, credit } = transferKinds[d.kind];
    const other: AccountRef | null =
      d.wrong === null
        ? null
        : d.wrong in accountKinds
          ? this.account(d.wrong as AccountKindName, d.who)
          : this.account(debit, d.who, d.wrong as AssetCode);
    return {
      key: uuid5(this.salt, 'key', String(d.key)),
      kind: d.kind,
      debit: other ?? this.account(debit, d.who),
      credit: this.account(credit, d.whom ?? (d.kind === 'wallet.sweep' ? (d.who + 1) % 3 : d.who)),
      amount: amount(BigInt(d.units)),
      effectiveAt: NOON,
      reference: uuid5(this.salt),
      ...(group === undefined ? {} : { group }),
    };
  }
  postings(drafts: readonly Draft[]): Posting[] {
    let group = 0;
    return drafts.map((d, index) => {
      const joins = d.grouped && index > 0 && drafts[index - 1]?.grouped === true;
      if (d.grouped && !joins) group++;
      return this.posting(d, d.grouped ? `g${group}` : undefined);
    });
  }
  /** Where every story starts: each client has something to lose. */
  money(): Step {
    const plain = { units: 30, grouped: false, wrong: null, whom: null };
    const drafts = [0, 1, 2].flatMap((who) => [
      { ...plain, kind: 'deposit.receive' as const, key: 200_000 + who, who },
      { ...plain, kind: 'deposit.release' as const, key: 300_000 + who, who, units: 25 },
    ]);
    return { do: 'post', room: 'custody', drafts };
  }
  /** Replaces whatever was held by these scopes. */
  async hold(who: number, scopes: readonly HoldScope[]): Promise<void> {
    const owner = this.owner('client', who);
    await rooms.compliance.run(async (em) => {
      if (this.place) await releaseHold(em, { holdId: this.place, releasedBy: 'officer', reason: 'replaced' });
      this.place = null;
      if (scopes.length === 0) return;
      this.place = uuid5(this.salt, 'hold', String(this.holds++));
      await placeHold(em, { holdId: this.place, owner, scopes, reason: 'a reason', legalBasis: 'a basis', placedBy: 'officer' });
    });
  }
}

async function tell(
  world: World,
  steps: readonly Step[],
  splitting: boolean,
): Promise<{ outcomes: PostingOutcome[]; oracle: Oracle; expected: PostingOutcome[] }> {
  const oracle = new Oracle();
  const outcomes: PostingOutcome[] = [];
  const expected: PostingOutcome[] = [];
  for (const step of [world.money(), ...steps]) {
    if (step.do === 'hold') {
      for (const who of [0, 1, 2]) oracle.hold(world.owner('client', who), who === step.who ? step.scopes : []);
      await world.hold(step.who, step.scopes);
      continue;
    }
    const postings = world.postings(step.drafts);
    expected.push(...oracle.post(step.room, postings));
    for (const call of splitting ? unitsOf(postings) : [postings]) outcomes.push(...(await rooms[step.room].run((em) => post(em, call))));
  }
  return { outcomes, oracle, expected };
}

function unitsOf(postings: readonly Posting[]): Posting[][] {
  const units: Posting[][] = [];
  postings.forEach((p, index) => {
    const last = units.at(-1);
    if (last && p.group !== undefined && postings[index - 1]?.group === p.group) last.push(p);
    else units.push([p]);
  });
  return units;
}

async function sameBalances(oracle: Oracle): Promise<void> {
  await rooms.reception.read(async (em) => {
    for (const [name, balance] of oracle.balances) {
      const [kindName, owner, asset] = name.split('/') as [AccountKindName, string, AssetCode];
      expect({ name, balance: await balanceOf(em, { kind: kindName, owner, asset }) }).toEqual({ name, balance });
    }
  });
}

const runs = (numRuns: number) => ({ numRuns });

it('decides batches as the oracle decides one by one', async () => {
  await fc.assert(
    fc.asyncProperty(story, async (steps) => {
      const { outcomes, expected, oracle } = await tell(new World(), steps, false);
      expect(outcomes).toEqual(expected);
      await sameBalances(oracle);
    }),
    runs(80),
  );
}, 120_000);

it('decides one by one as it decides a batch', async () => {
  await fc.assert(
    fc.asyncProperty(story, async (steps) => {
      const [batched, single] = [await tell(new World(), steps, false), await tell(new World(), steps, true)];
      expect(single.outcomes).toEqual(batched.outcomes);
      await sameBalances(single.oracle);
    }),
    runs(35),
  );
}, 120_000);

it('leaves books that verify, and that tried every outcome', async () => {
  const report = await database.admin.transaction((em) =>
    verify({ rows: async (sql, values) => em.query(sql, values ? [...values] : undefined) }),
  );
  expect(report.findings).toEqual([]);
  const seen: { status: number }[] = await database.admin.query('SELECT DISTINCT status FROM ledger.decision ORDER BY 1');
  expect(seen.map((row) => row.status)).toEqual([0, 2, 3, 4, 5, 6]);
});
