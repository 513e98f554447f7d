/** What is measured of pools: each once, over all holders of a pool. */
import { amount, newUuid, shares, uuid5, type Clock } from '#kernel';
import { fanOutOf, mustPost, shareOut, type Posting } from '#ledger';
import { Leaving } from '../../apps/staking/pools/leaving.js';
import { lockPool } from '../../apps/staking/pools/pools.store.js';
import { ReportsService } from '../../apps/staking/pools/reports.service.js';
import { SettlementService } from '../../apps/staking/settlement/settlement.service.js';
import type { Bench } from '../row.js';
import { AT, type Pools } from './holders.js';

export const clock: Clock = { now: () => AT };
const CHUNK = 25_000;
const MOST_LINES = 50_000;

/** What every holder is to get, as a report would say it: O(1). */
const raise = (bench: Bench, poolId: string): Promise<object[]> =>
  bench.rows(`UPDATE staking.pool_tier SET reward_index = reward_index + 1234567890123456789012345 WHERE pool_id = '${poolId}'`);

/** Every holder's rewards from the pool to the client's rewards account, by the room's own service. */
export async function settleOnce(bench: Bench, { room }: Pools, poolId: string, chunk = CHUNK): Promise<void> {
  await raise(bench, poolId);
  await room.app.get(SettlementService, { strict: false }).advance({ runId: newUuid(), poolId }, chunk);
}

/** The same with an end in the middle of it: the chunk under way is lost, and another process goes on. */
export async function settleKilled(bench: Bench, { room, staking }: Pools, poolId: string, holders: number, chunk: number): Promise<void> {
  await raise(bench, poolId);
  const service = room.app.get(SettlementService, { strict: false });
  const run = { runId: newUuid(), poolId };
  const next = (em: Parameters<SettlementService['settleAll']>[0]): Promise<boolean> => service['settleNext'](em, run, chunk);
  for (let done = 0; done < holders / 2; done += chunk) await staking.run(next);
  await staking
    .run(async (em) => {
      await next(em);
      throw new Killed();
    })
    .catch((error: unknown) => {
      if (!(error instanceof Killed)) throw error;
    });
  await service.advance(run, chunk);
}
class Killed extends Error {}

/** All that clients have in rewards to what they can use: set aside, paid in chunks, drawn. */
export async function payOnce({ rewards }: Pools, poolId: string): Promise<number> {
  const runId = newUuid();
  const posting = (kind: Posting['kind'], debit: Posting['debit'], credit: Posting['credit'], units: bigint, of: string): Posting => ({
    ...{ key: uuid5(kind, runId, of), kind, debit, credit, amount: amount(units), effectiveAt: AT, reference: runId },
  });
  const [collected, clearing, contra] = [
    { kind: 'pool.collected', owner: poolId, asset: 'ETH' },
    { kind: 'run.clearing', owner: runId, asset: 'ETH' },
    { kind: 'pool.collected_contra', owner: poolId, asset: 'ETH' },
  ] as const;
  let paid = 0;
  for (let after: string | null = null; ;) {
    const chunk: { lines: number; posted: number; last: string | null } = await rewards.run(async (em) => {
      const done = await fanOutOf(
        em,
        { kind: 'payout.pay', asset: 'ETH', effectiveAt: AT, reference: runId },
        {
          sql: 'SELECT owner, balance AS amount FROM ledger.balances_of_kind(5::smallint, 1::smallint, $7::text, $8::int, true)',
          values: [after, CHUNK],
        },
      );
      if (done.total > 0n)
        await mustPost(em, [
          posting('payout.fund', collected, clearing, done.total, String(after)),
          posting('payout.draw', clearing, contra, done.total, String(after)),
        ]);
      return done;
    });
    paid += chunk.posted;
    if (chunk.lines < CHUNK) return paid;
    after = chunk.last;
  }
}

