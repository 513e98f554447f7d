import { publicId } from '#kernel';
import { ETH, OpenRewards, POOL, type Person } from '../rewards.spec-support.js';
import { Drawing, type Owing } from './draft.js';
import { collected, DraftingService } from './drafting.service.js';
import { OwingCursor } from './owing.store.js';

let rewards: OpenRewards;
const open = async (env: Record<string, string> = {}): Promise<OpenRewards> => (rewards = await OpenRewards.start(env));
afterEach(() => rewards.close());
const url = (run: string, act = ''): string => `/v1/rewards/payout-runs/${publicId('payoutRun', run)}${act}`;
const planned = async (): Promise<string> => {
  await rewards.plan();
  return (await rewards.said('settlement.request@1')).at(-1).runId as string;
};
const drawn = async (): Promise<string> => {
  const run = await planned();
  await rewards.settle(run);
  return run;
};

it('lets nobody approve what only one worker has worked out', async () => {
  await open({ AUTO_APPROVE_LIMIT: '0' });
  await rewards.earn([[await rewards.client(), ETH]], ETH);
  const [run, treasury] = [await drawn(), await rewards.staff('treasury')];
  const { dry_run_hash } = await rewards.runRow(run);
  const body = { dry_run_hash, comment: 'looks right' };
  expect((await rewards.call(treasury, 'POST', url(run, '/release'), body)).body).toMatchObject({
    ...{ code: 'payout_run.not_verified', retryable: true },
  });
  await rewards.verify();
  expect(await rewards.runRow(run)).toMatchObject({ state: 'dry_run', verified_hash: dry_run_hash });
  expect((await rewards.call(treasury, 'POST', url(run, '/release'), body)).body).toMatchObject({ state: 'approved' });
});

it('agrees with the first worker on whatever there is: short, held, closed, below, restaked, and many', async () => {
  await open({ PAYOUT_CHUNK: '50' });
  const clients = await Promise.all(Array.from({ length: 30 }, () => rewards.client()));
  const [a, b, c, d] = clients as [Person, Person, Person, Person];
  await rewards.hold(a);
  await rewards.standing(b, 'closed');
  await rewards.prefer(c, { mode: 'payout', min_amount: '100' });
  await rewards.prefer(d, { mode: 'restake', product_id: 'eth-payout', min_amount: '0' });
  for (const divisor of [1n, 3n, 7n]) {
    const owed = clients.map((client, i): [Person, bigint] => [client, (BigInt(i + 1) * ETH) / (divisor * 100n) + divisor]);
    const sum = owed.reduce((total, [, units]) => total + units, 0n);
    await rewards.earn(owed, sum / divisor);
    const run = await rewards.payOut();
    expect(await rewards.runRow(run)).toMatchObject({ state: 'reconciled', lines_held: 2, lines_below: 1, draws: 0 });
  }
  await rewards.closes();
});

it('draws up anew when a balance was not yet there to be seen, and counts what came later to the next run', async () => {
  await open();
  const [a, b] = [await rewards.client(), await rewards.client()];
  await rewards.earn([[a, ETH]], 3n * ETH);
  const run = await drawn();
  await rewards.earn(
    [
      [b, ETH],
      [a, ETH],
    ],
    0n,
  ); // settled with an order, after the lines were drawn up
  await rewards.verify();
  expect(await rewards.runRow(run)).toMatchObject({ state: 'approved', total: String(ETH) });
  await rewards.posting().postAll();
  expect(await rewards.balance('client.rewards', a.uuid)).toBe(ETH);
  expect(await rewards.balance('client.rewards', b.uuid)).toBe(ETH);

  await rewards.earn([], ETH);
  const next = await drawn();
  await rewards.verify();
  await rewards.posting().postAll();
  expect(await rewards.runRow(next)).toMatchObject({ state: 'reconciled', total: String(2n * ETH), draws: 0 });
});

