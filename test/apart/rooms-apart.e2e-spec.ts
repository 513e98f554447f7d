import { newHome, removeHome } from '../e2e/exchange.spec-support.js';
import type { SoakRun } from '../soak/soak-suite.js';
import { intact, outage, rollingRestart } from './drills.js';
import { cannotRunApart, spawnApart, type ApartExchange } from './exchange-apart.js';
import { frequent, watchSchedules } from './schedule-watch.js';
import { fragilePostgres, type FragileServer } from './servers.js';

const why = cannotRunApart();
const described = why === null ? describe : describe.skip;
const run: SoakRun = { seed: 7, scale: 0.5, log: () => undefined };

/** One exchange, every room in two processes behind the proxy; what npm run soak does for longer, once. The tour under kills is a soak suite, which CI runs. */
described(`rooms apart${why === null ? '' : ` (${why})`}`, () => {
  const home = newHome();
  let postgres: FragileServer;
  let exchange: ApartExchange;
  beforeAll(async () => {
    postgres = await fragilePostgres();
    exchange = await spawnApart(home, { DATABASE_URL: postgres.url });
  }, 300_000);
  afterAll(async () => {
    await exchange.stop();
    await postgres.stop();
    removeHome(home);
  });

  it('fails no request while the processes of a room leave and come back one by one', async () => {
    const { requests, refusals } = await rollingRestart(exchange, (room) => room === 'staking', run);
    expect(refusals).toEqual({});
    expect(requests).toBeGreaterThan(50);
  }, 120_000);

  it('refuses cleanly while PostgreSQL is away, and goes on by itself: every stake has one effect', async () => {
    const { stakes } = await outage(exchange, postgres, 1_000, run);
    expect(stakes).toBeGreaterThan(10);
  }, 120_000);

  it('runs each schedule in one process at a time, and in the other one when its process is killed', async () => {
    const before = await watchSchedules(postgres.url, 4_000);
    for (const [name, { holders, atOnce }] of before)
      expect({ name, held: holders.size > 0, atOnce }).toEqual({ name, held: true, atOnce: 1 });
    const killed = Promise.all(Object.keys(frequent).map((room) => exchange.replace({ room: room as 'custody', number: 2 }, 'SIGKILL')));
    const after = await watchSchedules(postgres.url, 4_000);
    for (const [name, { holders, atOnce }] of after)
      expect({ name, held: holders.size > 0, atOnce }).toEqual({ name, held: true, atOnce: 1 });
    await killed;
  }, 120_000);

  it('has kept its books, laid nothing aside and forgotten no promise', async () => {
    await intact(exchange);
  }, 60_000);
});
