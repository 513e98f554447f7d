import { amount, newUuid, refuse } from '#kernel';
import { CREDENTIALS, ETH, OpenStaking, operationId, POOL, type Person } from '../staking.spec-support.js';
import { TransactionsProcessor } from '../transactions/transactions.processor.js';
import { BatchesProcessor } from './batches.processor.js';

const STRANGER = `0x01${'0'.repeat(22)}${'ee'.repeat(20)}`;
let s: OpenStaking;
let ada: Person;
let bo: Person;
beforeEach(async () => {
  s = await OpenStaking.ready();
  ada = await s.funded(40n * ETH);
  bo = await s.funded(40n * ETH);
});
afterEach(() => s.close());

const states = async (): Promise<string[]> =>
  (await s.query<{ state: string }>('SELECT state FROM staking.batch ORDER BY created_at, id')).map((b) => b.state);
const incidents = () =>
  s.query<{ kind: string; details: Record<string, string> }>(`SELECT kind, details FROM staking.incident WHERE state = 'open'`);
const cancel = (who: Person, id: string) => s.call(who, 'POST', `/v1/staking/operations/${id}/cancel`);
const later = async (): Promise<void> => {
  s.clock.advance(20_000);
  await s.schedules().allocate();
};

it('loses 1 ETH at most to a stranger who got ahead: the rest queues again in its place, people are told', async () => {
  const [first, second] = [operationId(await s.stake(ada, '20')), operationId(await s.stake(bo, '12'))];
  const pubkey = await s.predeposit(STRANGER);
  expect(await states()).toEqual(['compromised']);
  expect(await incidents()).toMatchObject([
    { kind: 'deposit.foreign_credentials', details: { pubkey, found: STRANGER, lost_atomic: String(ETH) } },
  ]);
  expect(await s.operation(ada, first)).toMatchObject({
    state: 'queued',
    cancellable: true,
    reason: { code: 'stake.under_investigation' },
    parts: [{ state: 'frozen', amount: '0.625' }],
  });
  expect(await s.balance('client.staking', ada.uuid)).toBe((20n * ETH) / 32n);
  expect(await s.balance('client.reserved', bo.uuid)).toBe(12n * ETH - (12n * ETH) / 32n);
  await s.closes();

  await s.stake(bo, '1');
  const good = await s.fillValidator(); // what queued again fills the next one, with another key
  expect(good).not.toBe(pubkey);
  await s.report([{ pubkey: good }]);
  const { state, parts } = await s.operation(bo, second);
  expect([state, parts.map((part: { state: string }) => part.state).sort()]).toEqual(['submitted', ['frozen', 'minted']]);
  expect(await s.balance('client.shares', ada.uuid, 'ETH-PAYOUT-1')).toBe(20n * ETH - (20n * ETH) / 32n);
  await s.closes();
});

it('gives back what queues again after a stranger got ahead', async () => {
  const id = operationId(await s.stake(ada, '32'));
  await s.predeposit(STRANGER);
  expect((await cancel(ada, id)).body).toMatchObject({ state: 'submitted', amounts: { cancelled: { amount: '31' } }, cancellable: false });
  expect(await s.balance('client.available', ada.uuid)).toBe(39n * ETH);
  await s.closes();
});

it('asks for the rest until it is there: refused data, a reverted deposit, a signer that will not', async () => {
  await s.stake(ada, '32');
  const pubkey = await s.predeposit();
  await s.schedules().allocate();
  const asked = (await s.said('deposit_data.request@1')).at(-1);
  await s.hear(BatchesProcessor, 'refused', { requestId: asked.requestId, code: 'keys.locked', detail: 'locked' });
  expect(await states()).toEqual(['proven']);
  await s.schedules().allocate();
  expect(await states()).toEqual(['proven']); // not before its time
  await later();
  await s.signKeys();
  await s.schedules().allocate();
  await s.send('stake_top_up', false);
  expect(await states()).toEqual(['proven']); // the signer funds each message once: another one is asked for
  expect(await s.balance('client.staking', ada.uuid)).toBe(32n * ETH);
  await s.closes();
  await later();
  await s.signKeys();
  await s.schedules().allocate();
  const [one, two] = await s.requested('stake_top_up');
  expect(two.requestId).not.toBe(one.requestId);
  const refusal = { requestId: two.requestId, purpose: 'stake_top_up', code: 'signature.deposit_already_signed', detail: 'no' };
  await s.hear(TransactionsProcessor, 'refused', refusal);
  expect(await incidents()).toMatchObject([{ kind: 'deposit.rest_refused', details: { pubkey } }]);
  await later();
  await s.send('stake_top_up');
  expect(await states()).toEqual(['deposited']);
  expect(await s.balance('client.staking', ada.uuid)).toBe(32n * ETH); // it moved once
  s.chain.sees(pubkey, CREDENTIALS, { status: 'active' });
  await s.schedules().watch();
  expect(await s.said('validator.activated@1')).toMatchObject([{ pubkey, principal: String(32n * ETH) }]);
  expect(await s.balance('pool.bonding', POOL)).toBe(0n);
  await s.closes();
});

