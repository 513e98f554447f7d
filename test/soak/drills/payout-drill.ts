import 'reflect-metadata';
import { deepStrictEqual, strictEqual } from 'node:assert/strict';
import type { Transactor } from '#database';
import { accept, amount, newUuid, uuid5 } from '#kernel';
import { balanceOf, mustPost, placeHold, trialBalance, type AccountKindName, type Posting, type TransferKindName } from '#ledger';
import { createTestDatabase, drill as killAtEach, type DrillReport, type Moment, type TestDatabase } from '#testing';
import { openWorkers, payOut, POOL, type Workers } from '../../fire/payout.spec-support.js';
import type { PayoutVictim } from '../../fire/payout.victim.js';
import { victim } from './ledger-drill.js';

const HOLDERS = 7;
const EACH = 10n ** 15n;

export interface PayoutDrill {
  /** Which statements; every one unless given. */
  readonly statements?: readonly number[];
  readonly moments?: readonly Moment[];
}

/**
 * kill -9 between any two statements of a payout run, from its drawing to its reconciliation; another process goes on, twice. Every client has
 * what it earned, once; who restakes is asked for once; the one on hold has nothing; the run's clearing is at zero.
 */
export async function drill(options: PayoutDrill = {}): Promise<DrillReport> {
  const database = await createTestDatabase();
  const workers = await openWorkers(database.url('rewards'));
  try {
    const books = await Books.open(database, workers);
    let run = await books.nextRun();
    return await killAtEach<PayoutVictim>({
      ...options,
      script: victim('payout'),
      input: () => ({ url: database.url('rewards'), run }),
      afterwards: async (round) => {
        for (let times = 0; times < 2; times++) await payOut(workers, run);
        await books.check(run, round + 1);
        run = await books.nextRun();
      },
    });
  } finally {
    await workers.close();
    await database.close();
  }
}

class Books {
  private readonly clients = Array.from({ length: HOLDERS }, () => newUuid());

  private constructor(
    private readonly database: TestDatabase,
    private readonly workers: Workers,
    private readonly staking: Transactor,
    private readonly custody: Transactor,
  ) {}

  static async open(database: TestDatabase, workers: Workers): Promise<Books> {
    const books = new Books(database, workers, await database.transactor('staking'), await database.transactor('custody'));
    await database.admin.query(
      `INSERT INTO rewards.pool (id, product_id, chain, asset, share_asset, commission_bps, created_at) VALUES ($1, 'eth-payout', 'ethereum', 'ETH', 'ETH-PAYOUT-1', 0, now())`,
      [POOL],
    );
    const [held, restaking] = books.clients;
    await database.admin.query(
      `WITH said AS (INSERT INTO rewards.preference (client_id, asset, mode, product_id, min_amount, changed_at)
                     VALUES ($1, 'ETH', 'restake', 'eth-payout', 0, now()) RETURNING *)
       INSERT INTO rewards.preference_history (client_id, asset, version, mode, product_id, min_amount, changed_at)
       SELECT client_id, asset, version, mode, product_id, min_amount, changed_at FROM said`,
      [restaking],
    );
    const hold = {
      holdId: newUuid(),
      owner: held ?? '',
      scopes: ['payout'] as const,
      reason: 'drill',
      legalBasis: 'drill',
      placedBy: newUuid(),
    };
    await (await database.transactor('compliance')).run((em) => placeHold(em, hold));
    return books;
  }

  /** Everybody has earned the same, and all of it is collected. */
  async nextRun(): Promise<string> {
    const total = EACH * BigInt(HOLDERS);
    const settled = this.clients.map((id) => posting('reward.settle', ['pool.rewards_payable', POOL], ['client.rewards', id], EACH));
    await this.custody.run((em) =>
      mustPost(em, [posting('protocol.withdraw', ['trust.wallet', newUuid()], ['pool.protocol_withdrawal', POOL], total)]),
    );
    await this.staking.run((em) =>
      mustPost(em, [
        posting('reward.accrue', ['stake.validator', newUuid()], ['pool.rewards_payable', POOL], total),
        posting('reward.collect', ['pool.collected_contra', POOL], ['pool.collected', POOL], total),
        ...settled,
      ]),
    );
    const { transactor, planning } = this.workers;
    return transactor.run(async (em) => accept(await planning.plan(em, POOL, { kind: 'system', id: 'drill' })).id);
  }

  async check(run: string, rounds: number): Promise<void> {
    const { transactor } = this.workers;
    const balance = (kind: AccountKindName, owner: string) => transactor.run((em) => balanceOf(em, { kind, owner, asset: 'ETH' }));
    const paid = EACH * BigInt(rounds);
    const available = await Promise.all(this.clients.map((id) => balance('client.available', id)));
    deepStrictEqual(available, [0n, ...Array.from({ length: HOLDERS - 1 }, () => paid)]);
    strictEqual(await balance('client.rewards', this.clients[0] ?? ''), paid);
    strictEqual(await balance('run.clearing', run), 0n);
    strictEqual(await balance('pool.collected', POOL), paid);
    const [row] = await this.database.admin.query<[{ state: string; asked: number }]>(
      `SELECT state, (SELECT count(*)::int FROM delivery.delivery WHERE message = 'restake.request@1') AS asked FROM rewards.payout_run WHERE id = $1`,
      [run],
    );
    deepStrictEqual(row, { state: 'reconciled', asked: rounds });
    const sums = await transactor.run(trialBalance);
    strictEqual(
      sums.filter(({ asset }) => asset === 'ETH').reduce((sum, line) => sum + line.balance, 0n),
      0n,
    );
  }
}

const posting = (
  kind: TransferKindName,
  debit: readonly [AccountKindName, string],
  credit: readonly [AccountKindName, string],
  units: bigint,
): Posting => ({
  key: newUuid(),
  kind,
  debit: { kind: debit[0], owner: debit[1], asset: 'ETH' },
  credit: { kind: credit[0], owner: credit[1], asset: 'ETH' },
  amount: amount(units),
  effectiveAt: new Date(1_767_600_000_000),
  reference: uuid5('drill', kind),
});
