/** A run's settlement, set-wise: what settle() of holder.ts says of every holder, to the last 10^-27; in chunks that go on wherever they stop. */
import fc from 'fast-check';
import { amount, newUuid, shares } from '#kernel';
import { balanceOf, mustPost } from '#ledger';
import { verify } from '#ledger/verify';
import { OpenStaking, POOL } from '../staking.spec-support.js';
import { INDEX_SCALE, settle, type Holder } from './holder.js';
import { SettlementService } from './settlement.service.js';

let s: OpenStaking;
let service: SettlementService;
beforeAll(async () => {
  s = await OpenStaking.ready({ SETTLE_EVERY_MS: '0' });
  service = s.room.app.get(SettlementService);
}, 60_000);
afterAll(() => s.close());

const admin = () => s.database.admin;

/** Holders as drawn, each tier at an index of its own; the pool owes enough. */
async function hold(holders: readonly Holder[], indexes: ReadonlyMap<string, bigint>): Promise<void> {
  await admin().query('DELETE FROM staking.holder WHERE pool_id = $1', [POOL]);
  for (const [tier, index] of indexes)
    await admin().query(
      `INSERT INTO staking.pool_tier (pool_id, tier, shares, reward_index, index_remainder) VALUES ($1, $2, 0, $3, 0)
       ON CONFLICT (pool_id, tier) DO UPDATE SET reward_index = excluded.reward_index`,
      [POOL, tier, index.toString()],
    );
  await admin().query(
    `INSERT INTO staking.holder (pool_id, client_id, tier, shares, index_paid, remainder)
     SELECT $1, * FROM unnest($2::uuid[], $3::text[], $4::numeric[], $5::numeric[], $6::numeric[])`,
    [
      POOL,
      holders.map((h) => h.clientId),
      holders.map((h) => h.tier),
      holders.map((h) => h.shares.toString()),
      holders.map((h) => h.indexPaid.toString()),
      holders.map((h) => h.remainder.toString()),
    ],
  );
}

async function owe(units: bigint): Promise<void> {
  const staking = await s.database.transactor('staking');
  await staking.run((em) =>
    mustPost(em, [
      {
        key: newUuid(),
        kind: 'reward.accrue',
        debit: { kind: 'stake.validator', owner: newUuid(), asset: 'ETH' },
        credit: { kind: 'pool.rewards_payable', owner: POOL, asset: 'ETH' },
        amount: amount(units),
        effectiveAt: new Date('2026-01-01T00:00:00.000Z'),
        reference: newUuid(),
      },
    ]),
  );
}

const rewardsOf = (clientId: string): Promise<bigint> =>
  s.database.transactor('staking').then((t) => t.read((em) => balanceOf(em, { kind: 'client.rewards', owner: clientId, asset: 'ETH' })));

const drawn = fc.array(
  fc.record({
    tier: fc.constantFrom('standard', 'gold'),
    shares: fc.bigInt({ min: 0n, max: 10n ** 24n }),
    behind: fc.bigInt({ min: 0n, max: 10n ** 27n }),
    remainder: fc.oneof(fc.bigInt({ min: 0n, max: INDEX_SCALE - 1n }), fc.bigInt({ min: INDEX_SCALE, max: INDEX_SCALE * 5n })),
  }),
  { minLength: 1, maxLength: 12 },
);

it('pays and keeps what settle() pays and keeps, in chunks of any size', async () => {
  await owe(10n ** 33n);
  await fc.assert(
    fc.asyncProperty(drawn, fc.integer({ min: 1, max: 5 }), async (rows, size) => {
      const indexes = new Map([
        ['standard', 2n * 10n ** 27n],
        ['gold', 3n * 10n ** 27n],
      ]);
      const holders = rows.map((row): Holder => ({
        clientId: newUuid(),
        tier: row.tier,
        shares: shares(row.shares),
        indexPaid: (indexes.get(row.tier) ?? 0n) - row.behind,
        remainder: row.remainder,
      }));
      await hold(holders, indexes);
      const run = { runId: newUuid(), poolId: POOL };
      await service.advance(run, size);
      let [count, total] = [0, 0n];
      for (const holder of holders) {
        const index = indexes.get(holder.tier) ?? 0n;
        const touched = (holder.shares > 0n && holder.indexPaid < index) || holder.remainder >= INDEX_SCALE;
        const { holder: after, paid } = touched ? settle(holder, index) : { holder, paid: 0n };
        const [row]: { index_paid: string; remainder: string }[] = await admin().query(
          'SELECT index_paid::text, remainder::text FROM staking.holder WHERE pool_id = $1 AND client_id = $2',
          [POOL, holder.clientId],
        );
        expect({
          index: BigInt(row?.index_paid ?? -1),
          remainder: BigInt(row?.remainder ?? -1),
          rewards: await rewardsOf(holder.clientId),
        }).toEqual({
          index: after.indexPaid,
          remainder: after.remainder,
          rewards: paid,
        });
        count += touched ? 1 : 0;
        total += paid;
      }
      const known = await (
        await s.database.transactor('staking')
      ).read((em) => em.query<object[]>('SELECT holders, amount::text FROM staking.settlement WHERE run_id = $1', [run.runId]));
      expect(known).toEqual([{ holders: count, amount: total.toString() }]);
    }),
    { numRuns: 25 },
  );
}, 120_000);

it('goes on behind the last chunk, tells once, and pays nobody twice', async () => {
  const holders = Array.from({ length: 10 }, (): Holder => ({
    clientId: newUuid(),
    tier: 'standard',
    shares: shares(5n),
    indexPaid: 0n,
    remainder: 0n,
  }));
  await hold(holders, new Map([['standard', 2n * INDEX_SCALE]]));
  const run = { runId: newUuid(), poolId: POOL };
  await admin().query(`CREATE FUNCTION staking.stop() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'killed'; END $$`);
  await admin().query(
    'CREATE TRIGGER stop BEFORE INSERT ON staking.settlement_chunk FOR EACH ROW WHEN (new.number = 2) EXECUTE FUNCTION staking.stop()',
  );
  await expect(service.advance(run, 4)).rejects.toThrow('killed');
  expect((await Promise.all(holders.map((h) => rewardsOf(h.clientId)))).filter((paid) => paid > 0n)).toHaveLength(4);
  await admin().query('DROP TRIGGER stop ON staking.settlement_chunk');
  await service.advance(run, 4);
  await service.advance(run, 4);
  await service.goOn();
  expect(await Promise.all(holders.map((h) => rewardsOf(h.clientId)))).toEqual(holders.map(() => 10n));
  expect((await s.said('settlement.done@1')).filter((said) => (said as { runId: string }).runId === run.runId)).toEqual([
    { runId: run.runId, poolId: POOL, holders: 10 },
  ]);
});

it('stops on an index that fell, and moves nothing', async () => {
  const fallen: Holder = {
    clientId: newUuid(),
    tier: 'standard',
    shares: shares(1n),
    indexPaid: 9n * INDEX_SCALE,
    remainder: INDEX_SCALE * 20n,
  };
  await hold([fallen], new Map([['standard', 2n * INDEX_SCALE]]));
  const run = { runId: newUuid(), poolId: POOL };
  await expect(service.advance(run)).rejects.toMatchObject({ code: 'settlement.refused' });
  expect(await rewardsOf(fallen.clientId)).toBe(0n);
  expect(
    (await admin().transaction((em) => verify({ rows: async (sql, values) => em.query(sql, values ? [...values] : undefined) }))).findings,
  ).toEqual([]);
});
