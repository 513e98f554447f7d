import { createHash } from 'node:crypto';
import { amount, newUuid, uuid5 } from '#kernel';
import { placeHold, releaseHold } from '#ledger';
import { ETH, OpenStaking, POOL, type Person } from '../staking.spec-support.js';
import { linesFor } from './distribution.js';
import { DistributionPosting } from './posting.service.js';

let s: OpenStaking;
let ada: Person;
let bo: Person;
let [treasury, officer]: (Person | undefined)[] = [];
const LOST = 1_000n;

/** ada has two thirds, bo one; a report lost 1,000 of theirs. */
const open = async (env: Record<string, string> = {}): Promise<void> => {
  s = await OpenStaking.ready({ LOSS_SNAPSHOT_BPS: '0', ...env });
  [ada, bo] = [await s.funded(100n * ETH), await s.funded(100n * ETH)];
  await s.stake(ada, '32');
  const first = await s.fillValidator();
  await s.stake(ada, '32');
  const second = await s.fillValidator();
  await s.stake(bo, '32');
  const pubkey = await s.fillValidator();
  await s.report([{ pubkey: first }, { pubkey: second }, { pubkey }]);
  await s.report([{ pubkey: first, reward: -LOST }, { pubkey: second }, { pubkey }]);
  [treasury, officer] = [await s.staff('treasury'), await s.staff('officer')];
};
afterEach(() => s.close());

const loss = async (): Promise<string> => (await s.query<{ id: string }>('SELECT id FROM staking.loss'))[0]?.id ?? '';
const give = (kind: 'to_recovery' | 'to_cover_fund' | 'to_first_loss' | 'to_operator_bond', units: bigint, owner: string | null = null) =>
  s.book(['deposit.unattributed', null, units], [`unattributed.${kind}`, owner, units]);
const propose = async (sources: object[], who = treasury) =>
  s.call(who ?? null, 'POST', '/v1/staking/proposals', {
    pool_id: POOL,
    kind: 'recovery',
    terms: { loss_id: await loss(), sources },
    comment: 'they owe it to them',
  });
const decide = (id: string, who = officer, event = 'approve') =>
  s.call(who ?? null, 'POST', `/v1/staking/proposals/${id}/${event}`, { comment: 'seen' });
const recovered = (units: bigint) => [{ from: 'recovered', amount_atomic: String(units) }];
const distributed = async (sources: object[]): Promise<string> => {
  expect(await decide((await propose(sources)).body.id)).toMatchObject({ status: 200, body: { state: 'done' } });
  const rows = await s.query<{ id: string }>('SELECT id FROM staking.distribution ORDER BY created_at');
  return rows.at(-1)?.id ?? '';
};
const pay = () => s.service(DistributionPosting).postAll();
const lines = () => s.query(`SELECT client_id AS client, amount::text, state, reason FROM staking.distribution_line ORDER BY amount DESC`);

it('gives back by who held at the loss, those who left since too, and ends at exactly nothing', async () => {
  await open();
  await give('to_recovery', 301n, POOL);
  const before = [await s.balance('client.available', ada.uuid), await s.balance('client.available', bo.uuid)] as const;
  await s.query(`DELETE FROM staking.holder WHERE client_id = $1`, [bo.uuid]); // has left since
  const made = await propose(recovered(301n));
  const split = linesFor(amount(301n), [
    { clientId: ada.uuid, weight: 2n },
    { clientId: bo.uuid, weight: 1n },
  ]);
  expect(made).toMatchObject({
    status: 201,
    body: {
      dry_run: {
        clients: '2',
        total_atomic: '301',
        largest_line_atomic: '201',
        lost_by_clients_atomic: '1000',
        given_back_before_atomic: '0',
      },
    },
  });
  const text = split.map((line) => `${line.clientId}:${line.amount}`).join('\n');
  expect(made.body.dry_run.lines_hash).toBe(createHash('sha256').update(text).digest('hex'));
  expect(await s.query('SELECT 1 FROM staking.distribution_line')).toEqual([]);
  await decide(made.body.id);
  await pay();
  expect(await lines()).toEqual([
    { client: ada.uuid, amount: '201', state: 'paid', reason: null },
    { client: bo.uuid, amount: '100', state: 'paid', reason: null },
  ]);
  expect(await s.balance('client.available', ada.uuid)).toBe(before[0] + 201n);
  expect(await s.balance('client.available', bo.uuid)).toBe(before[1] + 100n);
  expect(await s.balance('pool.recovery', POOL)).toBe(0n);
  expect(await s.query('SELECT state, paid::text FROM staking.distribution')).toEqual([{ state: 'settled', paid: '301' }]);
  expect((await s.call(bo, 'GET', '/v1/staking/reimbursements')).body.data).toMatchObject([
    { type: 'cover_reimbursement', product_id: 'eth-payout', amount_atomic: '100', state: 'paid', of_loss: { report: 2 } },
  ]);
  await pay();
  expect(await s.balance('client.available', ada.uuid)).toBe(before[0] + 201n);
});

