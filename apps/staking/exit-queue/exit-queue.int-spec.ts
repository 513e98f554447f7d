import fc from 'fast-check';
import { amount } from '#kernel';
import { cancelRequest, cutOf, fixedEndOf, headOf } from './exit-queue.store.js';
import { at, priceOfUnits, QUEUE_POOL, QueueOnPostgres } from './exit-queue.spec-support.js';
import { fixSeeded } from './queue-bench.js';
import { QueueModel } from './queue-model.spec-support.js';
import { placeArrived } from './fixing.store.js';
import { NOTHING } from './queue.js';

interface Row {
  readonly id: string;
  readonly place: string | null;
  readonly state: string;
  readonly nominal: string | null;
  readonly payout: string | null;
  readonly cum_shares: string | null;
  readonly cum_nominal: string | null;
}

describe('the exit queue on PostgreSQL', () => {
  let queue: QueueOnPostgres;
  beforeAll(async () => {
    queue = await QueueOnPostgres.open();
  });
  afterAll(() => queue.close());

  const rows = (): Promise<Row[]> =>
    queue.query<Row>(
      `SELECT order_id AS id, place::text, state, nominal::text, payout::text, cum_shares::text, cum_nominal::text FROM staking.exit_request ORDER BY seq`,
    );

  const amounts = fc.oneof(fc.bigInt({ min: 1n, max: 30n }), fc.bigInt({ min: 1n, max: 10n ** 21n }));
  const step = fc.oneof(
    { weight: 4, arbitrary: fc.record({ kind: fc.constant('arrive' as const), list: fc.array(amounts, { minLength: 1, maxLength: 6 }) }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('cancel' as const), back: fc.nat(5) }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('place' as const) }) },
    {
      weight: 4,
      arbitrary: fc.record({
        kind: fc.constant('report' as const),
        permille: fc.bigInt({ min: 0n, max: 3_000n }),
        issued: fc.bigInt({ min: 1n, max: 10n ** 21n }),
        money: fc.oneof(fc.bigInt({ min: 0n, max: 100n }), fc.bigInt({ min: 0n, max: 10n ** 22n })),
        bunker: fc.option(fc.nat(20), { nil: null, freq: 3 }),
      }),
    },
    { weight: 3, arbitrary: fc.record({ kind: fc.constant('settle' as const), most: fc.integer({ min: 1, max: 4 }), dies: fc.boolean() }) },
  );

  it('does what the model in memory does, over random arrivals, cancellations, reports, pauses, chunks and kills', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 6, maxLength: 24 }), async (steps) => {
        await queue.reset();
        const model = new QueueModel();
        let report = 0;
        for (const one of steps) {
          if (one.kind === 'arrive') model.arrive(await queue.arrive(one.list), one.list);
          if (one.kind === 'place') await queue.run((em) => placeArrived(em, QUEUE_POOL));
          if (one.kind === 'settle') await queue.settle(one.most, one.dies);
          if (one.kind === 'cancel') {
            const chosen = model.cancellable(one.back);
            if (!chosen) continue;
            expect(await queue.run((em) => cancelRequest(em, chosen.id))).toBe(true);
            chosen.cancelled = true;
          }
          if (one.kind === 'report') {
            report += 1;
            const price = priceOfUnits((one.issued * one.permille) / 1_000n, one.issued);
            const until = one.bunker === null ? null : BigInt(one.bunker) + 1n;
            const ours = await queue.report(report, price, amount(one.money), until);
            expect(ours).toEqual(await model.report(report, price, amount(one.money), until));
            expect(ours.reduce<bigint>((sum, range) => sum + range.setAside, 0n)).toBeLessThanOrEqual(one.money);
          }
        }
        while (await queue.settle(3));
        const found = await rows();
        const wanted = model.all.map(({ id, cancelled, sums, nominal, payout }) => ({
          id,
          state: cancelled ? 'cancelled' : payout !== null ? 'paid' : sums !== null ? 'fixed' : 'waiting',
          nominal: nominal?.toString() ?? null,
          payout: payout?.toString() ?? null,
          cum_shares: sums?.shares.toString() ?? null,
          cum_nominal: sums?.nominal.toString() ?? null,
        }));
        expect(found.map(({ place: _, ...row }) => row)).toEqual(wanted);
        // places are dense, in the order of arrival, and those of fixed ones are the model's
        const places = found.flatMap((row) => (row.place === null ? [] : [Number(row.place)]));
        expect(places).toEqual(places.map((_, index) => index + 1));
        found.forEach((row, index) => {
          const { sums } = model.all[index] ?? {};
          if (sums) expect(row.place).toBe(String(sums.place));
        });
        // nothing is lost: what was set aside is what was paid and what came back
        const [books] = await queue.query<{ aside: string; paid: string; surplus: string; payouts: string; most: string }>(
          `SELECT coalesce(sum(set_aside), 0)::text AS aside, coalesce(sum(settled), 0)::text AS paid, coalesce(sum(surplus), 0)::text AS surplus,
                  coalesce(max(surplus - requests), 0)::text AS most, (SELECT coalesce(sum(payout), 0) FROM staking.exit_request)::text AS payouts
             FROM staking.exit_range`,
        );
        expect(BigInt(books?.aside ?? '')).toBe(BigInt(books?.paid ?? '') + BigInt(books?.surplus ?? ''));
        expect(books?.payouts).toBe(books?.paid);
        expect(BigInt(books?.most ?? '')).toBeLessThanOrEqual(0n); // less than a unit a request
      }),
      { numRuns: 30 },
    );
  }, 120_000);

  it('pays everybody at most the nominal, and in strict order', async () => {
    await queue.reset();
    await queue.arrive([10n, 20n, 30n]);
    await queue.report(1, priceOfUnits(200n, 100n), amount(0n)); // nominals 20, 40, 60
    const [first] = await queue.report(2, priceOfUnits(150n, 100n), amount(70n)); // now worth 15, 30, 45
    expect(first).toMatchObject({ basis: 'value', to: { place: 2n }, setAside: 45n });
    const [second] = await queue.report(3, priceOfUnits(400n, 100n), amount(1_000n));
    expect(second).toMatchObject({ basis: 'nominal', setAside: 60n });
    while (await queue.settle(1));
    expect((await rows()).map((row) => row.payout)).toEqual(['15', '30', '60']);
  });

  it('lets who was kept from committing wait behind those whose rate is fixed', async () => {
    await queue.reset();
    const late = queue.run(async (em) => {
      await em.query(
        `INSERT INTO staking.exit_request (order_id, pool_id, client_id, shares, accepted_at) VALUES (gen_random_uuid(), $1, NULL, 5, $2)`,
        [QUEUE_POOL, at()],
      );
      await queue.arrive([7n]);
      await queue.report(1, priceOfUnits(1n, 1n), amount(0n));
    });
    await late;
    await queue.report(2, priceOfUnits(1n, 1n), amount(0n));
    const bySeq = await rows();
    expect(bySeq.map((row) => [row.place, row.cum_shares])).toEqual([
      ['2', '12'],
      ['1', '7'],
    ]);
  });

  it('fixes who asked before the period ended, and nobody behind the first who did not', async () => {
    await queue.reset();
    const came = at(1_000_000);
    await queue.arrive([5n]);
    for (const minutes of [2, 0])
      await queue.query(
        `INSERT INTO staking.exit_request (order_id, pool_id, client_id, shares, accepted_at) VALUES (gen_random_uuid(), $1, NULL, 7, $2)`,
        [QUEUE_POOL, new Date(came.getTime() + minutes * 60_000)],
      );
    const end = new Date(came.getTime() + 60_000);
    const price = priceOfUnits(1n, 1n);
    expect(await queue.run((em) => fixSeeded(em, QUEUE_POOL, 1, price, at(), end))).toMatchObject({ requests: 1 });
    expect((await rows()).map((row) => [row.state, row.place])).toEqual([
      ['fixed', '1'],
      ['waiting', null],
      ['waiting', null],
    ]);
    await queue.run((em) => placeArrived(em, QUEUE_POOL)); // a pause gives them places
    expect(await queue.run((em) => fixSeeded(em, QUEUE_POOL, 2, price, at(), end))).toMatchObject({ requests: 0 });
    expect(await queue.run((em) => fixSeeded(em, QUEUE_POOL, 3, price, at(), null))).toMatchObject({ requests: 2 });
    expect((await rows()).map((row) => [row.place, row.cum_shares])).toEqual([
      ['1', '5'],
      ['2', '12'],
      ['3', '19'],
    ]);
  });

  it('finds where money ends in a queue of 50,000 without reading it', async () => {
    await queue.reset();
    await queue.arrive(Array.from({ length: 50_000 }, (_, n) => BigInt(1_000 + (n % 7))));
    await queue.report(1, priceOfUnits(1n, 1n), amount(0n));
    const [end, head] = await queue.run(async (em) => [await fixedEndOf(em, QUEUE_POOL), await headOf(em, QUEUE_POOL)] as const);
    expect([end.place, head]).toEqual([50_000n, NOTHING]);
    const cut = await queue.run((em) => cutOf(em, QUEUE_POOL)('nominal', head, end.nominal / 2n, end.place));
    const [beyond] = await queue.query<{ sum: string }>('SELECT cum_nominal::text AS sum FROM staking.exit_request WHERE place = $1', [
      String((cut?.place ?? 0n) + 1n),
    ]);
    expect(cut?.nominal).toBeLessThanOrEqual(end.nominal / 2n);
    expect(BigInt(beyond?.sum ?? '')).toBeGreaterThan(end.nominal / 2n);
    // what it reads is counted in pages, not in seconds: a few for each halving
    const plan = await queue.query<{ 'QUERY PLAN': string }>(
      `EXPLAIN (ANALYZE, BUFFERS, TIMING OFF) SELECT cum_nominal FROM staking.exit_request
        WHERE pool_id = $1 AND place > 0 AND place <= 25000 AND cum_shares IS NOT NULL ORDER BY place DESC LIMIT 1`,
      [QUEUE_POOL],
    );
    const text = plan.map((line) => line['QUERY PLAN']).join('\n');
    expect(text).toContain('exit_request_placed');
    expect(text).not.toContain('Seq Scan');
    const ranges = await queue.report(2, priceOfUnits(1n, 1n), amount(end.nominal));
    expect(ranges).toHaveLength(1);
    expect((await queue.settle(2_000))?.requests).toBe(2_000);
  }, 120_000);
});
