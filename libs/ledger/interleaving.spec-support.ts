/**
 * Plays rounds of things that happen at once, on several connections, and holds them against the oracle, which takes them one by one. In which order? In that of
 * their batches: a batch takes its number under the locks of all it touches and keeps them until it commits, so that order is one the outcomes must fit.
 */
import { deepStrictEqual } from 'node:assert/strict';
import { newUuid, type AssetCode } from '#kernel';
import type { DataSource, EntityManager } from 'typeorm';
import {
  accountKinds,
  balanceAsOf,
  balanceOf,
  closedPeriods,
  closedTrialBalance,
  closePeriod,
  foldStripes,
  mustPost,
  post,
  reverse,
  rollUp,
  trialBalanceAsOf,
  type AccountKindName,
  type AccountRef,
  type Entity,
  type Posting,
} from './index.js';
import { nameOf, Oracle, type Change } from './oracle.spec-support.js';
import { account, posting, type Rooms } from './postings.spec-support.js';
import { comparable, Holds, World, type PostingRoom, type PostStep, type ReverseStep, type Step } from './story.spec-support.js';

/** What came of a step: the transaction that did it, and what the oracle says and must say. */
interface Done {
  readonly xid: string | null;
  readonly outcome: unknown;
  /** Tells the oracle, and returns what it says. */
  readonly expected: () => unknown;
  /** Of a reversal: its key, by which its batch is found. */
  readonly reversal?: string;
}
interface Booked extends Change {
  readonly batch: bigint;
}

export class Interleaving {
  private readonly world = new World();
  private readonly oracle = new Oracle();
  private readonly holds = new Holds(this.world);
  private readonly earlier: Posting[] = [];
  private readonly booked: Booked[] = [];
  private readonly marks: { at: Date; balances: Map<string, bigint> }[] = [];
  private lastBatch = '0';

  constructor(
    private readonly rooms: Rooms,
    private readonly admin: DataSource,
  ) {}

  async play(rounds: readonly (readonly Step[])[]): Promise<void> {
    await this.round([this.world.money()]);
    for (const steps of rounds) await this.round(oneHold(steps));
    await this.sameBalances();
    await this.sameAsOf();
    await this.sameClosed();
  }

  private async round(steps: readonly Step[]): Promise<void> {
    const posted = steps.flatMap((step) => (step.do === 'post' ? this.world.postings(step.drafts) : []));
    const done = await Promise.all(steps.map((step) => this.start(step)));
    const batches = await this.batchesOf(done);
    const order = done.map((one) => ({ one, batch: batches.get(`${one.xid} ${one.reversal}`) ?? batches.get(one.xid ?? '') ?? null }));
    // what stored nothing only repeats what is known: it fits at the end
    order.sort((a, b) => (a.batch === null ? (b.batch === null ? 0 : 1) : b.batch === null ? -1 : a.batch < b.batch ? -1 : 1));
    for (const { one, batch } of order) {
      const before = this.oracle.changes.length;
      deepStrictEqual(one.outcome, one.expected());
      for (const change of this.oracle.changes.slice(before)) this.booked.push({ ...change, batch: batch ?? 0n });
    }
    this.earlier.push(...posted);
    this.marks.push({ at: await this.quietMoment(), balances: new Map(this.oracle.balances) });
  }

  private start(step: Step): Promise<Done> {
    if (step.do === 'post') return this.post(step);
    const nothing = (work: Promise<unknown>): Promise<Done> => work.then(() => ({ xid: null, outcome: null, expected: () => null }));
    const { custody, staking } = this.rooms;
    if (step.do === 'fold') return nothing(staking.run((em) => foldStripes(em)));
    if (step.do === 'roll') return nothing(custody.run((em) => rollUp(em)));
    if (step.do === 'close') {
      const close = { entity: step.entity, through: this.world.day(step.day), closedBy: 'finance' };
      return nothing(custody.run((em) => closePeriod(em, close)));
    }
    if (step.do === 'hold') {
      const expected = (): null => (this.oracleHolds(step.who, step.scopes), null);
      return this.holds.replace(custody, step, async (em) => ({ xid: await this.mark(em, 'custody'), outcome: null, expected }));
    }
    return this.reverse(step);
  }

  private reverse(step: ReverseStep): Promise<Done> {
    const reversal = this.world.reversal(step, this.earlier);
    return this.rooms[step.room].run(async (em) => {
      const outcome = await reverse(em, reversal);
      const xid = outcome.status === 'refused' ? await this.mark(em, step.room) : await xidOf(em);
      return { xid, outcome, expected: () => this.oracle.reverse(step.room, reversal), reversal: reversal.key };
    });
  }

  private post({ room, drafts }: PostStep): Promise<Done> {
    const postings = this.world.postings(drafts);
    return this.rooms[room].run(async (em) => {
      const outcome = comparable(await post(em, postings), postings);
      return { xid: await xidOf(em), outcome, expected: () => comparable(this.oracle.post(room, postings), postings) };
    });
  }

  /** A posting between accounts of nobody else: its batch has a number from while this transaction has its locks. */
  private async mark(em: EntityManager, room: PostingRoom): Promise<string | null> {
    await mustPost(em, [
      room === 'custody'
        ? posting('deposit.receive', account('trust.wallet', newUuid()), account('client.suspense', newUuid()), 1n)
        : posting(
            'share.mint',
            account('pool.share_issue', newUuid(), 'ETH-PAYOUT-1'),
            account('client.shares', newUuid(), 'ETH-PAYOUT-1'),
            1n,
          ),
    ]);
    return xidOf(em);
  }

