/** A pool in PostgreSQL, through the services and over HTTP, beside the independent model of it. */
import { amount, formatDecimal, asset, newUuid, type AssetCode } from '#kernel';
import { balanceOf, type AccountKindName } from '#ledger';
import type { Person } from '#testing';
import { saveTier } from '../fees/fee-schedule.store.js';
import { enterBunker, leaveBunker } from '../losses/bunker.store.js';
import { CREDENTIALS, ETH, OpenStaking, POOL, VAULT } from '../staking.spec-support.js';
import { TransactionsProcessor } from '../transactions/transactions.processor.js';
import { CONFIG } from '../tokens.js';
import type { StakingConfig } from '../config.js';
import { observed, type Living } from './living.spec-support.js';
import type { Balances, Roundings, Snapshot, Told } from './oracle-facts.spec-support.js';
import { Oracle } from './oracle.spec-support.js';
import type { Mode } from './pool.js';
import { lockPool, surroundingsOf } from './pools.store.js';
import { RateStandingProcessor } from './rate-standing.processor.js';
import { RebatesService } from './rebates.service.js';
import { people, type Played } from './steps.spec-support.js';
import { TierChanges } from './tier-changes.service.js';
import { VaultProcessor } from './vault.processor.js';
import type { Wish } from './wish.spec-support.js';

const places = {
  payout: { poolId: POOL, product: 'eth-payout', shares: 'ETH-PAYOUT-1' },
  compound: { poolId: 'eth-compound-1', product: 'eth-compound', shares: 'ETH-COMPOUND-1' },
} as const;
const SIZE = 32n * ETH;
const ENV = {
  ...{
    DEPOSIT_PROTECTION: 'head_checks',
    MINIMUM_STAKE: '1',
    MINIMUM_UNSTAKE: '1',
    BUNKER_LOSS_BPS: '10000',
    REBATE_MIN: '0',
    COMMISSION_BPS: '1500',
  },
  ...{ REBATE_EVERY_MS: '0', SETTLE_EXITS_EVERY_MS: '0', DISTRIBUTE_EVERY_MS: '0' },
};

export class DatabaseWorld implements Played {
  readonly oracle: Oracle;
  reports = 0;
  refused = 0;
  private until: bigint | null = null;
  private readonly sent = new Set<string>();

  private constructor(
    readonly s: OpenStaking,
    readonly mode: Mode,
    private readonly persons: ReadonlyMap<string, Person>,
    private readonly fees: ReadonlyMap<string, number>,
    roundings?: Roundings,
  ) {
    this.oracle = new Oracle(mode, 1n, roundings);
  }

  static async open(mode: Mode, fees: ReadonlyMap<string, number>, roundings?: Roundings): Promise<DatabaseWorld> {
    const s = await OpenStaking.ready(ENV);
    const { poolId, product } = places[mode];
    s.poolId = poolId;
    if (poolId !== POOL) {
      await s.hear(VaultProcessor, 'opened', { walletId: newUuid(), chain: 'ethereum', role: 'vault', address: VAULT, poolId });
      await s.query(
        `INSERT INTO staking.disclosure SELECT $1, version, hash, published_at FROM staking.disclosure WHERE product_id = 'eth-payout'`,
        [product],
      );
      await s.schedules().allocate();
    }
    for (const [tier, bps] of fees)
      await s.query(
        `INSERT INTO staking.fee_schedule (product_id, tier, version, commission_bps, effective_at, created_at) VALUES ($1, $2, 2, $3, $4, $4)`,
        [product, tier, bps, s.clock.now()],
      );
    const persons = new Map<string, Person>();
    for (const name of people) persons.set(name, await s.client());
    await s.query(
      `INSERT INTO staking.acknowledgement SELECT client_id, $1, version, hash, at FROM staking.acknowledgement WHERE product_id = 'eth-payout' ON CONFLICT DO NOTHING`,
      [product],
    );
    return new DatabaseWorld(s, mode, persons, fees, roundings);
  }

