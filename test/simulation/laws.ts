/**
 * The audit of a simulation, from outside: the ledger's own lines are added up anew, the chain is asked for what it holds, and what each report
 * did is worked out a second time with fractions that are never rounded but where the design says so. None of the code of the rooms is used.
 */
import { chainAgrees } from './chain-audit.js';
import { Journal } from './journal.js';
import { holds, LawBroken, POOLS, same, type PoolName, type ReportRow } from './law.js';
import { auditReport, type Audited } from './report-audit.js';
import type { PoolRow } from './table.js';
import type { World } from './world.js';

const INDEX_SCALE = 10n ** 27n;

interface Totals {
  rewards: bigint;
  commission: bigint;
  losses: bigint;
  /** Of the losses: what left with those who bore it. */
  gone: bigint;
  covered: bigint;
  netted: bigint;
}

export class Laws {
  checks = 0;
  private readonly journal: Journal;
  private readonly audited = new Map<string, Audited>();
  private readonly totals = new Map<string, Totals>();

  constructor(private readonly world: World) {
    this.journal = new Journal(world);
  }

  /** Throws LawBroken at the first that does not hold. */
  async check(day: number): Promise<void> {
    try {
      await this.journal.read();
      this.booksClose();
      for (const pool of POOLS) {
        await this.reports(pool);
        await this.shares(pool);
        await this.poolCloses(pool);
        await this.rewardsAreAllThere(pool);
        await this.queue(pool);
      }
      await chainAgrees(this.world, this.journal);
      await this.payouts();
      this.checks++;
    } catch (error) {
      if (error instanceof LawBroken) error.message = `day ${day + 1}: ${error.message}`;
      throw error;
    }
  }

  /** Double entry and floors, by our own addition; and the same as the ledger says. */
  private booksClose(): void {
    for (const asset of ['ETH', ...POOLS.map(({ shares }) => shares)]) {
      let sum = 0n;
      for (const [account, units] of this.journal.balances) if (account.endsWith(` ${asset}`)) sum += units;
      same(`${asset} sums to zero`, sum, 0n);
    }
    const owed = /^(client|trust\.(fee|gas|unattributed)|cover|run)\b/;
    for (const [account, units] of this.journal.balances)
      holds('nobody is owed less than nothing', !(owed.test(account) && units < 0n), { account, units });
  }

  private async reports(pool: PoolName): Promise<void> {
    const rows = await this.world.sql<ReportRow>(
      `SELECT number, report_id AS "reportId", assets::text, shares::text, reward::text, commission::text, rebate::text, covered::text,
              loss_carried::text AS "lossCarried", set_aside::text AS "setAside", netted::text, to_slot::text AS "toSlot", to_epoch::text AS "toEpoch", applied_at AS "appliedAt", closed_at AS "closedAt"
         FROM staking.pool_report WHERE pool_id = $1 AND number > $2 ORDER BY number`,
      [pool.pool, this.audited.get(pool.pool)?.number ?? 0],
    );
    for (const row of rows) {
      const before = this.audited.get(pool.pool) ?? null;
      same(`A6 ${pool.pool}: reports come once and in order`, BigInt(row.number), BigInt((before?.number ?? 0) + 1));
      const audited = await auditReport(this.world, this.journal, pool, row, before);
      this.audited.set(pool.pool, audited);
      const totals = this.totals.get(pool.pool) ?? { rewards: 0n, commission: 0n, losses: 0n, gone: 0n, covered: 0n, netted: 0n };
      totals.rewards += audited.reward;
      totals.commission += audited.commission;
      totals.losses += audited.losses;
      totals.gone += audited.gone;
      totals.covered += audited.covered;
      totals.netted += BigInt(row.netted);
      this.totals.set(pool.pool, totals);
    }
  }

