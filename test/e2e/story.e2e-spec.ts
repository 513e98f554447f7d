import { newHome, removeHome, runToEnd, spawnExchange, type SpawnedExchange } from './exchange.spec-support.js';

interface TourResult {
  ok: boolean;
  steps: { name: string; ok: boolean; facts: Record<string, unknown> }[];
}
const lastJson = (stdout: string): unknown => JSON.parse(stdout.trimEnd().split('\n').at(-1) ?? '');

/** A client story from sign-up to withdrawal, then what an operator may do to the exchange afterwards. */
describe('a first stake, end to end', () => {
  const home = newHome();
  let exchange: SpawnedExchange;
  beforeAll(async () => {
    exchange = await spawnExchange(home);
  }, 200_000);
  afterAll(async () => {
    await exchange.stop();
    removeHome(home);
  });

  it('plays the whole tour, books closed after every step', async () => {
    const { code, stdout } = await runToEnd('apps/exchange/tour/main', ['--json'], home);
    const result = lastJson(stdout) as TourResult;
    expect(result.steps.filter((step) => !step.ok)).toEqual([]);
    expect({ code, ok: result.ok, steps: result.steps.length }).toMatchObject({ code: 0, ok: true });
    expect(result.steps.length).toBeGreaterThanOrEqual(14);
  }, 400_000);

  it('verifies its ledger while it runs', async () => {
    const { code, stdout } = await runToEnd('libs/ledger/verify/main', ['--json'], home);
    expect(lastJson(stdout)).toMatchObject({ ok: true, findings: [] });
    expect(code).toBe(0);
  }, 60_000);

  it('lets in no second exchange on the same home', async () => {
    const { code, stdout } = await runToEnd('apps/exchange/main', ['--no-tour'], home);
    expect(code).toBe(1);
    expect(stdout).not.toContain('Bailee is up');
  }, 60_000);

  it('resumes after kill -9 with everything it had, and stops cleanly', async () => {
    const before = await exchange.demo.api.get<{ assets: unknown[] }>('/v1/overview');
    await exchange.kill();
    exchange = await spawnExchange(home);
    expect((await exchange.demo.api.get<{ assets: unknown[] }>('/v1/overview')).assets).toEqual(before.assets);
    expect(await exchange.stop()).toBe(0);
    const verified = await runToEnd('libs/ledger/verify/main', ['--json'], home); // on the stopped home: it starts the database itself
    expect(lastJson(verified.stdout)).toMatchObject({ ok: true });
    exchange = await spawnExchange(home);
  }, 300_000);
});