  private get place(): (typeof places)[Mode] {
    return places[this.mode];
  }
  person(name: string): Person {
    const found = this.persons.get(name);
    if (!found) throw new Error(`nobody is ${name}`);
    return found;
  }
  private balance(kind: AccountKindName, owner: string, of: AssetCode = 'ETH'): Promise<bigint> {
    return this.s.run((em) => balanceOf(em, { kind, owner, asset: of }));
  }

  async stake(name: string, millionths: number): Promise<void> {
    const units = (BigInt(millionths) * ETH) / 2_000_000n; // less than a validator at once
    const person = this.person(name);
    await this.s.fund(person, units);
    const body = { product_id: this.place.product, amount: formatDecimal(asset('ETH'), units) };
    const reply = await this.s.call(person, 'POST', '/v1/staking/stakes', body);
    if (reply.status !== 202) throw new Error(reply.text);
    this.oracle.staked(name, units);
  }

  async unstake(name: string, percent: number): Promise<void> {
    const person = this.person(name);
    const free = await this.balance('client.shares', person.uuid, this.place.shares);
    const locked = (free * BigInt(percent)) / 100n;
    if (locked === 0n) return;
    const body = { product_id: this.place.product, shares: formatDecimal(asset('ETH'), locked) };
    const reply = await this.s.call(person, 'POST', '/v1/staking/unstakes', body);
    // while a rate may not be traded on, or shares are worth nothing, nobody is let out
    if (reply.status === 202) this.oracle.left(name, locked);
    else if (reply.status >= 500) throw new Error(reply.text);
  }

  async cancel(name: string): Promise<void> {
    const person = this.person(name);
    const [exit] = await this.s.query<{ id: string }>(
      `SELECT order_id AS id FROM staking.exit_request WHERE pool_id = $1 AND client_id = $2 AND state = 'waiting' ORDER BY seq DESC LIMIT 1`,
      [this.place.poolId, person.uuid],
    );
    if (!exit) return;
    const reply = await this.s.call(person, 'POST', `/v1/staking/operations/op_${exit.id}/cancel`);
    if (reply.status >= 300) throw new Error(reply.text);
    this.oracle.cancelled(name);
  }

  async allocate(): Promise<void> {
    const { s } = this;
    await s.schedules().allocate();
    await s.signKeys();
    await s.schedules().allocate();
    const batches = await s.query<{ id: string; fill: string }>(
      `SELECT id, fill::text FROM staking.batch WHERE pool_id = $1 AND kind = 'validator'`,
      [this.place.poolId],
    );
    for (const { id, fill } of batches) {
      if (this.sent.has(id)) continue;
      this.sent.add(id);
      this.oracle.filled(BigInt(fill));
    }
  }

  /** All that was asked for is final on chain, and its validators are active. */
  async activate(): Promise<void> {
    const { s } = this;
    for (const request of await s.requested('stake_deposit')) {
      if (this.sent.has(request.requestId)) continue;
      this.sent.add(request.requestId);
      const hash = await s.sign(request.requestId, 'stake_deposit');
      await s.book(['stake.send', null, BigInt(request.amount)]);
      const said = { requestId: request.requestId, transactionId: newUuid(), purpose: 'stake_deposit', transactionHash: hash };
      await s.hear(TransactionsProcessor, 'finalised', { ...said, blockNumber: '1', succeeded: true });
      s.chain.sees(request.deposit.pubkey, CREDENTIALS, { status: 'active', balance: amount(SIZE) });
    }
    await s.schedules().watch();
    await s
      .query(
        `UPDATE staking.validator SET operator_id = CASE WHEN get_byte(sha256(pubkey::bytea), 0) % 2 = 0 THEN 'operator-0' END WHERE NOT reported`,
      )
      .catch(() => []);
  }

  async move(name: string, tier: string): Promise<void> {
    const { uuid } = this.person(name);
    await this.s.run(async (em) => {
      await saveTier(em, uuid, tier, newUuid(), this.s.clock.now());
      await this.s.service(TierChanges).change(em, uuid, tier, newUuid(), this.s.clock.now());
    });
    this.oracle.moved(name, tier);
  }

