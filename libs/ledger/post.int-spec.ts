import { amount, uuid5, newUuid } from '#kernel';
import { createTestDatabase, type TestDatabase } from '#testing';
import type { Transactor } from '#database';
import { balanceOf, chartDrift, entries, mustPost, outcomeOf, post, type AccountRef, type Posting } from './index.js';

const NOW = new Date('2026-01-01T00:00:00.000Z');
let database: TestDatabase;
let custody: Transactor;
let staking: Transactor;

beforeAll(async () => {
  database = await createTestDatabase();
  custody = await database.transactor('custody');
  staking = await database.transactor('staking');
});
afterAll(() => database.close());

const client = (kind: 'available' | 'reserved' | 'suspense', owner: string): AccountRef => ({
  kind: `client.${kind}`,
  owner,
  asset: 'ETH',
});
const wallet = (owner: string): AccountRef => ({ kind: 'trust.wallet', owner, asset: 'ETH' });
const posting = (kind: Posting['kind'], debit: AccountRef, credit: AccountRef, units: bigint, more: Partial<Posting> = {}): Posting => ({
  key: newUuid(),
  kind,
  debit,
  credit,
  amount: amount(units),
  effectiveAt: NOW,
  reference: uuid5('test', 'cause'),
  ...more,
});

/** A client with money free to use, and the wallet that holds it. */
async function funded(units: bigint): Promise<{ owner: string; wallet: AccountRef }> {
  const owner = newUuid();
  const held = wallet(newUuid());
  await custody.run((em) =>
    mustPost(em, [
      posting('deposit.receive', held, client('suspense', owner), units),
      posting('deposit.release', client('suspense', owner), client('available', owner), units),
    ]),
  );
  return { owner, wallet: held };
}

describe('post', () => {
  it('has the chart of this code', async () => {
    expect(await custody.run(chartDrift)).toEqual([]);
  });

  it('moves money and says both balances after it', async () => {
    const { owner, wallet: held } = await funded(10n ** 18n);
    const outcome = await staking.run((em) =>
      post(em, [posting('stake.reserve', client('available', owner), client('reserved', owner), 4n * 10n ** 17n)]),
    );
    expect(outcome).toEqual([{ status: 'posted', debitBalance: 6n * 10n ** 17n, creditBalance: 4n * 10n ** 17n }]);
    await custody.run(async (em) => {
      expect(await balanceOf(em, client('available', owner))).toBe(6n * 10n ** 17n);
      expect(await balanceOf(em, held)).toBe(-(10n ** 18n));
    });
  });

  it('replays a stored outcome, refusals too, and calls another request a conflict', async () => {
    const { owner } = await funded(5n);
    const good = posting('stake.reserve', client('available', owner), client('reserved', owner), 3n);
    const bad = posting('stake.reserve', client('available', owner), client('reserved', owner), 9n);
    const first = await staking.run((em) => post(em, [good]));
    expect(await staking.run((em) => post(em, [bad]))).toEqual([{ status: 'refused', reason: 'insufficient' }]);
    await staking.run((em) => post(em, [posting('stake.return', client('reserved', owner), client('available', owner), 3n)]));
    await funded(1n);
    expect(await staking.run((em) => post(em, [good]))).toEqual(first);
    expect(await staking.run((em) => post(em, [good, bad]))).toEqual([...first, { status: 'refused', reason: 'insufficient' }]);
    expect(await staking.run((em) => post(em, [{ ...good, amount: amount(2n) }]))).toEqual([{ status: 'refused', reason: 'conflict' }]);
    expect(await staking.run((em) => outcomeOf(em, bad.key))).toEqual({ status: 'refused', reason: 'insufficient' });
    expect(await staking.run((em) => outcomeOf(em, newUuid()))).toBeNull();
  });

  it('keeps a wallet from giving what it does not have: a ceiling refuses like a floor', async () => {
    const { owner, wallet: held } = await funded(5n);
    const other = await funded(5n);
    await custody.run((em) =>
      mustPost(em, [
        posting('withdrawal.reserve', client('available', owner), client('reserved', owner), 5n),
        posting('withdrawal.reserve', client('available', other.owner), client('reserved', other.owner), 5n),
      ]),
    );
    const settle = (who: string): Posting => posting('withdrawal.settle', client('reserved', who), held, 5n);
    const outcomes = await custody.run((em) => post(em, [settle(owner), settle(other.owner)]));
    expect(outcomes).toEqual([
      { status: 'posted', debitBalance: 0n, creditBalance: 0n },
      { status: 'refused', reason: 'insufficient' },
    ]);
    expect(await custody.run((em) => post(em, [settle(other.owner)]))).toEqual([{ status: 'refused', reason: 'insufficient' }]);
    expect(await custody.run((em) => balanceOf(em, client('reserved', other.owner)))).toBe(5n);
  });

  it('lets a group stand or fall as one', async () => {
    const { owner } = await funded(5n);
    const reserve = (units: bigint, group?: string): Posting =>
      posting('stake.reserve', client('available', owner), client('reserved', owner), units, group ? { group } : {});
    const outcomes = await staking.run((em) =>
      post(em, [reserve(1n, 'a'), reserve(9n, 'a'), reserve(2n, 'b'), reserve(2n, 'b'), reserve(1n)]),
    );
    expect(outcomes.map((o) => (o.status === 'posted' ? o.debitBalance : o.reason))).toEqual(['group', 'insufficient', 3n, 1n, 0n]);
  });

  it('opens no account that a rolled-back transaction opened', async () => {
    const owner = newUuid();
    const held = wallet(newUuid());
    const deposit = posting('deposit.receive', held, client('suspense', owner), 7n);
    await expect(
      custody.run(async (em) => {
        await mustPost(em, [deposit]);
        throw new Error('the caller changed its mind');
      }),
    ).rejects.toThrow('changed its mind');
    expect(await custody.run((em) => post(em, [deposit]))).toEqual([{ status: 'posted', debitBalance: -7n, creditBalance: 7n }]);
  });

  it('pages through an owner’s history, newest first', async () => {
    const { owner } = await funded(50n);
    for (let n = 0; n < 5; n++) {
      await staking.run((em) =>
        mustPost(
          em,
          [1n, 2n].map((units) => posting('stake.reserve', client('available', owner), client('reserved', owner), units)),
        ),
      );
    }
    const all = await staking.run((em) => entries(em, { owner, limit: 100 }));
    expect(all).toHaveLength(2 * 10 + 3);
    const paged = [];
    for (let before: { id: string } | undefined; ;) {
      const page = await staking.run((em) => entries(em, { owner, limit: 4, ...(before ? { before } : {}) }));
      paged.push(...page);
      if (page.length < 4) break;
      const last = page.at(-1);
      before = last && { id: last.id };
    }
    expect(paged).toEqual(all);
    expect(all[0]?.change).toBe(2n);
    expect(all[1]?.change).toBe(-2n);
  });
});