it('waits in silence for finality, and aloud for a key that must not get more', async () => {
  await s.stake(ada, '32');
  await s.predeposit();
  await s.schedules().allocate();
  await s.signKeys();
  s.chain.badTopUp = refuse('deposit.key_unknown', 'not final').refusal;
  await s.schedules().allocate();
  expect([await states(), await incidents()]).toEqual([['rest_data_signed'], []]);
  s.chain.badTopUp = refuse('deposit.slashed', 'slashed').refusal;
  await later();
  await later();
  expect(await incidents()).toHaveLength(1);
  expect(await s.requested('stake_top_up')).toEqual([]);
  s.chain.badTopUp = null;
  await later();
  expect(await states()).toEqual(['rest_requested']);
});

it('gives everything back when the first deposit reverts', async () => {
  const id = operationId(await s.stake(ada, '32'));
  await s.schedules().allocate();
  await s.signKeys();
  await s.schedules().allocate();
  await s.send('stake_deposit', false);
  expect(await s.operation(ada, id)).toMatchObject({ state: 'failed_reversed' });
  expect(await s.balance('client.available', ada.uuid)).toBe(40n * ETH);
  await s.closes();
});

it('keeps a batch on the way on which it started', async () => {
  await s.stake(ada, '32');
  await s.schedules().allocate();
  await s.query(`UPDATE staking.batch SET state = 'allocated', protection = 'head_checks'`);
  await s.schedules().allocate();
  expect((await s.said('deposit_data.request@1')).at(-1)).toMatchObject({ amountGwei: '32000000000' });
  const [key] = (await s.signKeys()).slice(-1);
  await s.schedules().allocate();
  await s.send('stake_deposit');
  s.chain.sees(key ?? '', CREDENTIALS);
  await s.schedules().watch();
  expect(await states()).toEqual(['active']);
  await s.closes();
});

it('refuses an answer of the signer that is for another key or another amount', async () => {
  await s.stake(ada, '32');
  const pubkey = await s.predeposit();
  for (const wrong of [{ pubkey: `0x${'ab'.repeat(48)}` }, { amountGwei: '32000000000' }, { withdrawalCredentials: STRANGER }]) {
    await later();
    const { requestId } = (await s.said('deposit_data.request@1')).at(-1);
    const right = { pubkey, withdrawalCredentials: CREDENTIALS, amountGwei: '31000000000', signature: `0x${'1'.repeat(192)}` };
    await s.hear(BatchesProcessor, 'signed', { requestId, ...right, depositDataRoot: `0x${'2'.repeat(64)}`, keyPath: 'm', ...wrong });
    expect(await states()).toEqual(['proven']);
  }
});

/** Small, seeded, the same on every run. */
function* numbers(seed: number): Generator<number, never> {
  for (let x = seed; ;) {
    x = (Math.imul(x, 1_664_525) + 1_013_904_223) >>> 0;
    yield x >>> 8;
  }
}

