/** Stories for the ledger: what fast-check makes up, and the world in which it is told. */
import fc from 'fast-check';
import { amount, uuid5, type AssetCode } from '#kernel';
import type { Transactor } from '#database';
import type { EntityManager } from 'typeorm';
import {
  accountKinds,
  holdScopes,
  placeHold,
  releaseHold,
  transferKinds,
  type AccountKindName,
  type AccountRef,
  type Entity,
  type HoldScope,
  type Posting,
  type PostingOutcome,
  type Reversal,
  type TransferKind,
  type TransferKindName,
} from './index.js';

export type PostingRoom = 'custody' | 'staking' | 'rewards';
export interface Draft {
  readonly kind: TransferKindName;
  readonly key: number;
  readonly who: number;
  /** null: the same as who. */
  readonly whom: number | null;
  readonly units: number;
  readonly grouped: boolean;
  /** Days after the first of the story. */
  readonly day: number;
  /** Replaces the debit side by an account of another kind or another asset. */
  readonly wrong: AccountKindName | AssetCode | null;
}
export interface PostStep {
  readonly do: 'post';
  readonly room: PostingRoom;
  readonly drafts: readonly Draft[];
}
export interface HoldStep {
  readonly do: 'hold';
  readonly who: number;
  readonly scopes: readonly HoldScope[];
}
export interface ReverseStep {
  readonly do: 'reverse';
  readonly room: PostingRoom;
  /** Which of the postings of earlier rounds; of those that this room may reverse when `fit`. */
  readonly nth: number;
  readonly fit: boolean;
  readonly key: number;
  readonly day: number;
}
/** What runs in the background, and the close of a period that ends so many days after the first of the story. */
export type WorkStep =
  { readonly do: 'fold' } | { readonly do: 'roll' } | { readonly do: 'close'; readonly entity: Entity; readonly day: number };
export type Step = PostStep | HoldStep | ReverseStep | WorkStep;

/** Kinds that feed each other come more often, so that money gets far before it is refused. */
const common: Readonly<Record<PostingRoom, readonly TransferKindName[]>> = {
  custody: [
    'deposit.receive',
    'deposit.release',
    'withdrawal.reserve',
    'withdrawal.return',
    'withdrawal.settle',
    'wallet.sweep',
    'fee.sweep',
    'house.fund',
    'house.fee_receive',
  ],
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
    'reward.commission',
    'house.fee_accrue',
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
    day: fc.nat(3),
    wrong,
  });
const posting: fc.Arbitrary<PostStep> = fc
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
const holding: fc.Arbitrary<HoldStep> = fc.record({
  do: fc.constant('hold' as const),
  who: fc.nat(2),
  scopes: fc.subarray(Object.keys(holdScopes) as HoldScope[]),
});
const reversing: fc.Arbitrary<ReverseStep> = fc.record({
  do: fc.constant('reverse' as const),
  room: fc.constantFrom<PostingRoom>('custody', 'custody', 'staking'),
  nth: fc.nat(200),
  fit: fc.oneof({ weight: 4, arbitrary: fc.constant(true) }, { weight: 1, arbitrary: fc.constant(false) }),
  key: fc.nat(12),
  day: fc.nat(3),
});
const working: fc.Arbitrary<WorkStep> = fc.oneof(
  fc.constantFrom<WorkStep>({ do: 'fold' }, { do: 'roll' }, { do: 'roll' }),
  fc.record({ do: fc.constant('close' as const), entity: fc.constantFrom<Entity>('client_trust', 'house'), day: fc.nat(2) }),
);

/** One thing after the other. */
export const story = fc.array(
  fc.oneof({ weight: 6, arbitrary: posting }, { weight: 1, arbitrary: holding }, { weight: 1, arbitrary: reversing }),
  {
    minLength: 1,
    maxLength: 10,
  },
);
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 8, arbitrary: posting },
  { weight: 1, arbitrary: holding },
  { weight: 3, arbitrary: reversing },
  { weight: 3, arbitrary: working },
);
/** Rounds of up to five things at once. */
export const rounds = fc.array(fc.array(step, { minLength: 1, maxLength: 5 }), { minLength: 1, maxLength: 8 });

