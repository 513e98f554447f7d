import { newUuid, publicId } from '#kernel';
import * as payouts from './payouts.store.js';
import { ETH, OpenRewards, POOL, type Person } from '../rewards.spec-support.js';

let rewards: OpenRewards;
const open = async (env: Record<string, string> = {}): Promise<OpenRewards> => (rewards = await OpenRewards.start(env));
afterEach(() => rewards.close());
const people = (count: number): Promise<Person[]> => Promise.all(Array.from({ length: count }, () => rewards.client()));
const states = async (id: string): Promise<string[]> =>
  (
    await rewards.query<{ to: string }>(
      `SELECT to_state AS "to" FROM rewards.history WHERE noun = 'payout_run' AND resource_id = $1 ORDER BY version`,
      [id],
    )
  ).map((row) => row.to);

it('pays everybody what is owed, ends at zero, and the same again does nothing', async () => {
  await open({ PAYOUT_CHUNK: '3' });
  const clients = await people(7);
  await rewards.earn(
    clients.map((c, i) => [c, BigInt(i + 1) * ETH] as const),
    30n * ETH,
  );
  const run = await rewards.payOut();
  expect((await rewards.runRow(run)).state).toBe('dry_run'); // 28 ETH: above the limit
  const treasury = await rewards.staff('treasury');
  const { dry_run_hash } = await rewards.runRow(run);
  const released = await rewards.call(treasury, 'POST', `/v1/rewards/payout-runs/${publicId('payoutRun', run)}/release`, {
    dry_run_hash,
    comment: 'as expected',
  });
  expect(released).toMatchObject({ status: 200, body: { state: 'approved', total: '28' } });
  await rewards.posting().postAll();
  expect(await states(run)).toEqual(['dry_run', 'approved', 'posting', 'posted', 'reconciled']);
  for (const [i, client] of clients.entries()) {
    expect(await rewards.balance('client.available', client.uuid)).toBe(BigInt(i + 1) * ETH);
    expect(await rewards.balance('client.rewards', client.uuid)).toBe(0n);
  }
  expect(await rewards.balance('run.clearing', run)).toBe(0n);
  expect(await rewards.balance('pool.collected', POOL)).toBe(2n * ETH);
  expect(await rewards.said('payout_run.posted@1')).toEqual([{ runId: run, poolId: POOL, total: String(28n * ETH), lines: 7 }]);
  await rewards.closes();

  await rewards.posting().advance(run);
  await rewards.settled();
  await rewards.plan(); // nothing has changed: no new run
  expect(await rewards.query('SELECT id FROM rewards.payout_run')).toHaveLength(1);
  expect(await rewards.balance('client.available', clients[6]?.uuid ?? '')).toBe(7n * ETH);
});

it('goes on wherever it was stopped', async () => {
  await open({ PAYOUT_CHUNK: '2', AUTO_APPROVE_LIMIT: String(100n * ETH) });
  const clients = await people(5);
  await rewards.earn(
    clients.map((c) => [c, ETH] as const),
    5n * ETH,
  );
  await rewards.plan();
  const run = await rewards.settled();
  // every step is started once and thrown away before its commit, as a kill would, then done; by two instances at once
  for (let more = true; more;) {
    await expect(
      rewards.run(async (em) => {
        await payouts.lockRun(em, run);
        await em.query(`UPDATE rewards.payout_line SET state = 'held' WHERE run_id = $1 AND state = 'pending'`, [run]);
        throw new Error('killed');
      }),
    ).rejects.toThrow('killed');
    const done = await Promise.all([rewards.posting().once(run), rewards.posting().once(run)]);
    more = done.some(Boolean);
  }
  expect(await states(run)).toEqual(['dry_run', 'approved', 'posting', 'posted', 'reconciled']);
  for (const client of clients) expect(await rewards.balance('client.available', client.uuid)).toBe(ETH);
  expect(await rewards.runRow(run)).toMatchObject({ lines_paid: 5, chunks: 3 });
  await rewards.closes();
});

it('undoes a chunk whole when its transaction does not commit', async () => {
  await open({ PAYOUT_CHUNK: '2' });
  const clients = await people(3);
  await rewards.earn(
    clients.map((c) => [c, ETH] as const),
    3n * ETH,
  );
  await rewards.plan();
  const run = await rewards.settled();
  await rewards.posting().once(run);
  // the connection dies after the money was posted, before the commit
  await rewards.query(
    `CREATE FUNCTION public.cut() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_terminate_backend(pg_backend_pid()); RETURN NULL; END $$`,
  );
  await rewards.query(
    `CREATE CONSTRAINT TRIGGER cut AFTER UPDATE ON rewards.payout_line DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION public.cut()`,
  );
  await expect(rewards.posting().once(run)).rejects.toThrow();
  for (const client of clients) expect(await rewards.balance('client.available', client.uuid)).toBe(0n);
  await rewards.query('DROP TRIGGER cut ON rewards.payout_line');
  await rewards.posting().postAll();
  for (const client of clients) expect(await rewards.balance('client.available', client.uuid)).toBe(ETH);
  expect((await rewards.runRow(run)).state).toBe('reconciled');
});

