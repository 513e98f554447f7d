import { asset, formatDecimal, publicId } from '#kernel';
import type { Person } from '#testing';
import { POOLS } from './law.js';
import type { Client, Officers } from './people.js';
import type { Random } from './random.js';
import type { Happened } from './story.js';
import type { RoomName, World } from './world.js';

const ETH = 10n ** 18n;
/** A pool stays paused for so many days. */
const PAUSE_DAYS = 6;

/** What people decide: two of them wherever it takes two. */
export class Desk {
  private readonly pausedSince = new Map<string, number>();
  private readonly reimbursed = new Set<string>();

  constructor(
    private readonly world: World,
    private readonly random: Random,
    private readonly happened: Happened,
    private readonly officers: Officers,
    private readonly days: number,
  ) {}

  async day(day: number, clients: readonly Client[]): Promise<void> {
    if (day === this.part(10)) await this.fundCovers();
    if (day === this.part(6)) await this.offerInstantExits();
    if (day === this.part(5)) await this.setFees(clients);
    await this.attribute();
    await this.lookAtHeldReports();
    await this.carryLosses();
    await this.endPauses(day);
    if (day % 30 === 29 || day === this.days - 1) {
      await this.reimburse();
      await this.payOut();
    }
  }
  private part(of: number): number {
    return Math.max(1, Math.floor(this.days / of));
  }

  // --- money of the house and of operators, given irrevocably

  private async omnibus(): Promise<string> {
    const [row] = await this.world.sql<{ address: string }>(`SELECT address FROM custody.wallet WHERE role = 'omnibus'`);
    if (!row) throw new Error('there is no omnibus wallet');
    return row.address;
  }
  private gifts: { to: string; operator_id?: string; pool_id?: string }[] = [];

  private async give(to: (typeof this.gifts)[0], wei: bigint): Promise<void> {
    await this.world.chain.control('fund', { address: await this.omnibus(), wei: wei.toString() });
    this.gifts.push(to);
  }
  /** Less than a slashing takes, so that every step of the waterfall is walked. */
  private async fundCovers(): Promise<void> {
    await this.give({ to: 'operator_bond', operator_id: 'house-1' }, ETH / 500n + 7n);
    await this.give({ to: 'cover_fund' }, ETH / 300n + 3n);
    await this.give({ to: 'first_loss' }, ETH / 400n + 1n);
  }
  private async offerInstantExits(): Promise<void> {
    for (const { pool } of POOLS) {
      await this.give({ to: 'instant_buffer', pool_id: pool }, 12n * ETH);
      const terms = { enabled: true, min_spread_bps: 5, max_spread_bps: 150, full_buffer_atomic: (12n * ETH).toString() };
      await this.twoDecide({ kind: 'instant_terms', pool_id: pool, terms });
    }
  }

  /** What arrived without an owner is given to whom it was meant for, first come first. */
  private async attribute(): Promise<void> {
    if (this.gifts.length === 0) return;
    const [maker, checker] = this.officers.officers;
    const listed = await this.world.ask('custody', maker, 'GET', '/v1/custody/unattributed?state=open&limit=50');
    const { data } = listed.body as { data: { id: string; version: number }[] };
    for (const { id } of [...data].reverse()) {
      const to = this.gifts.shift();
      if (!to) return;
      const url = `/v1/custody/unattributed/${id}`;
      const proposed = await this.must('custody', maker, `${url}/proposals`, { ...to, reason: 'as announced by the treasury' });
      const { version } = proposed as { version: number };
      await this.must('custody', checker, `${url}/approval`, { reason: 'compared with the announcement', version });
      this.happened.decisions++;
    }
  }

  // --- fees and tiers

  private async setFees(clients: readonly Client[]): Promise<void> {
    const [now] = await this.world.sql<{ soon: Date }>(`SELECT now() + interval '2 seconds' AS soon`);
    const effective_at = now?.soon.toISOString();
    for (const { pool } of POOLS)
      await this.twoDecide({ kind: 'fee_schedule', pool_id: pool, terms: { tier: 'private', commission_bps: 350, effective_at } });
    for (const client of clients) {
      if (!this.random.chance(0.15)) continue;
      await this.twoDecide({ kind: 'client_tier', terms: { client_id: publicId('client', client.uuid), tier: 'private' } });
      this.happened.tiers++;
    }
  }

  // --- reports and losses