  async cover(to: 'operator-0' | 'operator-1' | 'fund' | 'first', millionths: number): Promise<void> {
    const units = (BigInt(millionths) * ETH) / 1_000_000n + 1n;
    await this.s.book(['deposit.unattributed', null, units]);
    if (to === 'fund') await this.s.book(['unattributed.to_cover_fund', null, units]);
    else if (to === 'first') await this.s.book(['unattributed.to_first_loss', null, units]);
    else await this.s.book(['unattributed.to_operator_bond', to, units]);
  }

  async pause(): Promise<void> {
    if (this.until !== null) return;
    await this.s.run(async (em) => {
      const held = await lockPool(em, this.place.poolId);
      await enterBunker(em, held, { at: this.s.clock.now(), reason: 'a test' });
      this.until = held.row.bunkerFromPlace;
    });
    if (this.until !== this.oracle.nextPlace) throw new Error(`the queue waits from ${String(this.until)}, not ${this.oracle.nextPlace}`);
  }
  async resume(): Promise<void> {
    if (this.until === null) return;
    await this.s.run(async (em) => leaveBunker(em, await lockPool(em, this.place.poolId), { at: this.s.clock.now(), reason: 'a test' }));
    this.until = null;
  }

  async report(wish: Wish): Promise<void> {
    const { s } = this;
    if (wish.slashed > 0)
      await s.query(
        `UPDATE staking.validator SET state = 'slashed' WHERE state = 'active' AND pubkey =
           (SELECT pubkey FROM staking.validator WHERE pool_id = $1 AND state <> 'withdrawn' ORDER BY pubkey LIMIT 1)`,
        [this.place.poolId],
      );
    const living = await this.living();
    const seen = living.map((v, i) => observed(v, i, wish));
    const executed = wish.executed === 0 ? 0n : (BigInt(wish.executed) * ETH) / 1_000_000n;
    const number = (await this.row()).report_number;
    s.room.app.get<StakingConfig>(CONFIG, { strict: false }).NETTING = wish.netting ? 'on' : 'off';
    await this.stands(wish.late ? 'late' : 'current', number + 1);
    const told = await this.told(living, seen, executed, wish);
    await s.report(seen, { fees: executed });
    await this.stands('current', number + 1);
    if ((await this.row()).report_number === number) {
      this.refused++; // what came with it waits in the clearing accounts
      return;
    }
    this.reports++;
    this.oracle.report(told, (await this.row()).collected);
    if (!wish.late) this.oracle.paid(1_000_000);
  }

  private async told(living: readonly Living[], seen: ReturnType<typeof observed>[], executed: bigint, wish: Wish): Promise<Told> {
    const poolId = this.place.poolId;
    const bond = async (id: string): Promise<[string, bigint]> => [id, await this.balance('cover.operator_bond', id)];
    const stakes = await this.s.query<{ client_id: string; units: string }>(
      'SELECT client_id, unallocated::text AS units FROM staking.orders WHERE pool_id = $1 AND unallocated > 0 ORDER BY place',
      [poolId],
    );
    const entries = await this.s.query<{ client_id: string; units: string }>(
      `SELECT o.client_id, p.amount::text AS units FROM staking.order_part p JOIN staking.batch b ON b.id = p.batch_id JOIN staking.orders o ON o.id = p.order_id
        WHERE b.pool_id = $1 AND b.state = 'active' AND p.state = 'activating' ORDER BY o.place, p.id`,
      [poolId],
    );
    const named = (rows: readonly { client_id: string; units: string }[]) =>
      rows.map((row) => ({ clientId: this.nameOf(row.client_id), amount: BigInt(row.units) }));
    return {
      changes: seen.map((o, i) => ({
        ...{ pubkey: o.pubkey, change: o.reward, withdrawn: o.withdrawn, emptied: o.emptied },
        ...{ slashed: living[i]?.slashed ?? false, operator: living[i]?.operator ?? null },
      })),
      ...{
        executed,
        fees: this.fees,
        current: !wish.late,
        until: this.until,
        netting: wish.netting,
        entries: wish.late ? [] : named(entries),
      },
      covers: {
        bonds: new Map([await bond('operator-0'), await bond('operator-1')]),
        fund: await this.balance('cover.fund', 'ethereum'),
        firstLoss: await this.balance('cover.first_loss', 'ethereum'),
      },
      stakes: named(stakes),
    };
  }

