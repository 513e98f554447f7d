import { createHash } from 'node:crypto';
import { EntityManager } from 'typeorm';
import { newUuid } from '#kernel';
import { placeHold, releaseHold } from '#ledger';
import { RateStandingProcessor } from '../pools/rate-standing.processor.js';
import { ETH, OpenStaking, operationId, POOL, type Called, type Person } from '../staking.spec-support.js';
import { ExitSettlementService } from './exit-settlement.service.js';

let s: OpenStaking;
let ada: Person;
let bo: Person;
let maker: Person;
let officer: Person;
let pubkey: string;
beforeAll(async () => {
  s = await OpenStaking.ready({ INSTANT_EXIT: 'on', EXITS_AT_ONCE: '0', NETTING: 'off' });
  [ada, bo] = [await s.funded(16n * ETH), await s.funded(16n * ETH)];
  [maker, officer] = [await s.staff('treasury'), await s.staff('officer')];
  await s.stake(ada, '16');
  await s.stake(bo, '16');
  pubkey = await s.fillValidator();
  await s.report([{ pubkey }]);
});
afterAll(() => s.close());

const codeOf = ({ status, body }: Called) => [status, body.code];
const sell = (who: Person, body: object, key?: string) =>
  s.call(who, 'POST', '/v1/staking/unstakes', { product_id: 'eth-payout', instant: true, ...body }, key);
const quote = (who: Person, query: string) => s.call(who, 'GET', `/v1/staking/instant-quote?product_id=eth-payout&${query}`);
const cancel = (who: Person, id: string) => s.call(who, 'POST', `/v1/staking/operations/${id}/cancel`);
const queueOf = async (who: Person) =>
  (await s.call(who, 'GET', '/v1/staking/withdrawal-queue')).body.data.find((q: { pool_id: string }) => q.pool_id === POOL);
async function setTerms(terms: object): Promise<Called> {
  const proposed = await s.call(maker, 'POST', '/v1/staking/proposals', {
    kind: 'instant_terms',
    pool_id: POOL,
    comment: 'as agreed',
    terms,
  });
  if (proposed.status !== 201) return proposed;
  return s.call(officer, 'POST', `/v1/staking/proposals/${proposed.body.id}/approve`, { comment: 'as agreed' });
}
const TERMS = { enabled: true, min_spread_bps: 20, max_spread_bps: 220, full_buffer_atomic: String(10n * ETH) };

