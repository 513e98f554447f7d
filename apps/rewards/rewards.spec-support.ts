import 'reflect-metadata';
import { randomBytes } from 'node:crypto';
import type { Transactor } from '#database';
import { openRoom, type OpenRoom, type StaffRole } from '#http';
import { amount, newUuid, uuid5, type Amount } from '#kernel';
import {
  balanceOf,
  mustPost,
  placeHold,
  releaseHold,
  trialBalance,
  type AccountKindName,
  type Posting,
  type TransferKindName,
} from '#ledger';
import { createTestDatabase, FakeClock, newClient, newStaff, OpenedRoom, type Called, type Person, type TestDatabase } from '#testing';
import { FakeChain, SLOTS } from './fake-chain.spec-support.js';
import { PostingService } from './payouts/posting.service.js';
import { PayoutsProcessor } from './payouts/payouts.processor.js';
import { PoolsProcessor } from './pools/pools.processor.js';
import { ReportsProcessor } from './reports/reports.processor.js';
import { rewardsRoom } from './room.js';
import { StandingProcessor } from './standing/standing.processor.js';
import { RewardsSchedules } from './schedules/rewards.schedule.js';

export const ETH = 10n ** 18n;
export const POOL = 'eth-payout-1';
const WALLET = uuid5('wallet', 'omnibus');
export const hex = (bytes: number): string => `0x${randomBytes(bytes).toString('hex')}`;

export type { Called, Person };

type Entry = readonly [
  kind: TransferKindName,
  debit: readonly [AccountKindName, string],
  credit: readonly [AccountKindName, string],
  units: bigint,
];

/** The room on a database of its own, its chain and its clock in the test's hands; staking and custody speak and book through the test. */
export class OpenRewards extends OpenedRoom {
  private constructor(
    database: TestDatabase,
    readonly room: OpenRoom,
    private readonly others: Readonly<Record<'staking' | 'custody' | 'compliance', Transactor>>,
    clock: FakeClock,
    readonly chain: FakeChain,
  ) {
    super(database, clock);
  }

  static async start(env: Record<string, string> = {}): Promise<OpenRewards> {
    const database = await createTestDatabase();
    const [clock, chain] = [new FakeClock(), new FakeChain()];
    const room = await openRoom(rewardsRoom({ clock, chains: new Map([['ethereum', chain]]) }), {
      DATABASE_URL: database.url('rewards'),
      BAILEE_MODE: 'demo',
      BAILEE_NETWORK: 'localnet',
      ETHEREUM_RPC_URL: 'http://127.0.0.1:1',
      ETHEREUM_BEACON_URL: 'http://127.0.0.1:1',
      LOG_LEVEL: 'silent',
      RATE_LIMIT_PER_MINUTE: '100000',
      REPORT_EVERY_MS: '0',
      REPORT_MIN_EPOCHS: '1',
      PAYOUT_LOOK_MS: '0',
      PAYOUT_STEP_MS: '0',
      ...env,
    });
    const others = {
      staking: await database.transactor('staking'),
      custody: await database.transactor('custody'),
      compliance: await database.transactor('compliance'),
    };
    const opened = new OpenRewards(database, room, others, clock, chain);
    await opened.hear(PoolsProcessor, 'opened', {
      poolId: POOL,
      productId: 'eth-payout',
      chain: 'ethereum',
      asset: 'ETH',
      shareAsset: 'ETH-PAYOUT-1',
      commissionBps: 1_000,
    });
    return opened;
  }

  /** What this room said, in order. */
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- payloads are looked into freely
  async said(message: string): Promise<any[]> {
    const rows = await this.query<{ payload: unknown }>(`SELECT payload FROM delivery.delivery WHERE message = $1 ORDER BY position`, [
      message,
    ]);
    return rows.map((row) => row.payload);
  }

  // --- people

  client(): Promise<Person> {
    return newClient(this.database);
  }
  staff(...roles: StaffRole[]): Promise<Person> {
    return newStaff(this.database, ...roles);
  }
  call(who: Person | null, method: 'GET' | 'POST' | 'PUT', url: string, body?: object, key?: string | null): Promise<Called> {
    return this.ask(who, method, url, { body, key });
  }

  // --- staking and custody

  async book(room: 'staking' | 'custody', ...entries: Entry[]): Promise<void> {
    const effectiveAt = this.clock.now();
    const account = ([kind, owner]: readonly [AccountKindName, string]) => ({ kind, owner, asset: 'ETH' as const });
    await this.others[room].run((em) =>
      mustPost(
        em,
        entries.map(([kind, debit, credit, units]): Posting => ({
          key: newUuid(),
          kind,
          debit: account(debit),
          credit: account(credit),
          amount: amount(units),
          effectiveAt,
          reference: newUuid(),
        })),
      ),
    );
  }
  /** What clients have earned and staking has settled; of the sum so much is in our hands. */
  async earn(owed: readonly (readonly [Person, bigint])[], collected: bigint): Promise<void> {
    const total = owed.reduce((sum, [, units]) => sum + units, 0n);
    const pubkey = hex(48);
    if (total > 0n) await this.book('staking', ['reward.accrue', ['stake.validator', pubkey], ['pool.rewards_payable', POOL], total]);
    const settled = owed.filter(([, units]) => units > 0n);
    if (settled.length > 0)
      await this.book(
        'staking',
        ...settled.map(([{ uuid }, units]): Entry => ['reward.settle', ['pool.rewards_payable', POOL], ['client.rewards', uuid], units]),
      );
    if (collected === 0n) return;
    await this.book('custody', ['protocol.withdraw', ['trust.wallet', WALLET], ['pool.protocol_withdrawal', POOL], collected]);
    await this.book('staking', ['reward.collect', ['pool.collected_contra', POOL], ['pool.collected', POOL], collected]);
  }
  async hold(person: Person): Promise<string> {
    const holdId = newUuid();
    const hold = {
      holdId,
      owner: person.uuid,
      scopes: ['payout'] as const,
      reason: 'court order',
      legalBasis: 'test',
      placedBy: newUuid(),
    };
    await this.others.compliance.run((em) => placeHold(em, hold));
    return holdId;
  }
  unhold(holdId: string): Promise<unknown> {
    return this.others.compliance.run((em) => releaseHold(em, { holdId, releasedBy: newUuid(), reason: 'lifted' }));
  }
  balance(kind: AccountKindName, owner: string): Promise<bigint> {
    return this.run((em) => balanceOf(em, { kind, owner, asset: 'ETH' }));
  }