  private stands(standing: 'current' | 'late', number: number): Promise<void> {
    return this.s.hear(RateStandingProcessor, 'standing', { poolId: this.place.poolId, number, standing });
  }
  private nameOf(uuid: string): string {
    return [...this.persons].find(([, person]) => person.uuid === uuid)?.[0] ?? uuid;
  }

  pay(): void {
    // a report pays at once what is few
  }
  restart(): void {
    // nothing is kept but in the database
  }
  async settle(): Promise<void> {
    if (this.mode === 'payout') return this.s.settle();
    const before = new Map<string, bigint>();
    for (const [name, { uuid }] of this.persons) before.set(name, await this.balance('client.available', uuid));
    await this.s.service(RebatesService).payAll(this.place.poolId);
    for (const [name, { uuid }] of this.persons) {
      const got = (await this.balance('client.available', uuid)) - (before.get(name) ?? 0n);
      this.oracle.sees(name, this.oracle.holder(name).got + got);
    }
  }

  async check(): Promise<void> {
    await this.s.closes();
    this.oracle.compare(await this.snapshot());
  }

  private async living(): Promise<Living[]> {
    const rows = await this.s.query<{ pubkey: string; booked: string; principal: string; state: string; operator_id: string | null }>(
      `SELECT pubkey, booked::text, principal::text, state, operator_id FROM staking.validator WHERE pool_id = $1 AND state <> 'withdrawn' ORDER BY pubkey`,
      [this.place.poolId],
    );
    return rows.map((row) => ({
      ...{ pubkey: row.pubkey, booked: BigInt(row.booked), principal: BigInt(row.principal) },
      ...{ slashed: row.state === 'slashed', operator: row.operator_id },
    }));
  }

  private async row(): Promise<Snapshot['pool'] & { report_number: number }> {
    const [row] = await this.s.query<Record<string, string>>(
      `SELECT assets, shares, fixed_shares AS fixed, leaving_shares AS leaving, surplus, carried_reward AS carried, loss_carried AS loss, buffer, credited,
         collected, report_number FROM staking.pool WHERE id = $1`,
      [this.place.poolId],
    );
    const { report_number: number, ...units } = row ?? {};
    const whole = Object.fromEntries(Object.entries(units).map(([name, value]) => [name, BigInt(value)]));
    return { ...(whole as Snapshot['pool']), report_number: Number(number) };
  }

  private async snapshot(): Promise<Snapshot> {
    const clients = new Map<string, Balances>();
    for (const [name, { uuid }] of this.persons) {
      const of = (kind: AccountKindName): Promise<bigint> => this.balance(kind, uuid);
      const [shares, locked] = await Promise.all([
        this.balance('client.shares', uuid, this.place.shares),
        this.balance('client.shares_locked', uuid, this.place.shares),
      ]);
      const entering = (await of('client.reserved')) + (await of('client.staking'));
      clients.set(name, { available: await of('client.available'), entering, shares, locked, rewards: await of('client.rewards') });
    }
    const owed = await this.s.query<{ client_id: string; owed: string }>(
      `SELECT h.client_id, ((t.reward_index - h.index_paid) * h.shares + h.remainder)::text AS owed FROM staking.holder h
         JOIN staking.pool_tier t ON t.pool_id = h.pool_id AND t.tier = h.tier WHERE h.pool_id = $1`,
      [this.place.poolId],
    );
    const around = await this.s.run((em) => surroundingsOf(em, this.place.poolId));
    return { pool: await this.row(), clients, owed: new Map(owed.map((row) => [this.nameOf(row.client_id), BigInt(row.owed)])), ...around };
  }
}