  private oracleHolds(held: number, scopes: Parameters<Oracle['hold']>[1]): void {
    for (const who of [0, 1, 2]) this.oracle.hold(this.world.owner('client', who), who === held ? scopes : []);
  }

  /** The last of each transaction; of a reversal its own. */
  private async batchesOf(done: readonly Done[]): Promise<Map<string, bigint>> {
    const rows: { id: string; name: string }[] = await this.admin.query(
      `SELECT max(id)::text AS id, xid::text AS name FROM ledger.batch WHERE id > $1 AND xid::text = ANY ($2) GROUP BY xid
       UNION ALL SELECT r.batch_id::text, r.xid || ' ' || r.key FROM ledger.reversal r WHERE r.status = 0 AND r.key = ANY ($3)`,
      [this.lastBatch, done.map((one) => one.xid ?? ''), done.flatMap((one) => one.reversal ?? [])],
    );
    const found = new Map(rows.map(({ id, name }) => [name, BigInt(id)] as const));
    const [last]: { id: string }[] = await this.admin.query('SELECT coalesce(max(id), 0)::text AS id FROM ledger.batch');
    this.lastBatch = last?.id ?? '0';
    return found;
  }

  /** A time that a Date can say, after all that has happened and before all that will. */
  private async quietMoment(): Promise<Date> {
    const [now]: { at: Date }[] = await this.admin.query(
      `SELECT date_trunc('milliseconds', clock_timestamp()) + interval '1 millisecond' AS at`,
    );
    const at = now?.at ?? new Date(0);
    for (;;) {
      const [row]: { past: boolean }[] = await this.admin.query('SELECT clock_timestamp() > $1::timestamptz AS past', [at.toISOString()]);
      if (row?.past) return at;
    }
  }

  private async sameBalances(): Promise<void> {
    await this.rooms.reception.read(async (em) => {
      for (const [name, balance] of this.oracle.balances)
        deepStrictEqual({ name, balance: await balanceOf(em, refOf(name)) }, { name, balance });
    });
  }

  /** Both clocks, at quiet moments and within and at the ends of days. */
  private async sameAsOf(): Promise<void> {
    const closes: { entity: number; through: string; cut: string }[] = await this.admin.query(
      'SELECT entity, through::text, cut FROM ledger.period WHERE through >= $1',
      [this.world.day(0)],
    );
    const countedAt = ({ account: { kind }, effectiveAt, batch }: Booked): number =>
      Math.max(
        effectiveAt.getTime(),
        ...closes
          .filter((c) => c.entity === entityCode[accountKinds[kind].entity] && BigInt(c.cut) < batch)
          .map((c) => Date.parse(`${c.through}T00:00:00Z`) + 86_400_000),
      );
    const names = [...this.oracle.balances.keys()].filter((_, index) => index % 4 === 0);
    const times = [0, 1, 2, 3].flatMap((day) => [new Date(this.world.noon(day).getTime() - 1), this.world.noon(day)]);
    await this.rooms.reception.read(async (em) => {
      for (const name of names) {
        const mine = this.booked.filter((b) => nameOf(b.account) === name);
        for (const at of times) {
          const balance = mine.filter((b) => countedAt(b) <= at.getTime()).reduce((sum, b) => sum + b.amount, 0n);
          deepStrictEqual({ name, at, balance: await balanceAsOf(em, refOf(name), { effectiveAt: at }) }, { name, at, balance });
        }
        for (const { at, balances } of this.marks.filter((_, index) => index % 3 === 0)) {
          const balance = balances.get(name) ?? 0n;
          deepStrictEqual({ name, at, balance: await balanceAsOf(em, refOf(name), { recordedAt: at }) }, { name, at, balance });
        }
      }
    });
  }

  /** Whatever came late, the trial balance as of the last closed day is the one that was stored. */
  private async sameClosed(): Promise<void> {
    await this.rooms.custody.read(async (em) => {
      for (const entity of ['client_trust', 'house'] as const) {
        const last = (await closedPeriods(em, entity)).at(-1);
        if (!last) continue;
        const asOf = await trialBalanceAsOf(em, { effectiveAt: new Date(`${last.through}T23:59:59.999Z`) });
        const stored = await closedTrialBalance(em, last);
        const nonZero = (lines: typeof stored) => lines.filter((line) => line.entity === entity && line.balance !== 0n);
        deepStrictEqual(nonZero(asOf), nonZero(stored));
      }
    });
  }
}

const entityCode: Readonly<Record<Entity, number>> = { client_trust: 1, house: 2 };

function refOf(name: string): AccountRef {
  const [kind, owner, asset] = name.split('/') as [AccountKindName, string, AssetCode];
  return { kind, owner, asset };
}

const xidOf = async (em: EntityManager): Promise<string | null> =>
  (await em.query<{ xid: string | null }[]>('SELECT pg_current_xact_id_if_assigned()::text AS xid'))[0]?.xid ?? null;

/** Holds of a world replace each other: one at a time. */
const oneHold = (steps: readonly Step[]): Step[] => {
  const first = steps.findIndex((step) => step.do === 'hold');
  return steps.filter((step, index) => step.do !== 'hold' || index === first);
};