describe('a run is disputed, held and alarmed', () => {
  const disputed = async (run: string, reason: string): Promise<void> => {
    expect(await rewards.runRow(run)).toMatchObject({ state: 'disputed' });
    await rewards.posting().postAll();
    expect(await rewards.balance('run.clearing', run)).toBe(0n);
    const [last] = await rewards.query<{ reason: string }>(
      `SELECT reason FROM rewards.history WHERE noun = 'payout_run' AND resource_id = $1 ORDER BY version DESC LIMIT 1`,
      [run],
    );
    expect(last).toEqual({ reason });
    const acts = await rewards.query<{ action: string }>(`SELECT action FROM audit.event WHERE action = 'payout_run.dispute'`);
    expect(acts).toHaveLength(1);
  };

  it('where the hash is not of the lines', async () => {
    await open();
    const [a, b] = [await rewards.client(), await rewards.client()];
    await rewards.earn(
      [
        [a, ETH],
        [b, ETH],
      ],
      ETH,
    );
    const drafting = rewards.service(DraftingService);
    const draw = drafting.draw.bind(drafting);
    drafting.draw = async (...what) => ({ ...(await draw(...what)), hash: 'a'.repeat(64) });
    const run = await drawn();
    await rewards.verify();
    await disputed(run, 'the lines are not those that were drawn up');
  });

  it('where somebody has changed a line before it was looked at, and where somebody has after it was approved', async () => {
    await open();
    const [a, b] = [await rewards.client(), await rewards.client()];
    await rewards.earn(
      [
        [a, ETH],
        [b, 2n * ETH],
      ],
      3n * ETH,
    );
    const run = await drawn();
    await rewards.query('UPDATE rewards.payout_line SET amount = amount - 1 WHERE run_id = $1 AND client_id = $2', [run, a.uuid]);
    await rewards.verify();
    await disputed(run, 'the lines are not those that were drawn up');

    const treasury = await rewards.staff('treasury');
    expect((await rewards.call(treasury, 'POST', '/v1/rewards/payout-runs', { pool_id: POOL })).body).toMatchObject({
      code: 'payout_run.open',
    });
    expect((await rewards.call(treasury, 'POST', url(run, '/redraw'), { comment: 'a line was wrong' })).body).toMatchObject({
      state: 'dry_run',
    });
    expect((await rewards.call(treasury, 'POST', url(run, '/redraw'), { comment: 'again' })).body).toMatchObject({
      code: 'payout_run.forbidden_move',
    });
    await rewards.verify();
    expect(await rewards.runRow(run)).toMatchObject({ state: 'approved', total: String(3n * ETH) });
    await rewards.query('DELETE FROM rewards.payout_line WHERE run_id = $1 AND client_id = $2', [run, b.uuid]);
    await rewards.posting().postAll();
    expect(await rewards.runRow(run)).toMatchObject({ state: 'disputed' });
    expect((await rewards.call(treasury, 'POST', url(run, '/cancel'), { comment: 'start over' })).body).toMatchObject({
      state: 'cancelled',
    });
    await rewards.payOut();
    expect(await rewards.balance('client.available', b.uuid)).toBe(2n * ETH);
  });

  it('and whoever has it drawn up anew does not release it', async () => {
    await open({ AUTO_APPROVE_LIMIT: '0' });
    const client = await rewards.client();
    await rewards.earn([[client, ETH]], ETH);
    const run = await drawn();
    await rewards.query('UPDATE rewards.payout_line SET amount = amount - 1 WHERE run_id = $1', [run]);
    await rewards.verify();
    await disputed(run, 'the lines are not those that were drawn up');
    const [maker, checker] = [await rewards.staff('treasury'), await rewards.staff('treasury')];
    await rewards.call(maker, 'POST', url(run, '/redraw'), { comment: 'a line was wrong' });
    await rewards.verify();
    const { dry_run_hash } = await rewards.runRow(run);
    const release = (who: Person) => rewards.call(who, 'POST', url(run, '/release'), { dry_run_hash, comment: 'as expected' });
    expect(await release(maker)).toMatchObject({ status: 403, body: { code: 'payout_run.same_person' } });
    expect(await release(checker)).toMatchObject({ status: 200, body: { state: 'approved' } });
  });

  it('where a client was left out and the ledger knows better', async () => {
    await open();
    const [a, b] = [await rewards.client(), await rewards.client()];
    await rewards.earn(
      [
        [a, ETH],
        [b, ETH],
      ],
      2n * ETH,
    );
    const left = [a.uuid, b.uuid].sort()[1];
    const forgetful = rewards.service(DraftingService);
    forgetful.draw = async (em, of, keep) => {
      const everybody = await OwingCursor.open(em, of.asset);
      const known: Owing[] = [];
      for await (const page of everybody.pages()) known.push(...page.filter(({ clientId }) => clientId !== left));
      await everybody.close();
      const terms = { ...of, budget: await collected(em, of.poolId, of.asset) };
      const drawing = new Drawing(terms);
      for (const owing of known) drawing.count(owing);
      await keep(known.flatMap((owing) => drawing.next(owing) ?? []));
      return { ...drawing.finish(), ...terms, at: everybody.at };
    };
    const run = await drawn();
    for (let looks = 0; looks < 3; looks++) await rewards.verify();
    await disputed(run, 'the second worker comes to other lines');
    expect(await rewards.runRow(run)).toMatchObject({ draws: 3 });
  });
});