it('takes from bonds, fund, first loss and what was recovered, together, and not more than was lost or than there is', async () => {
  await open();
  await give('to_operator_bond', 10n, 'op-a');
  await give('to_operator_bond', 10n, 'op-b');
  await give('to_cover_fund', 20n);
  await give('to_first_loss', 2_000n);
  await give('to_recovery', 40n, POOL);
  const code = async (sources: object[]) => (await propose(sources)).body.code as string;
  const bond = (operator: string, units: number) => ({ from: 'operator_bond', operator_id: operator, amount_atomic: String(units) });
  expect(await code([bond('op-a', 11)])).toBe('recovery.more_than_there_is');
  expect(await code([bond('op-c', 1)])).toBe('recovery.more_than_there_is');
  expect(await code([bond('op-a', 1), bond('op-a', 2)])).toBe('recovery.incomplete');
  expect(await code([{ from: 'operator_bond', amount_atomic: '1' }])).toBe('recovery.incomplete');
  expect(await code([{ from: 'cover_fund', operator_id: 'op-a', amount_atomic: '1' }])).toBe('recovery.incomplete');
  expect(await code([{ from: 'first_loss', amount_atomic: '1001' }])).toBe('recovery.more_than_lost');
  expect(await code(recovered(41n))).toBe('recovery.more_than_there_is');
  expect(await code([{ from: 'first_loss', amount_atomic: '0' }])).toBe('validation.failed');
  expect(await code([{ from: 'the_house', amount_atomic: '1' }])).toBe('validation.failed');
  expect(await code([])).toBe('validation.failed');
  const all = [
    bond('op-a', 10),
    bond('op-b', 10),
    { from: 'cover_fund', amount_atomic: '20' },
    { from: 'first_loss', amount_atomic: '30' },
    ...recovered(40n),
  ];
  await distributed(all);
  expect(await s.balance('pool.recovery', POOL)).toBe(110n);
  expect([
    await s.balance('cover.operator_bond', 'op-a'),
    await s.balance('cover.operator_bond', 'op-b'),
    await s.balance('cover.fund', 'ethereum'),
  ]).toEqual([0n, 0n, 0n]);
  expect(await s.balance('cover.first_loss', 'ethereum')).toBe(1_970n);
  expect(await code(recovered(1n))).toBe('recovery.more_than_there_is'); // all of it is promised
  expect(await code([{ from: 'first_loss', amount_atomic: '891' }])).toBe('recovery.more_than_lost');
  await pay();
  expect(await s.balance('pool.recovery', POOL)).toBe(0n);
  await s.closes();
});

it('is proposed by one and decided by an officer who is another, on what both have seen', async () => {
  await open();
  await give('to_recovery', 300n, POOL);
  const own = await propose(recovered(300n), officer);
  expect((await decide(own.body.id, officer)).body.code).toBe('proposal.same_person');
  expect((await decide(own.body.id, treasury)).body.code).toBe('proposal.not_yours');
  expect((await propose(recovered(1n), await s.staff('auditor'))).status).toBe(403);
  expect((await propose(recovered(1n), ada)).status).toBe(403);
  const twice = await propose(recovered(300n));
  expect((await decide(own.body.id, await s.staff('senior_officer'))).status).toBe(200);
  expect((await decide(twice.body.id)).body.code).toBe('recovery.more_than_there_is'); // gone since it was proposed
  expect(await s.query('SELECT count(*)::int AS n FROM staking.distribution')).toEqual([{ n: 1 }]);
  const changed = await give('to_recovery', 300n, POOL).then(() => propose(recovered(300n)));
  await s.query(`UPDATE staking.loss_holder SET weight = weight * 2 WHERE client_id = $1`, [bo.uuid]);
  expect((await decide(changed.body.id)).body.code).toBe('recovery.changed');
  expect(
    (
      await s.call(treasury ?? null, 'POST', '/v1/staking/proposals', {
        pool_id: POOL,
        kind: 'recovery',
        terms: { loss_id: newUuid(), sources: recovered(1n) },
        comment: 'none',
      })
    ).body.code,
  ).toBe('recovery.loss_unknown');
});