  /** A1, and that holders and tiers say the same as the ledger. */
  private async shares({ pool, shares }: PoolName): Promise<void> {
    const issued = -this.journal.balance('pool.share_issue', pool, shares);
    const held = this.journal.sum('client.shares', shares) + this.journal.sum('client.shares_locked', shares);
    same(`A1 ${pool}: clients' shares are all shares`, held + this.journal.balance('pool.instant_shares', pool, shares), issued);
    const [row] = await this.world.sql<Record<'shares' | 'leaving' | 'fixed' | 'holders' | 'tiers', string>>(
      `SELECT p.shares::text, p.leaving_shares::text AS leaving, p.fixed_shares::text AS fixed,
              (SELECT coalesce(sum(h.shares), 0) FROM staking.holder h WHERE h.pool_id = p.id)::text AS holders,
              (SELECT coalesce(sum(t.shares), 0) FROM staking.pool_tier t WHERE t.pool_id = p.id)::text AS tiers
         FROM staking.pool p WHERE p.id = $1`,
      [pool],
    );
    if (!row) throw new LawBroken(`${pool} is gone`);
    same(`A1 ${pool}: S and what leaves is what was issued`, BigInt(row.shares) + BigInt(row.leaving), issued);
    same(`A1 ${pool}: holders earn what is not leaving`, BigInt(row.holders), BigInt(row.shares) - BigInt(row.fixed));
    same(`A1 ${pool}: tiers hold what holders do`, BigInt(row.tiers), BigInt(row.holders));
  }

  /** A2: what is owed is what is there. */
  private async poolCloses({ pool }: PoolName): Promise<void> {
    const [row] = await this.world.sql<
      Record<'assets' | 'credited' | 'collected' | 'buffer' | 'loss' | 'surplus' | 'booked' | 'fill' | 'unminted', string>
    >(
      `SELECT p.assets::text, p.credited::text, p.collected::text, p.buffer::text, p.loss_carried::text AS loss, p.surplus::text,
              (SELECT coalesce(sum(v.booked), 0) FROM staking.validator v WHERE v.pool_id = p.id)::text AS booked,
              (SELECT coalesce(sum(b.fill), 0) FROM staking.batch b WHERE b.pool_id = p.id AND b.state NOT IN ('active', 'written_off', 'dissolved', 'failed'))::text AS fill,
              (SELECT coalesce(sum(o.amount), 0) FROM staking.order_part o JOIN staking.batch b ON b.id = o.batch_id
                WHERE b.pool_id = p.id AND b.state = 'active' AND o.state = 'activating')::text AS unminted
         FROM staking.pool p WHERE p.id = $1`,
      [pool],
    );
    if (!row) throw new LawBroken(`${pool} is gone`);
    const n = (name: keyof typeof row): bigint => BigInt(row[name]);
    same(
      `A2 ${pool}: owed and there`,
      n('assets') + n('credited') - n('collected'),
      n('buffer') + n('fill') + n('booked') - n('unminted') + n('loss'),
    );
    same(`A2 ${pool}: A`, this.journal.balance('pool.staked', pool), n('assets') + n('surplus'));
    same(`A2 ${pool}: loss carried`, -this.journal.balance('pool.loss_carried', pool), n('loss'));
    same(`A2 ${pool}: protocol withdrawals are classified`, this.journal.balance('pool.protocol_withdrawal', pool) < 0n ? 1n : 0n, 0n);
  }