const DAY = 86_400_000;
let worlds = 0;

/**
 * Owners, keys and four days of their own for each story, so that stories share a database and nothing else. Days only go on, as periods can only be closed
 * forward.
 */
export class World {
  readonly salt = `world ${++worlds}`;
  private readonly firstNoon = Date.UTC(1971, 0, 1, 12) + worlds * 4 * DAY;

  noon(day: number): Date {
    return new Date(this.firstNoon + day * DAY);
  }
  day(day: number): string {
    return this.noon(day).toISOString().slice(0, 10);
  }
  owner(type: string, n: number): string {
    return uuid5(this.salt, type, String(n));
  }
  account(name: AccountKindName, n: number, asset?: AssetCode): AccountRef {
    const { owner, asset: sort } = accountKinds[name];
    return { kind: name, owner: this.owner(owner, n), asset: asset ?? (sort === 'share' ? 'ETH-PAYOUT-1' : 'ETH') };
  }
  private posting(d: Draft, group: string | undefined): Posting {
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
      effectiveAt: this.noon(d.day),
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
  /** What a step would take back: of the postings so far, or a key that nobody knows. */
  reversal(step: ReverseStep, earlier: readonly Posting[]): Reversal {
    const fitting = (kind: TransferKind): boolean => kind.reversible === true && kind.role === step.room;
    const some = step.fit ? earlier.filter((p) => fitting(transferKinds[p.kind])) : earlier;
    return {
      key: uuid5(this.salt, 'reversal', String(step.key)),
      original: some[step.nth % (some.length + 1)]?.key ?? uuid5(this.salt, 'nothing'),
      effectiveAt: this.noon(step.day),
      reference: uuid5(this.salt, 'correction'),
      reason: 'booked by mistake',
    };
  }
  /** Where every story starts: each client has something to lose. */
  money(): PostStep {
    const plain = { units: 30, grouped: false, wrong: null, whom: null, day: 0 };
    const drafts = [0, 1, 2].flatMap((who) => [
      { ...plain, kind: 'deposit.receive' as const, key: 200_000 + who, who },
      { ...plain, kind: 'deposit.release' as const, key: 300_000 + who, who, units: 25 },
    ]);
    return { do: 'post', room: 'custody', drafts };
  }
}

/** Replaces whatever the clients of a world were held by. Its transaction may run twice: what it did is kept when it is over. */
export class Holds {
  private placed: string | null = null;
  private count = 0;
  constructor(private readonly world: World) {}

  async replace<T>(room: Transactor, { who, scopes }: HoldStep, then: (em: EntityManager) => Promise<T>): Promise<T> {
    const next = scopes.length > 0 ? uuid5(this.world.salt, 'hold', String(this.count++)) : null;
    const owner = this.world.owner('client', who);
    const result = await room.run(async (em) => {
      if (this.placed) await releaseHold(em, { holdId: this.placed, releasedBy: 'officer', reason: 'replaced' });
      if (next) await placeHold(em, { holdId: next, owner, scopes, reason: 'a reason', legalBasis: 'a basis', placedBy: 'officer' });
      return then(em);
    });
    this.placed = next;
    return result;
  }
}

/** Outcomes without the balances of accounts with stripes: which row was written is nobody's business. */
export function comparable(outcomes: readonly PostingOutcome[], postings: readonly Posting[]): object[] {
  const striped = (ref: AccountRef | undefined): boolean => ref !== undefined && 'stripes' in accountKinds[ref.kind];
  return outcomes.map((outcome, index) => {
    if (outcome.status !== 'posted') return outcome;
    const { debit, credit } = postings[index] ?? {};
    return { ...outcome, ...(striped(debit) ? { debitBalance: null } : {}), ...(striped(credit) ? { creditBalance: null } : {}) };
  });
}