describe('in any order of messages, refusals, reverts and cancellations', () => {
  it.each([11, 37, 71])('nothing is lost and nothing stranded (walk %i)', async (seed) => {
    const dice = numbers(seed);
    const pick = <T>(list: readonly T[]): T | undefined => list[dice.next().value % list.length];
    const orders: [Person, string][] = [];
    const wire = ['stake_deposit', 'stake_top_up'] as const;
    const asked = async () => [...(await s.requested(wire[0])), ...(await s.requested(wire[1]))];
    const signed = new Map<string, string>();
    const steps: (() => Promise<unknown>)[] = [
      async () => {
        const who = pick([ada, bo]) ?? ada;
        const reply = await s.stake(who, String(1 + (dice.next().value % 19)));
        if (reply.status === 202) orders.push([who, operationId(reply)]);
      },
      () => s.schedules().allocate(),
      later,
      () => s.signKeys(),
      async () => {
        const of = pick(await s.said('deposit_data.request@1'));
        if (of && (await isCurrent(of.requestId)))
          await s.hear(BatchesProcessor, 'refused', { requestId: of.requestId, code: 'keys.locked', detail: 'no' });
      },
      async () => {
        const of = pick(await asked());
        if (of && !signed.has(of.requestId) && (await isCurrent(of.requestId)))
          signed.set(of.requestId, await s.sign(of.requestId, of.purpose));
      },
      async () => {
        const of = pick(await asked());
        if (!of || signed.has(of.requestId) || !(await isCurrent(of.requestId))) return;
        signed.set(of.requestId, 'never');
        await s.hear(TransactionsProcessor, 'refused', {
          requestId: of.requestId,
          purpose: of.purpose,
          code: 'gas.float_empty',
          detail: 'no gas',
        });
      },
      async () => {
        const [requestId, hash] = pick([...signed]) ?? [];
        const of = (await asked()).find((r) => r.requestId === requestId);
        if (requestId === undefined || !hash?.startsWith('0x') || !of) return;
        signed.set(requestId, 'final');
        await s.finalise(requestId, of.purpose, hash, dice.next().value % 4 > 0);
      },
      async () => {
        const [batch] = await s.query<{ pubkey: string }>(`SELECT pubkey FROM staking.batch WHERE state = 'predeposited'`);
        if (batch) s.chain.sees(batch.pubkey, dice.next().value % 3 === 0 ? STRANGER : CREDENTIALS, { status: 'pending' });
        const [full] = await s.query<{ pubkey: string }>(`SELECT pubkey FROM staking.batch WHERE state = 'deposited'`);
        if (full) s.chain.sees(full.pubkey, CREDENTIALS, { status: 'active' });
        await s.schedules().watch();
      },
      async () => {
        const [who, id] = pick(orders) ?? [];
        if (who && id && dice.next().value % 3 === 0) await cancel(who, id);
      },
    ];
    const isCurrent = async (id: string): Promise<boolean> =>
      (
        await s.query(
          'SELECT 1 FROM staking.batch WHERE $1 IN (transaction_request_id, top_up_request_id, key_request_id, top_up_key_request_id)',
          [id],
        )
      ).length > 0;
    for (let n = 0; n < 45; n++) {
      await pick(steps)?.();
      await conserved();
    }
    expect(orders.length).toBeGreaterThan(0);
  });

  async function conserved(): Promise<void> {
    await s.closes();
    const off = await s.query(
      `SELECT o.id FROM staking.orders o LEFT JOIN staking.order_part p ON p.order_id = o.id AND p.state <> 'returned'
        GROUP BY o.id HAVING o.unallocated + o.cancelled + coalesce(sum(p.amount), 0) <> o.accepted
       UNION ALL SELECT b.id FROM staking.batch b LEFT JOIN staking.order_part p ON p.batch_id = b.id AND p.state <> 'returned'
        WHERE b.state NOT IN ('dissolved') GROUP BY b.id HAVING b.fill + coalesce(sum(p.amount), 0) <> b.amount`,
    );
    expect(off).toEqual([]);
    for (const { uuid } of [ada, bo]) {
      const kinds = ['client.available', 'client.reserved', 'client.staking'] as const;
      const sums = await Promise.all(kinds.map((kind) => s.balance(kind, uuid)));
      expect(amount(sums.reduce((a, b) => a + b, 0n))).toBe(40n * ETH);
    }
  }
});

it('knows no batch for a request that nobody made', async () => {
  const step = { requestId: newUuid(), transactionId: newUuid(), purpose: 'stake_top_up', transactionHash: `0x${'1'.repeat(64)}` };
  await expect(s.hear(TransactionsProcessor, 'signed', step)).rejects.toMatchObject({ code: 'batch.request_unknown' });
});