  /** A8: every unit that was observed was credited, charged, carried or is still owed, to the last fraction. */
  private async rewardsAreAllThere({ pool, mode }: PoolName): Promise<void> {
    const totals = this.totals.get(pool);
    if (!totals) return;
    const [row] = await this.world.sql<Record<'unsettled' | 'remainders' | 'carried' | 'credited' | 'collected' | 'loss', string>>(
      `SELECT (SELECT coalesce(sum((t.reward_index - h.index_paid) * h.shares + h.remainder), 0) FROM staking.holder h
                 JOIN staking.pool_tier t ON t.pool_id = h.pool_id AND t.tier = h.tier WHERE h.pool_id = p.id)::text AS unsettled,
              (SELECT coalesce(sum(t.index_remainder), 0) FROM staking.pool_tier t WHERE t.pool_id = p.id)::text AS remainders,
              p.carried_reward::text AS carried, p.credited::text, p.collected::text, p.loss_carried::text AS loss FROM staking.pool p WHERE p.id = $1`,
      [pool],
    );
    if (!row) throw new LawBroken(`${pool} is gone`);
    const payable = this.journal.balance('pool.rewards_payable', pool) * INDEX_SCALE;
    same(
      `A8 ${pool}: payable to the last fraction`,
      payable,
      BigInt(row.unsettled) + BigInt(row.remainders) + BigInt(row.carried) * INDEX_SCALE,
    );
    holds(`A8 ${pool}: no more collected than credited`, BigInt(row.collected) <= BigInt(row.credited), row);
    holds(`A8 ${pool}: what is payable was collected`, this.journal.balance('pool.collected', pool) >= 0n, row);
    if (mode === 'payout')
      same(`A8 ${pool}: observed`, totals.rewards + totals.covered + totals.gone, BigInt(row.credited) - BigInt(row.loss));
  }

  /** A5: strictly in order, each paid the lesser of two, and no place is passed over. */
  private async queue({ pool }: PoolName): Promise<void> {
    const wrong = await this.world.sql<{ id: string; why: string }>(
      `SELECT r.order_id AS id, 'paid ' || r.payout || ' of ' || r.nominal || ' on ' || g.basis AS why
         FROM staking.exit_request r JOIN staking.exit_range g ON g.pool_id = r.pool_id AND r.place > g.from_place AND r.place <= g.to_place
        WHERE r.pool_id = $1 AND r.state = 'paid'
          AND r.payout <> CASE g.basis WHEN 'nominal' THEN r.nominal ELSE div(r.shares * g.price_value, g.price_shares) END`,
      [pool],
    );
    holds(`A5 ${pool}: the lesser of nominal and value`, wrong.length === 0, { wrong: wrong.slice(0, 3) });
    const late = await this.world.sql<{ id: string }>(
      `SELECT r.order_id AS id FROM staking.exit_request r WHERE r.pool_id = $1 AND r.state = 'paid'
          AND EXISTS (SELECT 1 FROM staking.exit_request e WHERE e.pool_id = r.pool_id AND e.place < r.place AND e.state IN ('waiting', 'fixed')
                        AND NOT EXISTS (SELECT 1 FROM staking.exit_range g WHERE g.pool_id = e.pool_id AND e.place > g.from_place AND e.place <= g.to_place))
        LIMIT 3`,
      [pool],
    );
    holds(`A5 ${pool}: first in, first out`, late.length === 0, { late });
    const [sums] = await this.world.sql<{ n: number }>(
      `SELECT count(*)::int AS n FROM (SELECT cum_shares, cum_nominal, sum(shares) OVER w AS s, sum(nominal) OVER w AS m FROM staking.exit_request
          WHERE pool_id = $1 AND cum_shares IS NOT NULL WINDOW w AS (ORDER BY place)) q WHERE cum_shares <> s OR cum_nominal <> m`,
      [pool],
    );
    same(`A5 ${pool}: the queue's sums`, BigInt(sums?.n ?? 0), 0n);
    const [range] = await this.world.sql<{ units: string }>(
      `SELECT coalesce(sum(set_aside - settled - coalesce(surplus, 0)), 0)::text AS units FROM staking.exit_range WHERE pool_id = $1`,
      [pool],
    );
    same(
      `A5 ${pool}: what is set aside is for those not yet paid`,
      this.journal.balance('pool.exits_payable', pool),
      BigInt(range?.units ?? '0'),
    );
  }

