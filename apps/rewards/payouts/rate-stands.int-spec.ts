import { publicId } from '#kernel';
import { ETH, OpenRewards, POOL, type Person } from '../rewards.spec-support.js';

let rewards: OpenRewards;
const open = async (env: Record<string, string> = {}): Promise<OpenRewards> => (rewards = await OpenRewards.start(env));
afterEach(() => rewards.close());
const url = (run: string, act: string): string => `/v1/rewards/payout-runs/${publicId('payoutRun', run)}${act}`;

/** What stops a pool's rate from being paid by. */
const stops = [
  ['late', `UPDATE rewards.pool SET standing = 'late'`],
  ['held', `UPDATE rewards.pool SET standing = 'held'`],
  ['held by people while a report is under way', `UPDATE rewards.pool SET state = 'held'`],
] as const;
const current = `UPDATE rewards.pool SET standing = 'current', state = 'flowing'`;
const earned = async (count: number, env: Record<string, string> = {}): Promise<Person[]> => {
  await open(env);
  const clients = await Promise.all(Array.from({ length: count }, () => rewards.client()));
  await rewards.earn(
    clients.map((client) => [client, ETH] as const),
    BigInt(count) * ETH,
  );
  return clients;
};
const untouched = async (run: string, act: () => Promise<unknown>): Promise<void> => {
  const before = await rewards.runRow(run);
  await act();
  expect(await rewards.runRow(run)).toEqual(before);
};

describe.each(stops)('while the rate is %s', (_what, stop) => {
  it('no run is planned, agreed to, approved or funded, and each goes on with the rate', async () => {
    const [client] = await earned(1, { AUTO_APPROVE_LIMIT: '0' });
    const treasury = await rewards.staff('treasury');
    const refused = { status: 409, body: { code: 'payout_run.rate_not_current', retryable: true } };
    await rewards.query(stop);
    await rewards.plan();
    expect(await rewards.query('SELECT FROM rewards.payout_run')).toEqual([]);
    expect(await rewards.call(treasury, 'POST', '/v1/rewards/payout-runs', { pool_id: POOL })).toMatchObject(refused);

    await rewards.query(current);
    await rewards.plan();
    const { runId } = (await rewards.said('settlement.request@1')).at(-1);
    await rewards.settle(runId);
    await rewards.query(stop);
    await untouched(runId, () => rewards.verify());
    const { dry_run_hash } = await rewards.runRow(runId);
    const release = () => rewards.call(treasury, 'POST', url(runId, '/release'), { dry_run_hash, comment: 'as expected' });
    await untouched(runId, async () => expect(await release()).toMatchObject(refused));

    await rewards.query(current);
    await rewards.verify();
    expect(await release()).toMatchObject({ status: 200, body: { state: 'approved' } });
    await rewards.query(stop);
    await untouched(runId, () => rewards.posting().postAll());
    expect(await rewards.balance('run.clearing', runId)).toBe(0n);

    await rewards.query(current);
    await rewards.posting().postAll();
    expect(await rewards.balance('client.available', client?.uuid ?? '')).toBe(ETH);
  });

  it('a run that is being paid stands still between two chunks', async () => {
    const clients = await earned(3, { PAYOUT_CHUNK: '1' });
    await rewards.plan();
    const run = await rewards.settled();
    await rewards.posting().once(run);
    await rewards.posting().once(run);
    await rewards.query(stop);
    await untouched(run, () => rewards.posting().postAll());
    expect(await rewards.runRow(run)).toMatchObject({ state: 'posting', lines_paid: 1 });

    await rewards.query(current);
    await rewards.posting().postAll();
    expect(await rewards.runRow(run)).toMatchObject({ state: 'reconciled', lines_paid: 3 });
    for (const { uuid } of clients) expect(await rewards.balance('client.available', uuid)).toBe(ETH);
    await rewards.closes();
  });
});