it('shows what a run would pay, by both workers, and stores nothing', async () => {
  await open();
  const [a, held, auditor] = [await rewards.client(), await rewards.client(), await rewards.staff('auditor')];
  await rewards.earn(
    [
      [a, 3n * ETH],
      [held, ETH],
    ],
    2n * ETH,
  );
  await rewards.hold(held);
  const shown = await rewards.call(auditor, 'POST', '/v1/rewards/payout-runs/dry-run', { pool_id: POOL });
  expect(shown).toMatchObject({
    status: 200,
    body: { budget: '2', owed: '4', total: '2', left_over: '0', lines: 1, lines_held: 1, held: '1', agrees: true },
  });
  expect(shown.body.verified_hash).toBe(shown.body.dry_run_hash);
  expect(shown.body.first_lines).toHaveLength(2);
  expect(await rewards.query('SELECT FROM rewards.payout_run')).toEqual([]);
  expect(await rewards.query('SELECT FROM rewards.payout_line')).toEqual([]);
  expect((await rewards.call(auditor, 'POST', '/v1/rewards/payout-runs/dry-run', { pool_id: 'none' })).status).toBe(404);

  const run = await rewards.payOut();
  expect((await rewards.runRow(run))['dry_run_hash']).toBe(shown.body.dry_run_hash);
  const lines = await rewards.call(auditor, 'GET', `${url(run, '/lines')}?state=held`);
  expect(lines.body.data).toMatchObject([
    { client_id: publicId('client', held.uuid), state: 'held', reason: 'hold', owed: '1', amount: '0' },
  ]);
});

it('holds a line whose client is held, or closed, between approval and payment', async () => {
  await open({ PAYOUT_CHUNK: '2' });
  const [a, held, closed] = [await rewards.client(), await rewards.client(), await rewards.client()];
  await rewards.earn(
    [
      [a, ETH],
      [held, ETH],
      [closed, ETH],
    ],
    3n * ETH,
  );
  const run = await drawn();
  await rewards.verify();
  await rewards.hold(held);
  await rewards.standing(closed, 'closed');
  await rewards.posting().postAll();
  expect(await rewards.runRow(run)).toMatchObject({ state: 'reconciled', paid: String(ETH), returned: String(2n * ETH), lines_paid: 1 });
  const reasons = await rewards.query(`SELECT client_id, reason FROM rewards.payout_line WHERE run_id = $1 AND state = 'held'`, [run]);
  expect(reasons).toEqual(
    expect.arrayContaining([
      { client_id: held.uuid, reason: 'hold' },
      { client_id: closed.uuid, reason: 'closed' },
    ]),
  );
  expect(await rewards.balance('client.rewards', closed.uuid)).toBe(ETH);
  await rewards.closes();
});