  private async lookAtHeldReports(): Promise<void> {
    for (const { id } of await this.world.sql<{ id: string }>(
      `SELECT id FROM rewards.report WHERE state = 'held' ORDER BY pool_id, number`,
    )) {
      this.happened.heldReports++;
      const url = `/v1/rewards/reports/${publicId('report', id)}`;
      for (const person of this.officers.treasury) {
        const shown = await this.world.ask('rewards', person, 'GET', url);
        const { content_hash } = shown.body as { content_hash: string };
        await this.must('rewards', person, `${url}/approve`, { comment: 'compared with the chain', content_hash });
      }
      await this.world.settle();
    }
  }

  private async carryLosses(): Promise<void> {
    const open = await this.world.sql<{ pool: string; loss: string }>(
      `SELECT pool_id AS pool, details->>'loss_atomic' AS loss FROM staking.incident WHERE kind = 'report.loss_held' AND state = 'open' ORDER BY 1`,
    );
    for (const { pool, loss } of open) await this.twoDecide({ kind: 'carry_loss', pool_id: pool, amount_atomic: loss });
  }

  private async endPauses(day: number): Promise<void> {
    const paused = await this.world.sql<{ pool: string }>(
      `SELECT id AS pool FROM staking.pool WHERE bunker_from_place IS NOT NULL ORDER BY id`,
    );
    for (const { pool } of paused) {
      const since = this.pausedSince.get(pool) ?? day;
      this.pausedSince.set(pool, since);
      if (day - since < PAUSE_DAYS) continue;
      await this.twoDecide({ kind: 'bunker_leave', pool_id: pool, terms: {} });
      this.pausedSince.delete(pool);
      this.happened.pauses++;
    }
  }

  /** Half of what a pool bore of a slashing comes back: to those who held then. */
  private async reimburse(): Promise<void> {
    const losses = await this.world.sql<{ id: string; pool: string; clients: string }>(
      `SELECT id, pool_id AS pool, of_clients::text AS clients FROM staking.loss WHERE of_clients > 1000 ORDER BY at, id`,
    );
    for (const { id, pool, clients } of losses) {
      if (this.reimbursed.has(id)) continue;
      const [fund] = await this.world.sql<{ left: string }>(
        `SELECT coalesce(sum(b.balance), 0)::text AS left FROM ledger.balance b JOIN ledger.account a ON a.id = b.account_id
           JOIN ledger.account_kind k ON k.code = a.kind WHERE k.name = 'cover.fund'`,
      );
      const half = BigInt(clients) / 2n;
      const units = half < BigInt(fund?.left ?? '0') ? half : BigInt(fund?.left ?? '0');
      if (units === 0n) {
        // the treasury fills the fund again
        await this.give({ to: 'cover_fund' }, half + ETH / 200n);
        return;
      }
      this.reimbursed.add(id);
      const sources = [{ from: 'cover_fund', amount_atomic: units.toString() }];
      await this.twoDecide({ kind: 'recovery', pool_id: pool, terms: { loss_id: id, sources } });
      await this.world.settle();
      this.happened.reimbursements++;
    }
  }

  private async payOut(): Promise<void> {
    const { world, happened } = this;
    const [maker, checker] = this.officers.treasury;
    const planned = await world.ask('rewards', maker, 'POST', '/v1/rewards/payout-runs', { pool_id: 'eth-payout-1' });
    if (planned.status >= 400) return;
    await world.settle();
    const id = (planned.body as { id: string }).id;
    const [run] = await world.sql<{ state: string; hash: string }>(
      'SELECT state, dry_run_hash AS hash FROM rewards.payout_run WHERE id = $1',
      [id.replace(/^run_/, '')],
    );
    const release = { comment: 'the lines are right', dry_run_hash: run?.hash ?? '' };
    if (run?.state === 'dry_run') await this.must('rewards', checker, `/v1/rewards/payout-runs/${id}/release`, release);
    await world.settle();
    happened.payoutRuns++;
  }

  // --- how people ask

  private async twoDecide(wish: object): Promise<void> {
    const [maker, checker] = this.officers.officers;
    const proposed = await this.must('staking', maker, '/v1/staking/proposals', { ...wish, comment: 'as agreed' });
    const { id } = proposed as { id: string };
    await this.must('staking', checker, `/v1/staking/proposals/${id}/approve`, { comment: 'looked at it too' });
    this.happened.decisions++;
  }

  private async must(room: RoomName, who: Person, url: string, body: object): Promise<unknown> {
    const answer = await this.world.ask(room, who, 'POST', url, body);
    if (answer.status >= 400) throw new Error(`${url} ${JSON.stringify(body)}: ${answer.text}`);
    return answer.body;
  }
}

/** Decimal ETH for a request. */
export const ether = (wei: bigint): string => formatDecimal(asset('ETH'), wei);