describe('an instant exit', () => {
  it('waits for the second report: with one nobody knows when the next is due', async () => {
    expect(await setTerms(TERMS)).toMatchObject({ status: 200 });
    expect(codeOf(await sell(ada, { amount: '1' }))).toEqual([409, 'instant.report_due']);
    s.clock.advance(30_000);
    await s.report([{ pubkey }]);
    expect(await setTerms({ ...TERMS, enabled: false })).toMatchObject({ status: 200 });
  });

  it('is offered when two people have set its terms, which must make sense', async () => {
    expect(codeOf(await sell(ada, { amount: '1' }))).toEqual([409, 'instant.not_offered']);
    expect(codeOf(await setTerms({ ...TERMS, min_spread_bps: 300 }))).toEqual([422, 'instant.terms_impossible']);
    expect(codeOf(await setTerms({ ...TERMS, full_buffer_atomic: '0' }))).toEqual([400, 'validation.failed']);
    expect(await setTerms(TERMS)).toMatchObject({ status: 200, body: { state: 'done' } });
    expect(codeOf(await sell(ada, { amount: '1' }))).toEqual([409, 'instant.buffer_too_small']);
    expect(codeOf(await setTerms({ ...TERMS, min_spread_bps: 0 }))).toEqual([400, 'validation.failed']);
    const [product] = await s.query<{ minimum: string }>('SELECT minimum::text FROM staking.product WHERE pool_id = $1', [POOL]);
    const minimum = product?.minimum ?? '';
    const short = await setTerms({ ...TERMS, full_buffer_atomic: String(BigInt(minimum) - 1n) });
    expect([...codeOf(short), short.body.facts.minimum_atomic]).toEqual([422, 'instant.terms_impossible', minimum]);
    await s.book(['deposit.unattributed', null, 10n * ETH], ['unattributed.to_instant_buffer', POOL, 10n * ETH]);
    await s.closes();
  });

  it('says what it would pay, and then pays it, once', async () => {
    const told = await quote(ada, 'shares=5');
    expect(told.body).toMatchObject({
      value: { amount: '5' },
      spread_bps: 70,
      pays: { amount: '4.965' },
      buffer_left: { amount: '5.035' },
    });
    expect(codeOf(await sell(ada, { shares: '5', least_amount: '4.9651' }))).toEqual([409, 'instant.moved']);
    const key = newUuid();
    const sold = await sell(ada, { shares: '5', least_amount: '4.965' }, key);
    expect(sold).toMatchObject({
      status: 200,
      body: {
        type: 'unstake',
        state: 'instant_settled',
        cancellable: false,
        amounts: { settled: { amount: '4.965' } },
        instant: { spread_bps: 70 },
      },
    });
    expect((await sell(ada, { shares: '5', least_amount: '4.965' }, key)).headers['idempotent-replayed']).toBe('true');
    expect(await s.balance('client.available', ada.uuid)).toBe((4_965n * ETH) / 1_000n);
    expect(await s.balance('client.shares', ada.uuid, 'ETH-PAYOUT-1')).toBe(11n * ETH);
    expect(await s.balance('pool.instant_shares', POOL, 'ETH-PAYOUT-1')).toBe(5n * ETH);
    expect(await s.balance('pool.instant_buffer', POOL)).toBe((5_035n * ETH) / 1_000n);
    expect(codeOf(await cancel(ada, operationId(sold)))).toEqual([409, 'operation.not_cancellable']);
    expect((await s.acts(ada)).at(-1)).toMatchObject({ action: 'unstake.instant' });
    await s.closes();
    // a second one of as much costs more
    expect((await quote(ada, 'shares=5')).body.spread_bps).toBeGreaterThan(160);
  });

  it('refuses what is not there, what is held, and where the rate may be stale; nothing moves', async () => {
    const before = await s.balance('pool.instant_buffer', POOL);
    expect(codeOf(await sell(ada, { shares: '11.5' }))).toEqual([422, 'unstake.insufficient_shares']);
    expect(codeOf(await sell(ada, { shares: '6' }))).toEqual([409, 'instant.buffer_too_small']);
    expect(codeOf(await sell(ada, {}))).toEqual([422, 'unstake.amount_or_shares']);
    expect(codeOf(await sell(ada, { shares: '1', product_id: 'none' }))).toEqual([422, 'stake.unknown_product']);
    expect(codeOf(await s.call(ada, 'POST', '/v1/staking/unstakes', { product_id: 'eth-payout', shares: '1', least_amount: '1' }))).toEqual(
      [400, 'validation.failed'],
    );
    for (const standing of ['late', 'held', 'current'] as const) {
      await s.hear(RateStandingProcessor, 'standing', { poolId: POOL, standing, since: s.clock.now().toISOString() });
      if (standing !== 'current') expect(codeOf(await sell(ada, { shares: '1' }))).toEqual([409, 'instant.rate_not_current']);
    }
    for (const [broken, mended] of [
      [`UPDATE staking.validator SET state = 'slashed'`, `UPDATE staking.validator SET state = 'active'`],
      [
        `INSERT INTO staking.incident (id, pool_id, kind, subject, state, details, created_at, state_since, version)
           VALUES (gen_random_uuid(), '${POOL}', 'validator.slashed', '${pubkey}', 'open', '{}', now(), now(), 1)`,
        `UPDATE staking.incident SET state = 'closed'`,
      ],
    ] as const) {
      await s.query(broken);
      expect(codeOf(await sell(ada, { shares: '1' }))).toEqual([409, 'instant.paused']);
      await s.query(mended);
    }
    const compliance = await s.database.transactor('compliance');
    const hold = {
      holdId: newUuid(),
      owner: bo.uuid,
      scopes: ['unstake'],
      reason: 'screening',
      legalBasis: 'AMLO',
      placedBy: 'officer',
    } as const;
    await compliance.run((em) => placeHold(em, { ...hold, scopes: [...hold.scopes] }));
    expect(codeOf(await sell(bo, { shares: '1' }))).toEqual([423, 'stake.under_review']);
    await compliance.run((em) => releaseHold(em, { holdId: hold.holdId, releasedBy: 'officer', reason: 'cleared' }));
    expect(await s.balance('pool.instant_buffer', POOL)).toBe(before);
    await s.closes();
  });
});

