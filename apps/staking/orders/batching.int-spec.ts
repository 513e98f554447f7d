import fc from 'fast-check';
import { newUuid } from '#kernel';
import { ETH, OpenStaking, operationId, type Called, type Person } from '../staking.spec-support.js';

describe('a flood', () => {
  let s: OpenStaking;
  beforeAll(async () => {
    s = await OpenStaking.ready({ BATCH_MAX_ITEMS: '2', BATCH_MAX_QUEUED: '6' });
  });
  afterAll(() => s.close());
  const orders = async (): Promise<string[]> => (await s.query<{ id: string }>('SELECT id FROM staking.orders')).map((row) => row.id);

  it('is answered 202 or 429: every 202 is one order, a 429 is none and may be sent again', async () => {
    const people = await Promise.all(Array.from({ length: 40 }, () => s.funded(10n * ETH)));
    const keys = people.map(() => newUuid());
    const replies = await Promise.all(people.map((who, i) => s.stake(who, '1', {}, keys[i])));
    const taken = replies.filter((r) => r.status === 202);
    const refused = replies.filter((r) => r.status === 429);
    expect(taken.length + refused.length).toBe(40);
    expect(taken.length).toBeGreaterThan(0);
    expect(refused.length).toBeGreaterThan(0);
    for (const one of refused) {
      expect(one.headers['retry-after']).toBe('1');
      expect(one.body).toMatchObject({ code: 'overloaded', status: 429, retryable: true, retry_after_s: 1 });
    }
    const reserved = (): Promise<bigint[]> => Promise.all(people.map((who) => s.balance('client.reserved', who.uuid)));
    expect((await reserved()).map(Number)).toEqual(replies.map((r) => (r.status === 202 ? Number(ETH) : 0)));
    expect((await orders()).map((id) => `op_${id}`).sort()).toEqual(taken.map(operationId).sort());

    for (const [i, who] of people.entries()) expect((await s.stake(who, '1', {}, keys[i])).status).toBe(202);
    expect((await reserved()).every((units) => units === ETH)).toBe(true);
    expect(await orders()).toHaveLength(40);
    await s.closes();
  });

  it('of one client leaves room for the others', async () => {
    const [loud, quiet] = [await s.funded(100n * ETH), await s.funded(ETH)];
    const flood = Array.from({ length: 60 }, () => s.stake(loud, '0.1'));
    const other = s.stake(quiet, '1');
    expect((await other).status).toBe(202);
    const statuses = (await Promise.all(flood)).map((r) => r.status);
    expect(new Set(statuses)).toEqual(new Set([202, 429]));
    expect(await s.balance('client.reserved', loud.uuid)).toBe((BigInt(statuses.filter((x) => x === 202).length) * ETH) / 10n);
  });
});

/** One request: whose it is, which key it bears, and what it asks for. */
const asked = fc.record({
  client: fc.nat(3),
  key: fc.nat(2),
  amount: fc.constantFrom('0.5', '1', '2', '7', '0', '-1', 'max'),
  unstake: fc.boolean(),
  twice: fc.boolean(),
});
type Asked = typeof asked extends fc.Arbitrary<infer T> ? T : never;

describe('one by one or fifty together', () => {
  let worlds: OpenStaking[];
  beforeAll(async () => {
    worlds = await Promise.all(['1', '50'].map((BATCH_MAX_ITEMS) => OpenStaking.ready({ BATCH_MAX_ITEMS })));
  });
  afterAll(() => Promise.all(worlds.map((s) => s.close())));

  /** What a client sees; ids and times are each world's own. */
  const seen = ({ status, body, headers }: Called): object => {
    const { id, created_at: _created, updated_at: _updated, history: _history, steps: _steps, instance: _instance, ...rest } = body;
    const told = JSON.parse(JSON.stringify(rest).replace(/op_[0-9a-f-]{36}/g, 'op_…')) as object;
    return { status, replayed: headers['idempotent-replayed'], order: typeof id === 'string', told };
  };

  /** Waves of at most one new request a client, so that what is asked at once may be decided in any order; each may be sent twice at once. */
  async function live(s: OpenStaking, waves: readonly Asked[][], keys: string): Promise<object> {
    const people: Person[] = [];
    for (let i = 0; i < 4; i++) people.push(await (i === 3 ? s.client() : s.funded(BigInt(3 + i) * ETH)));
    const answers: object[] = [];
    for (const wave of waves) {
      const mine = [...new Map(wave.map((one) => [one.client, one])).values()];
      const sent = mine.map(({ client, key, amount, unstake, twice }) => {
        const who = people[client]!;
        const send = (): Promise<Called> =>
          unstake ? s.unstake(who, amount, `${keys}-${key}`) : s.stake(who, amount, {}, `${keys}-${key}`);
        return Promise.all(twice ? [send(), send()] : [send()]);
      });
      for (const replies of await Promise.all(sent)) answers.push(replies.map(seen));
    }
    const books = await Promise.all(
      people.map(async ({ uuid }) => [
        await s.balance('client.available', uuid),
        await s.balance('client.reserved', uuid),
        await s.balance('client.shares_locked', uuid, 'ETH-PAYOUT-1'),
      ]),
    );
    const acts = await Promise.all(
      people.map(async (who) => (await s.acts(who)).map(({ action, details }) => [action, details['amount_atomic']])),
    );
    await s.closes();
    return { answers, books, acts };
  }

  it('gives the same answers and the same books', async () => {
    let run = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(fc.array(asked, { minLength: 1, maxLength: 8 }), { minLength: 1, maxLength: 6 }), async (waves) => {
        const keys = `run-${run++}`;
        const [alone, together] = [await live(worlds[0]!, waves, keys), await live(worlds[1]!, waves, keys)];
        expect(together).toEqual(alone);
      }),
      { numRuns: 6 },
    );
  });
});