  /** A8: runs that are over have paid what their lines say, and nothing is left in their clearing. */
  private async payouts(): Promise<void> {
    const runs = await this.world.sql<{ id: string; paid: string; lines: string }>(
      `SELECT r.id, r.paid::text, (SELECT coalesce(sum(l.amount), 0) FROM rewards.payout_line l WHERE l.run_id = r.id AND l.state = 'paid')::text AS lines
         FROM rewards.payout_run r WHERE r.state = 'reconciled'`,
    );
    for (const { id, paid, lines } of runs) {
      same(`payout run ${id}: lines`, BigInt(lines), BigInt(paid));
      same(`payout run ${id}: clearing`, this.journal.balance('run.clearing', id), 0n);
      const posted = (this.journal.byReference.get(id) ?? [])
        .filter(({ kind }) => kind === 'payout.pay')
        .reduce((sum, { amount }) => sum + amount, 0n);
      same(`payout run ${id}: posted once`, posted, BigInt(paid));
    }
  }

  async inWords(): Promise<string> {
    const [row] = await this.world.sql<{ validators: number; waiting: number }>(
      `SELECT (SELECT count(*)::int FROM staking.validator WHERE state <> 'withdrawn') AS validators,
              (SELECT count(*)::int FROM staking.exit_request WHERE state IN ('waiting', 'fixed')) AS waiting`,
    );
    const eth = (units: bigint): string =>
      `${units / 10n ** 18n}.${((units < 0n ? -units : units) % 10n ** 18n).toString().padStart(18, '0').slice(0, 3)}`;
    const pools = POOLS.map(
      ({ pool }) => `${pool} A ${eth(this.journal.balance('pool.staked', pool))} ETH, report ${this.audited.get(pool)?.number ?? 0}`,
    );
    return `${pools.join('; ')}; ${row?.validators ?? 0} validators, ${row?.waiting ?? 0} waiting to leave, ${this.journal.lines} transfers, all laws hold`;
  }

  async pools(): Promise<PoolRow[]> {
    const rows: PoolRow[] = [];
    for (const { pool, mode, shares } of POOLS) {
      const totals = this.totals.get(pool) ?? { rewards: 0n, commission: 0n, losses: 0n, gone: 0n, covered: 0n, netted: 0n };
      const lines = [...this.journal.byReference.values()].flat();
      const sum = (kind: string, account: string): bigint =>
        lines
          .filter((line) => line.kind === kind && (line.debit.includes(account) || line.credit.includes(account)))
          .reduce((n, { amount }) => n + amount, 0n);
      const staked = sum('stake.mint', ` ${pool} `) + sum('stake.net', ` ${pool} `);
      const left = sum('exit.set_aside', ` ${pool} `) - sum('exit.surplus', ` ${pool} `);
      const compounded = sum('reward.compound', ` ${pool} `) + sum('execution.compound', ` ${pool} `);
      const settled = sum('reward.settle', ` ${pool} `) + sum('rebate.pay', ` ${pool} `);
      const [dust] = await this.world.sql<{ dust: string }>(
        `SELECT coalesce(sum(index_remainder), 0)::text AS dust FROM staking.pool_tier WHERE pool_id = $1`,
        [pool],
      );
      const payable = this.journal.balance('pool.rewards_payable', pool);
      const kept = compounded + settled + payable + totals.commission - -this.journal.balance('pool.loss_carried', pool) - totals.gone;
      const owed = this.journal.balance('pool.staked', pool) - (staked + compounded - left - totals.gone);
      rows.push({
        ...{
          pool,
          mode,
          staked: staked.toString(),
          left: left.toString(),
          rewards: totals.rewards.toString(),
          commission: totals.commission.toString(),
        },
        ...{
          losses: totals.losses.toString(),
          cover: totals.covered.toString(),
          compounded: compounded.toString(),
          payouts: settled.toString(),
        },
        payable: payable.toString(),
        dustCarried: `${dust?.dust ?? '0'}e-27`,
        shares: (-this.journal.balance('pool.share_issue', pool, shares)).toString(),
        // rewards (net of losses) and cover against what became of them, and A against what came in and went out
        difference: (totals.rewards + totals.covered - kept + owed).toString(),
      });
    }
    return rows;
  }
}