  async activate(pubkey = hex(48), epoch = this.chain.epoch): Promise<string> {
    await this.hear(PoolsProcessor, 'activated', {
      poolId: POOL,
      pubkey,
      index: '1',
      principal: String(32n * ETH),
      activationEpoch: epoch.toString(),
      observedSlot: (epoch * SLOTS).toString(),
    });
    return pubkey;
  }
  /** Custody booked what a block paid the pool. */
  executed(component: 'priority_fees' | 'mev', units: bigint, blockNumber: bigint): Promise<void> {
    const amountText = units.toString();
    const message = { poolId: POOL, chain: 'ethereum', asset: 'ETH', component, amount: amountText, blockNumber: blockNumber.toString() };
    return this.hear(PoolsProcessor, 'executed', message);
  }
  observe(): Promise<void> {
    return this.service(RewardsSchedules).observe();
  }
  /** Staking's answer to the last report it was sent. */
  async applied(commission = 0n): Promise<void> {
    const sent = (await this.said('report.apply@1')).at(-1);
    const { priorityFees, mev } = sent.execution as { priorityFees: string; mev: string };
    const execution = BigInt(priorityFees) + BigInt(mev);
    const reward = (sent.validators as { reward: string }[]).reduce((sum, v) => sum + BigInt(v.reward), execution);
    await this.hear(ReportsProcessor, 'applied', {
      reportId: sent.reportId,
      poolId: POOL,
      number: sent.number,
      poolAssets: '1',
      poolShares: '1',
      rewardIndex: '1',
      reward: reward.toString(),
      commission: commission.toString(),
    });
  }
  async refused(code = 'report.inconsistent'): Promise<void> {
    const sent = (await this.said('report.apply@1')).at(-1);
    await this.hear(ReportsProcessor, 'refused', { reportId: sent.reportId, poolId: POOL, number: sent.number, code, detail: 'no' });
  }

  /** Compliance has said what a client is. */
  standing({ uuid }: Person, state: 'approved' | 'closed', version = 2): Promise<void> {
    const may = state === 'approved';
    const standing = {
      clientId: uuid,
      version,
      state,
      mayDeposit: may,
      mayStake: may,
      mayUnstake: may,
      mayWithdraw: may,
      clientClass: 'retail',
    };
    return this.hear(StandingProcessor, 'changed', standing);
  }
  /** A client says what shall be done with its rewards. */
  async prefer(who: Person, body: object): Promise<void> {
    const { status, text } = await this.call(who, 'PUT', '/v1/rewards/preferences', { asset: 'ETH', ...body });
    if (status !== 200) throw new Error(text);
  }

  /** The next occurrence of the schedule; the first look makes the schedule. */
  async plan(afterMs = 60_000): Promise<void> {
    await this.service(RewardsSchedules).plan();
    this.clock.advance(afterMs);
    await this.service(RewardsSchedules).plan();
  }
  verify(): Promise<void> {
    return this.service(RewardsSchedules).verify();
  }
  /** Staking has settled for the run that asked last, and the second worker has looked at what was drawn up. */
  async settled(): Promise<string> {
    const { runId } = (await this.said('settlement.request@1')).at(-1);
    await this.settle(runId);
    await this.verify();
    return runId as string;
  }
  settle(runId: string): Promise<void> {
    return this.hear(PayoutsProcessor, 'settled', { runId, poolId: POOL, holders: 1 });
  }
  posting(): PostingService {
    return this.service(PostingService);
  }
  async runRow(id: string): Promise<Record<string, unknown> & { state: string; total: Amount }> {
    const [row] = await this.query<Record<string, unknown> & { state: string; total: Amount }>(
      'SELECT * FROM rewards.payout_run WHERE id = $1',
      [id],
    );
    if (!row) throw new Error('no such run');
    return row;
  }
  /** Treasury releases a run that is above the limit. */
  async release(run: string): Promise<void> {
    const { dry_run_hash } = await this.runRow(run);
    const body = { dry_run_hash, comment: 'as expected' };
    const { status, text } = await this.call(await this.staff('treasury'), 'POST', `/v1/rewards/payout-runs/run_${run}/release`, body);
    if (status !== 200) throw new Error(text);
  }
  /** From a plan to the end of its run. */
  async payOut(): Promise<string> {
    await this.plan();
    const id = await this.settled();
    await this.posting().postAll();
    return id;
  }
  /** Every entity and asset sums to zero. */
  async closes(): Promise<void> {
    const sums = new Map<string, bigint>();
    for (const row of await this.run(trialBalance))
      sums.set(`${row.entity}/${row.asset}`, (sums.get(`${row.entity}/${row.asset}`) ?? 0n) + row.balance);
    expect([...sums.values()].every((sum) => sum === 0n)).toBe(true);
  }
}