interface Proof {
  leaf: string;
  leaf_hash: string;
  path: { side: 'left' | 'right'; hash: string }[];
  place: string;
  state: string;
  checkpoint: Checkpoint;
}
interface Checkpoint extends Record<string, unknown> {
  number: number;
  root: string;
  previous: string;
  hash: string;
  fixed: Record<string, string>;
  finalised: Record<string, string>;
}
const sha256 = (...parts: (Buffer | string)[]): Buffer => parts.reduce((hash, part) => hash.update(part), createHash('sha256')).digest();
const line = (sums: Record<string, string>): string => `${sums['place']} ${sums['shares_atomic']} ${sums['nominal_atomic']}`;

/** docs/exit-queue.md, step by step, from the JSON alone. */
function checks({ leaf, path, checkpoint: c }: Proof): boolean {
  const [, pool, place] = leaf.split('\n');
  let [i, n] = [Number(place) - Number(c['from_place']) - 1, Number(c['to_place']) - Number(c['from_place'])];
  if (pool !== c['pool_id'] || i < 0 || i >= n) return false;
  let hash = sha256(Buffer.of(0), leaf);
  const steps = [...path];
  for (; n > 1; i = Math.floor(i / 2), n = Math.ceil(n / 2)) {
    if (i % 2 === 0 && i + 1 === n) continue;
    const step = steps.shift();
    if (step?.side !== (i % 2 === 1 ? 'left' : 'right')) return false;
    const sibling = Buffer.from(step.hash, 'hex');
    hash = step.side === 'left' ? sha256(Buffer.of(1), sibling, hash) : sha256(Buffer.of(1), hash, sibling);
  }
  if (steps.length > 0) return false;
  const text = ['bailee exit checkpoint v1', c['pool_id'], c.number, c['report'], c['published_at'], c['from_place'], c['to_place']];
  const whole = [...text, line(c.fixed), line(c.finalised), c.root, c.previous].join('\n');
  return hash.toString('hex') === c.root && sha256(whole).toString('hex') === c.hash;
}