it("keeps a held client's line where it is, pays the others, and pays it when the hold is lifted", async () => {
  await open({ PAYOUT_CHUNK: '2' });
  const [a, held, c] = (await people(3)) as [Person, Person, Person];
  await rewards.earn(
    [
      [a, ETH],
      [held, 2n * ETH],
      [c, ETH],
    ],
    4n * ETH,
  );
  const holdId = await rewards.hold(held);
  const run = await rewards.payOut();
  expect(await rewards.runRow(run)).toMatchObject({
    state: 'reconciled',
    paid: String(2n * ETH),
    returned: '0',
    lines: 3,
    lines_paid: 2,
    lines_held: 1,
    held: String(2n * ETH),
    left_over: String(2n * ETH),
  });
  expect(await rewards.balance('client.rewards', held.uuid)).toBe(2n * ETH);
  expect(await rewards.balance('pool.collected', POOL)).toBe(2n * ETH);
  expect(await rewards.balance('client.available', c.uuid)).toBe(ETH);
  // to the client it is simply not paid yet
  expect((await rewards.call(held, 'GET', '/v1/rewards')).body.data).toEqual([]);
  expect((await rewards.call(held, 'GET', '/v1/rewards/payouts')).body.data).toMatchObject([{ amount: '2', state: 'pending' }]);

  await rewards.unhold(holdId);
  await rewards.earn([[a, ETH]], ETH);
  await rewards.payOut();
  expect(await rewards.balance('client.available', held.uuid)).toBe(2n * ETH);
  expect(await rewards.balance('client.available', a.uuid)).toBe(2n * ETH);
  await rewards.closes();
});

it('pays in proportion when less is collected than owed, and the rest when it is', async () => {
  await open();
  const [a, b] = (await people(2)) as [Person, Person];
  await rewards.earn(
    [
      [a, 3n * ETH],
      [b, ETH],
    ],
    2n * ETH,
  );
  await rewards.payOut();
  expect(await rewards.balance('client.available', a.uuid)).toBe((3n * ETH) / 2n);
  expect(await rewards.balance('client.available', b.uuid)).toBe(ETH / 2n);
  expect(await rewards.balance('pool.collected', POOL)).toBe(0n);
  await rewards.earn([], 2n * ETH);
  await rewards.payOut();
  expect(await rewards.balance('client.available', a.uuid)).toBe(3n * ETH);
  expect(await rewards.balance('client.available', b.uuid)).toBe(ETH);
  expect(await rewards.balance('client.rewards', a.uuid)).toBe(0n);
});

it('draws the lines up anew when less is collected by the time they are paid', async () => {
  await open();
  const [a] = (await people(1)) as [Person];
  await rewards.earn([[a, 2n * ETH]], 2n * ETH);
  await rewards.plan();
  const run = await rewards.settled();
  await rewards.book('staking', ['fee.draw', ['pool.collected', POOL], ['pool.collected_contra', POOL], ETH]);
  await rewards.posting().postAll();
  expect(await rewards.runRow(run)).toMatchObject({ state: 'dry_run', total: String(ETH), verified_hash: null });
  await rewards.verify();
  await rewards.posting().postAll();
  expect(await rewards.runRow(run)).toMatchObject({ state: 'reconciled', total: String(ETH), paid: String(ETH) });
  expect(await states(run)).toEqual(['dry_run', 'approved', 'dry_run', 'approved', 'posting', 'posted', 'reconciled']);
  expect(await rewards.balance('client.available', a.uuid)).toBe(ETH);
});

