import { addSums, NO_SUMS, rateOver, rateWindows, rateWindowNames, type RateSums } from '#kernel';
import { OpenStaking, POOL, type Person } from '../staking.spec-support.js';

const ETH = 10n ** 18n;
const PRODUCT = '/v1/staking/products/eth-payout';
const START = Date.UTC(2024, 1, 28, 12); // a leap day follows

let s: OpenStaking;
let ada: Person;
beforeEach(async () => {
  s = await OpenStaking.start();
  ada = await s.client();
});
afterEach(() => s.close());

interface Made {
  readonly number: number;
  readonly seconds: bigint;
  readonly reward: bigint;
  readonly at: Date;
}
/** Reports as staking would have kept them: one every `minutes`, each third with a loss. */
async function reports(from: number, to: number, minutes: number, pool = POOL): Promise<Made[]> {
  const slots = minutes * 5; // of 12 seconds
  await s.query(
    `INSERT INTO staking.pool_report (pool_id, number, report_id, applied_at, from_slot, to_slot, to_epoch, to_block, to_block_root, assets, shares,
       earning_shares, reward_index, reward, priority_fees, mev, principal, commission, loss_carried, buffer, validators)
     SELECT $1, n, gen_random_uuid(), to_timestamp($4::numeric / 1000) + n * $5::int * interval '1 minute', (n - 1) * $6::int, n * $6::int, n, n,
       '0x' || repeat('ab', 32), 32e18, 32e18, 32e18, n, CASE WHEN n % 3 = 0 THEN -1e12 ELSE 2e12 + n END, CASE WHEN n % 3 = 0 THEN 0 ELSE 5e11 END, 0, 32e18,
       CASE WHEN n % 3 = 0 THEN 0 ELSE 1e11 END, 0, 0, 1 FROM generate_series($2::int, $3::int) n`,
    [pool, from, to, START, minutes, slots],
  );
  await s.query('UPDATE staking.pool SET report_number = $1 WHERE id = $2', [to, pool]);
  return Array.from({ length: to - from + 1 }, (_, i) => from + i).map((number) => ({
    number,
    seconds: BigInt(slots * 12),
    reward: number % 3 === 0 ? -(10n ** 12n) : 2n * 10n ** 12n + BigInt(number),
    at: new Date(START + number * minutes * 60_000),
  }));
}
const sumsOf = ({ seconds, reward }: Made): RateSums => ({
  ...NO_SUMS,
  ...{ seconds, exposure: 32n * ETH * seconds, reward, samples: 1n },
  ...(reward > 0n ? { commission: 10n ** 11n, priorityFees: 5n * 10n ** 11n } : {}),
});
const rates = async () => (await s.call(ada, 'GET', `${PRODUCT}/rates`)).body.rates;
const expected = (made: readonly Made[]) =>
  rateWindowNames.map((window) => {
    const length = rateWindows[window];
    let sums = NO_SUMS;
    for (const report of [...made].reverse()) {
      if (length !== null && sums.samples > 0n && sums.seconds + report.seconds > length) break;
      sums = addSums(sums, sumsOf(report));
    }
    return rateOver(window, sums, 'payout', made.at(-1)?.at.toISOString() ?? null);
  });

it('are null before the first report, with how they are reckoned', async () => {
  const [day] = await rates();
  expect(day).toMatchObject({ window: '1d', gross: null, net: null, apy: null, samples: 0, as_of: null });
  expect(day.day_count).toMatch(/365\.25/);
  expect((await s.call(ada, 'GET', `${PRODUCT}/rates/history`)).body).toEqual({ data: [], page: { next_cursor: null, has_more: false } });
  expect((await s.call(ada, 'GET', '/v1/staking/products/none/rates')).status).toBe(404);
  expect((await s.call(ada, 'GET', `${PRODUCT}/rates?window=2d`)).status).toBe(400);
});