describe('an exit by the queue', () => {
  let [first, second, taken] = ['', '', ''];
  const proofOf = async (who: Person, id: string) => s.call(who, 'GET', `/v1/staking/operations/${id}/exit-proof`);

  it('may be taken back until its nominal is fixed, and keeps its place then', async () => {
    first = operationId(await s.unstake(ada, '3'));
    taken = operationId(await s.unstake(bo, '2'));
    second = operationId(await s.unstake(bo, '7'));
    expect(codeOf(await proofOf(ada, first))).toEqual([409, 'exit_queue.not_published']);
    expect((await cancel(bo, taken)).body).toMatchObject({ state: 'cancelled' });
    expect((await queueOf(ada)).yours).toMatchObject([{ operation_id: first, place: null, state: 'waiting', before: { amount: '5' } }]);
    await s.report([{ pubkey }]);
    expect(codeOf(await cancel(ada, first))).toEqual([409, 'operation.not_cancellable']);
    expect(await queueOf(bo)).toMatchObject({
      orders: 3,
      nominal: { amount: '15' },
      yours: [
        {
          operation_id: second,
          place: '4',
          state: 'fixed',
          amount: '7',
          before: { amount: '8' },
          eta: { p90_seconds: expect.any(Number) },
        },
      ],
    });
    await s.closes();
  });

  it('is shown by one look at its pool, however many requests its client has; so is the pool', async () => {
    const asked: string[] = [];
    const query = EntityManager.prototype.query;
    EntityManager.prototype.query = function (this: EntityManager, sql: string, ...more: never[]) {
      asked.push(sql);
      return query.call(this, sql, ...more);
    } as typeof query;
    const looks = async (look: () => Promise<unknown>): Promise<number[]> => {
      asked.length = 0;
      await look();
      return [/to_place::text AS place.*exit_range/s, /count.*state = 'waiting'$/s].map(
        (what) => asked.filter((sql) => what.test(sql)).length,
      );
    };
    try {
      const products = (await s.query('SELECT 1 FROM staking.product')).length;
      expect(await looks(() => queueOf(bo))).toEqual([products, products]);
      expect(await looks(() => s.call(null, 'GET', `/v1/staking/pools/${POOL}`))).toEqual([1, 1]);
    } finally {
      EntityManager.prototype.query = query;
    }
  });

  it('can be proved to stand where it stands, in an order that is published', async () => {
    for (const [who, id, place, state] of [
      [ada, first, '2', 'queued'],
      [bo, taken, '3', 'cancelled'],
      [bo, second, '4', 'queued'],
    ] as const) {
      const { body } = await proofOf(who, id);
      const proof = body as Proof;
      expect([proof.place, proof.state, checks(proof)]).toEqual([place, state, true]);
      expect(checks({ ...proof, leaf: proof.leaf.replace(`\n${place}\n`, '\n1\n') })).toBe(false);
    }
    expect(codeOf(await proofOf(bo, first))).toEqual([404, 'not_found']);
  });

  it('is paid in order, a chunk at a time, whoever is killed in between; what the instant buffer bought comes back to it', async () => {
    await s.report([{ pubkey, withdrawn: 32n * ETH, emptied: true }]);
    expect(await s.balance('pool.exits_payable', POOL)).toBe(15n * ETH);
    expect(await s.operation(ada, first)).toMatchObject({
      state: 'accepted',
      eta: { basis: expect.stringContaining('its rate is final') },
    });
    await s.closes();
    const settlement = s.service(ExitSettlementService);
    class Killed extends Error {}
    const killed = s.run(async (em) => {
      await settlement.settleNext(em, POOL, 1);
      throw new Killed();
    });
    await expect(killed).rejects.toThrow(Killed);
    expect(await s.run((em) => settlement.settleNext(em, POOL, 1))).toBe(1);
    await s.closes();
    expect(await s.balance('pool.instant_buffer', POOL)).toBe((10_035n * ETH) / 1_000n);
    expect(await settlement.settleAll(POOL, 1)).toBe(2);
    expect(await settlement.settleAll(POOL)).toBe(0);
    expect(await s.operation(ada, first)).toMatchObject({ state: 'settled', amounts: { settled: { amount: '3' } } });
    expect(await s.operation(bo, second)).toMatchObject({ state: 'settled', amounts: { settled: { amount: '7' } } });
    expect(await s.balance('client.available', bo.uuid)).toBe(7n * ETH);
    expect(await s.balance('pool.exits_payable', POOL)).toBe(0n);
    expect(await s.balance('pool.instant_shares', POOL, 'ETH-PAYOUT-1')).toBe(0n);
    await s.closes();
    const buffer = await s.call(officer, 'GET', `/v1/staking/instant-buffers/${POOL}`);
    expect(buffer.body).toMatchObject({ offered: true, exits: 1, spread_taken: { amount: '0.035' }, refilled: { amount: '5' } });
  });

  it('publishes a checkpoint for each report that changed the queue, each covering the one before', async () => {
    await s.report([]);
    const list = (await s.call(null, 'GET', `/v1/staking/exit-queues/${POOL}/checkpoints`)).body.data as Checkpoint[];
    expect(list.map(({ number, from_place, to_place, finalised }) => [number, from_place, to_place, finalised['place']])).toEqual([
      [2, '4', '4', '4'],
      [1, '0', '4', '0'],
    ]);
    expect(list[0]?.previous).toBe(list[1]?.hash);
    expect(list[1]?.previous).toBe('0'.repeat(64));
    const recorded = await s.query(
      `SELECT details->>'hash' AS hash FROM audit.event WHERE action = 'exit_queue.publish' ORDER BY seq DESC`,
    );
    expect(recorded).toEqual(list.map(({ hash }) => ({ hash })));
    expect(codeOf(await s.call(null, 'GET', '/v1/staking/exit-queues/none/checkpoints'))).toEqual([404, 'not_found']);
    const paged = await s.call(null, 'GET', `/v1/staking/exit-queues/${POOL}/checkpoints?limit=1`);
    const next = await s.call(null, 'GET', `/v1/staking/exit-queues/${POOL}/checkpoints?limit=1&cursor=${paged.body.page.next_cursor}`);
    expect([paged.body.data[0].number, next.body.data[0].number, next.body.page.has_more]).toEqual([2, 1, false]);
  });

  it('finds no instant exit while a report is due', async () => {
    s.clock.advance(60_000);
    expect(codeOf(await sell(ada, { shares: '1' }))).toEqual([409, 'instant.report_due']);
  });
});