it('keeps the lines of held and closed accounts, visibly, and pays them when they may be paid', async () => {
  await open();
  await give('to_recovery', 300n, POOL);
  const compliance = await s.database.transactor('compliance');
  const holdId = newUuid();
  await compliance.run((em) => placeHold(em, { holdId, owner: ada.uuid, scopes: ['payout'], reason: 'x', legalBasis: 'y', placedBy: 'z' }));
  await s.query(`UPDATE staking.standing SET state = 'closed' WHERE client_id = $1`, [bo.uuid]);
  const id = await distributed(recovered(300n));
  await pay();
  expect(await lines()).toMatchObject([
    { client: ada.uuid, state: 'held', reason: 'account.held' },
    { client: bo.uuid, state: 'held', reason: 'account.closed' },
  ]);
  expect((await s.call(officer ?? null, 'GET', `/v1/staking/distributions/${id}`)).body).toMatchObject({
    state: 'waiting',
    left: { amount_atomic: '300' },
    by_state: { held: { lines: 2, amount_atomic: '300' }, paid: { lines: 0 } },
  });
  expect((await s.call(officer ?? null, 'GET', `/v1/staking/distributions/${id}/lines?state=held`)).body.data).toHaveLength(2);
  expect((await s.call(ada, 'GET', '/v1/staking/reimbursements')).body.data).toMatchObject([{ state: 'pending', amount_atomic: '200' }]);
  expect((await s.call(ada, 'GET', `/v1/staking/distributions/${id}`)).status).toBe(403);
  await pay();
  await compliance.run((em) => releaseHold(em, { holdId, releasedBy: 'z', reason: 'cleared' }));
  await pay();
  expect(await lines()).toMatchObject([{ state: 'paid', reason: null }, { state: 'held' }]);
  expect(await s.balance('pool.recovery', POOL)).toBe(100n);
  await s.query(`UPDATE staking.standing SET state = 'approved' WHERE client_id = $1`, [bo.uuid]);
  await pay();
  expect(await s.query('SELECT state FROM staking.distribution')).toEqual([{ state: 'settled' }]);
  expect(await s.balance('pool.recovery', POOL)).toBe(0n);
});

it('goes on where it was stopped, chunk by chunk, two instances at once, and pays nobody twice', async () => {
  await open({ DISTRIBUTE_CHUNK: '3' });
  const crowd = Array.from({ length: 10 }, (_, i) => uuid5('holder', String(i)));
  await s.query(`DELETE FROM staking.loss_holder`);
  for (const [i, client] of crowd.entries())
    await s.query(`INSERT INTO staking.loss_holder (loss_id, client_id, weight) SELECT id, $1, $2::numeric FROM staking.loss`, [
      client,
      String(i + 1),
    ]);
  await give('to_recovery', 777n, POOL);
  const id = await distributed(recovered(777n));
  const posting = s.service(DistributionPosting);
  expect(await posting.once(id)).toBe(true);
  // a kill between money and commit: the transaction never was
  await expect(
    s.run(async (em) => {
      await (posting as unknown as { payChunk(em: unknown, id: string): Promise<boolean> }).payChunk(em, id);
      throw new Error('killed');
    }),
  ).rejects.toThrow('killed');
  expect(await s.query(`SELECT count(*)::int AS n FROM staking.distribution_line WHERE state = 'paid'`)).toEqual([{ n: 3 }]);
  await Promise.all([posting.advance(id), posting.advance(id)]);
  const wanted = linesFor(
    amount(777n),
    crowd.map((clientId, i) => ({ clientId, weight: BigInt(i + 1) })),
  );
  for (const { clientId, amount: units } of wanted) expect(await s.balance('client.available', clientId)).toBe(units);
  expect(await s.balance('pool.recovery', POOL)).toBe(0n);
  expect(await s.query('SELECT state FROM staking.distribution')).toEqual([{ state: 'settled' }]);
});