/** An amount over all holders by the largest remainder of their shares, every line written down and paid. */
export async function distributeOnce(bench: Bench, { staking }: Pools, poolId: string): Promise<void> {
  const reference = newUuid();
  await bench.rows('CREATE TABLE IF NOT EXISTS bench.line (owner uuid PRIMARY KEY, amount numeric NOT NULL)');
  await bench.rows('TRUNCATE bench.line');
  const weights = `SELECT client_id AS owner, shares + ('x' || substr(client_id::text, 1, 8))::bit(32)::bigint AS weight FROM staking.holder WHERE pool_id = '${poolId}'`;
  await bench.rows(
    `WITH ${shareOut({ weights, total: '123456789012345678901' })} INSERT INTO bench.line SELECT owner, amount FROM share_out ORDER BY owner`,
  );
  await bench.rows('GRANT USAGE ON SCHEMA bench TO bailee_staking');
  await bench.rows('GRANT SELECT ON bench.line TO bailee_staking');
  for (let after: string | null = null; ;) {
    const done: { seen: number; last: string | null } = await staking.run((em) =>
      fanOutOf(
        em,
        { kind: 'recovery.pay', asset: 'ETH', from: poolId, effectiveAt: AT, reference },
        {
          sql: 'SELECT owner::text, amount FROM bench.line WHERE $7::uuid IS NULL OR owner > $7 ORDER BY bench.line.owner LIMIT $8::int',
          values: [after, MOST_LINES],
        },
      ),
    );
    if (done.seen < MOST_LINES) return;
    after = done.last;
  }
}

/** One report of what came in by blocks, by the room's own service. */
export async function reportOnce({ room, staking }: Pools, poolId: string): Promise<void> {
  const service = room.app.get(ReportsService, { strict: false });
  await staking.run(async (em) => {
    const [row]: { report_number: number }[] = await em.query('SELECT report_number FROM staking.pool WHERE id = $1', [poolId]);
    const number = (row?.report_number ?? 0) + 1;
    const reportId = newUuid();
    await service.apply(em, {
      reportId,
      poolId,
      number,
      fromSlot: String(number * 32),
      toSlot: String(number * 32 + 32),
      toEpoch: String(number + 1),
      toBlock: String(number * 32 + 32),
      toBlockRoot: `0x${reportId.replaceAll('-', '').repeat(2)}`,
      validators: [],
      execution: { priorityFees: '1000000000000000000', mev: '0' },
    });
    const applied: object[] = await em.query('SELECT FROM staking.pool_report WHERE report_id = $1', [reportId]);
    if (applied.length !== 1) throw new Error('the report was not applied');
  });
}

/** So many requests in the exit queue of the pool, fixed by one report at a price of one. */
export async function queueUp(bench: Bench, poolId: string, requests: number): Promise<void> {
  const unit = 10n ** 18n;
  await bench.rows(
    `INSERT INTO staking.exit_group (pool_id, report, price_value, price_shares, end_place, end_shares, end_nominal, requests, fixed_at)
     VALUES ('${poolId}', 1, ${unit}, ${unit}, ${requests}, ${unit * BigInt(requests)}, ${unit * BigInt(requests)}, ${requests}, now())`,
  );
  await bench.rows(
    `INSERT INTO staking.exit_request (order_id, pool_id, place, client_id, shares, accepted_at, state, group_report, nominal, cum_shares, cum_nominal)
     SELECT gen_random_uuid(), '${poolId}', i, gen_random_uuid(), ${unit}, now(), 'fixed', 1, ${unit}, ${unit} * i::numeric, ${unit} * i::numeric FROM generate_series(1, ${requests}) i`,
  );
  await bench.rows('VACUUM ANALYZE staking.exit_request');
}

/** The rate of half the queue made final, as a report does it, by the room's own queue: one range and where it ends. */
export async function finaliseOnce({ room, staking }: Pools, poolId: string, requests: number): Promise<void> {
  const leaving = room.app.get(Leaving, { strict: false });
  const unit = 10n ** 18n;
  const ranges = await staking.run(async (em) =>
    leaving.finalise(
      em,
      await lockPool(em, poolId),
      { value: amount(unit), shares: shares(unit) },
      amount((unit * BigInt(requests)) / 2n),
      null,
    ),
  );
  if (ranges.length !== 1 || ranges[0]?.to.place !== BigInt(requests) / 2n) throw new Error('half of the queue was not finalised');
}