describe('people decide', () => {
  const planned = async (): Promise<{ maker: Person; id: string; hash: string }> => {
    await open({ AUTO_APPROVE_LIMIT: '0' });
    const [a] = (await people(1)) as [Person];
    await rewards.earn([[a, ETH]], ETH);
    const maker = await rewards.staff('treasury');
    const made = await rewards.call(maker, 'POST', '/v1/rewards/payout-runs', { pool_id: POOL });
    expect(made).toMatchObject({ status: 201, body: { state: 'planned', planned_by: publicId('staff', maker.uuid) } });
    await rewards.settled();
    const { body } = await rewards.call(maker, 'GET', `/v1/rewards/payout-runs/${made.body.id}`);
    expect(body).toMatchObject({ state: 'dry_run', total: '1', first_lines: [{ amount: '1', state: 'pending' }] });
    return { maker, id: made.body.id as string, hash: body.dry_run_hash as string };
  };

  it('that a run above the limit may go, one after the other', async () => {
    const { maker, id, hash } = await planned();
    const url = `/v1/rewards/payout-runs/${id}/release`;
    await rewards.posting().postAll();
    expect((await rewards.call(maker, 'POST', url, { dry_run_hash: hash, comment: 'myself' })).body).toMatchObject({
      code: 'payout_run.same_person',
      status: 403,
    });
    const checker = await rewards.staff('treasury');
    expect((await rewards.call(checker, 'POST', url, { dry_run_hash: 'f'.repeat(64), comment: 'blindly' })).body).toMatchObject({
      code: 'payout_run.changed',
    });
    const key = newUuid();
    const released = await rewards.call(checker, 'POST', url, { dry_run_hash: hash, comment: 'checked' }, key);
    expect(released).toMatchObject({ status: 200, body: { state: 'approved' } });
    expect((await rewards.call(checker, 'POST', url, { dry_run_hash: hash, comment: 'checked' }, key)).headers['idempotent-replayed']).toBe(
      'true',
    );
    expect((await rewards.call(checker, 'POST', url, { dry_run_hash: hash, comment: 'again' })).body).toMatchObject({
      code: 'payout_run.forbidden_move',
    });
    await rewards.posting().postAll();
    const audit = await rewards.query<{ action: string; actor_id: string }>(`SELECT action, actor_id FROM audit.event ORDER BY seq`);
    expect(audit).toEqual([
      { action: 'payout_run.plan', actor_id: maker.uuid },
      { action: 'payout_run.approve', actor_id: checker.uuid },
    ]);
  });

  it('that it may not', async () => {
    const { maker, id } = await planned();
    expect((await rewards.call(maker, 'POST', '/v1/rewards/payout-runs', { pool_id: POOL })).body).toMatchObject({
      code: 'payout_run.open',
    });
    expect((await rewards.call(maker, 'POST', `/v1/rewards/payout-runs/${id}/cancel`, { comment: 'not now' })).body).toMatchObject({
      state: 'cancelled',
    });
    await rewards.posting().postAll();
    expect(await rewards.balance('pool.collected', POOL)).toBe(ETH);
    expect((await rewards.call(maker, 'POST', '/v1/rewards/payout-runs', { pool_id: POOL })).status).toBe(201);
  });

  it('and the doors are for those who may', async () => {
    await open();
    const client = await rewards.client();
    const auditor = await rewards.staff('auditor');
    expect((await rewards.call(client, 'GET', '/v1/rewards/payout-runs')).status).toBe(403);
    expect((await rewards.call(auditor, 'POST', '/v1/rewards/payout-runs', { pool_id: POOL })).status).toBe(403);
    expect((await rewards.call(null, 'GET', '/v1/rewards')).status).toBe(401);
    const treasury = await rewards.staff('treasury');
    expect((await rewards.call(treasury, 'POST', '/v1/rewards/payout-runs', { pool_id: POOL }, null)).body).toMatchObject({
      code: 'idempotency.key_missing',
    });
    expect((await rewards.call(treasury, 'POST', '/v1/rewards/payout-runs', { pool_id: POOL, more: 1 })).body).toMatchObject({
      code: 'validation.failed',
    });
    expect((await rewards.call(treasury, 'POST', '/v1/rewards/payout-runs', { pool_id: 'none' })).status).toBe(404);
    expect((await rewards.call(treasury, 'POST', '/v1/rewards/payout-runs', { pool_id: POOL })).body).toMatchObject({
      code: 'payout_run.nothing_collected',
      retryable: true,
    });
    expect((await rewards.call(treasury, 'GET', `/v1/rewards/payout-runs/${publicId('payoutRun', newUuid())}`)).status).toBe(404);
  });
});

it('shows a client its whole history and its sums, and nobody else’s', async () => {
  await open();
  const [a, b] = (await people(2)) as [Person, Person];
  for (let i = 1n; i <= 3n; i++) {
    await rewards.earn(
      [
        [a, i * ETH],
        [b, ETH],
      ],
      (i + 1n) * ETH,
    );
    await rewards.payOut();
  }
  await rewards.earn([[a, ETH]], 0n);
  const first = await rewards.call(a, 'GET', '/v1/rewards?limit=2');
  expect(first.body.data).toMatchObject([
    {
      kind: 'staking_reward',
      asset: 'ETH',
      amount: '3',
      amount_atomic: String(3n * ETH),
      commission_bps: 1_000,
      source: { chain: 'ethereum' },
    },
    { amount: '2' },
  ]);
  const second = await rewards.call(a, 'GET', `/v1/rewards?limit=2&cursor=${first.body.page.next_cursor}`);
  expect(second.body).toMatchObject({ data: [{ amount: '1' }], page: { has_more: false, next_cursor: null } });
  expect((await rewards.call(b, 'GET', `/v1/rewards?cursor=${first.body.page.next_cursor}`)).body).toMatchObject({
    code: 'cursor.foreign',
  });
  expect((await rewards.call(a, 'GET', '/v1/rewards?cursor=nonsense')).body).toMatchObject({ code: 'cursor.malformed' });
  expect((await rewards.call(a, 'GET', '/v1/rewards/summary')).body.data).toMatchObject([
    { asset: 'ETH', paid: '6', waiting: '1', payouts: 3 },
  ]);
  const run = second.body.data[0].payout_id as string;
  expect((await rewards.call(b, 'GET', `/v1/rewards/payouts/${run}`)).body).toMatchObject({ amount: '1', state: 'paid' });
  const stranger = await rewards.client();
  expect((await rewards.call(stranger, 'GET', `/v1/rewards/payouts/${run}`)).status).toBe(404);
});