it('are those of their windows, and stay so as reports come in', async () => {
  let made = await reports(1, 500, 90);
  expect(await rates()).toEqual(expected(made));
  expect((await s.call(ada, 'GET', PRODUCT)).body.rates).toEqual(expected(made));
  made = [...made, ...(await reports(501, 503, 90))];
  expect(await rates()).toEqual(expected(made));
  expect((await s.call(ada, 'GET', `${PRODUCT}/rates?window=7d`)).body.rates).toEqual([expected(made)[1]]);
  const quote = await s.call(ada, 'POST', '/v1/staking/quotes', { product_id: 'eth-payout', side: 'stake', amount: '1' }, null);
  expect(quote.body.trailing_net_apr).toBe(expected(made)[2]?.net);
});

it('hold the newest report where it is longer than the window', async () => {
  const made = await reports(1, 3, 4 * 1_440);
  expect(await rates()).toEqual(expected(made));
  expect((await rates())[0]).toMatchObject({ window: '1d', samples: 1, seconds: 4 * 86_400 });
});

it('have a whole history, page by page, report by report', async () => {
  const made = await reports(1, 120, 60);
  const seen: number[] = [];
  let cursor = '';
  do {
    const { body } = await s.call(ada, 'GET', `${PRODUCT}/rates/history?limit=50${cursor}`);
    seen.push(...body.data.map((r: { number: number }) => r.number));
    cursor = body.page.next_cursor === null ? '' : `&cursor=${body.page.next_cursor}`;
  } while (cursor !== '');
  expect(seen).toEqual(made.map((r) => r.number).reverse());
  const { body } = await s.call(ada, 'GET', `${PRODUCT}/rates/history?limit=1`);
  expect(body.data[0]).toMatchObject({
    number: 120,
    gross: expect.stringMatching(/^-0\./),
    reward: { amount_atomic: String(-(10n ** 12n)) },
    components: [{ component: 'consensus', denom: 'ETH', amount_atomic: String(-(10n ** 12n)) }, {}, {}],
  });
  const foreign = await s.call(ada, 'GET', `${PRODUCT}/rates/history?granularity=day&cursor=${body.page.next_cursor}`);
  expect(foreign).toMatchObject({ status: 400, body: { code: 'cursor.foreign' } });
  expect((await s.call(ada, 'GET', `${PRODUCT}/rates/history?granularity=hour`)).status).toBe(400);
});

it('have a history by day: days are whole, wherever a page ends, and however many reports a day has', async () => {
  const made = await reports(1, 7_000, 1); // 1,440 a day: a chunk of reports ends within a day
  const byDay = new Map<string, Made[]>();
  for (const report of made) {
    const day = report.at.toISOString().slice(0, 10);
    byDay.set(day, [...(byDay.get(day) ?? []), report]);
  }
  const days = [...byDay.keys()].reverse();
  expect(days).toContain('2024-02-29');
  const seen: { day: string; samples: number; gross: string; last_report: number }[] = [];
  let cursor = '';
  do {
    const { body } = await s.call(ada, 'GET', `${PRODUCT}/rates/history?granularity=day&limit=2${cursor}`);
    seen.push(...body.data);
    cursor = body.page.next_cursor === null ? '' : `&cursor=${body.page.next_cursor}`;
  } while (cursor !== '');
  expect(seen.map((row) => row.day)).toEqual(days);
  for (const row of seen) {
    const of = byDay.get(row.day) ?? [];
    const sums = of.map(sumsOf).reduce(addSums, NO_SUMS);
    const { gross, net } = rateOver('inception', sums, 'payout', null);
    expect(row).toMatchObject({
      samples: of.length,
      gross,
      net,
      last_report: of.at(-1)?.number,
      reward: { amount_atomic: sums.reward.toString() },
    });
  }
});

it('state an APY where rewards compound, and nowhere else', async () => {
  const made = await reports(1, 60, 1_440, 'eth-compound-1');
  const { body } = await s.call(ada, 'GET', '/v1/staking/products/eth-compound/rates?window=30d');
  const sums = made.slice(-30).map(sumsOf).reduce(addSums, NO_SUMS);
  expect(body.rates).toEqual([rateOver('30d', sums, 'compound', made.at(-1)?.at.toISOString() ?? null)]);
  expect(body.rates[0]).toMatchObject({ apy: expect.stringMatching(/^\d/), apy_formula: expect.stringContaining('^n') });
  expect((await rates())[3]).toMatchObject({ apy: null, apy_formula: null, samples: 0 });
});
