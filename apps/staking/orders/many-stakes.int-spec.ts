import { amount, newUuid, NO_SHARES, ZERO } from '#kernel';
import { mustPost, placeHold, type Posting } from '#ledger';
import { ETH, OpenStaking, POOL, type Person } from '../staking.spec-support.js';
import { insertOrders } from './orders.store.js';
import { waitingOf } from './waiting.store.js';

/** More than twice what one statement could take with a parameter a value. */
const MANY = 20_000;
const TINY = (32n * ETH) / BigInt(MANY);
const CLIENTS = 100;

describe('a queue of very many very small stakes', () => {
  let s: OpenStaking;
  let ada: Person;
  beforeEach(async () => {
    s = await OpenStaking.ready();
    ada = await s.funded(32n * ETH);
  });
  afterEach(() => s.close());

  /** So many stakes of `units` that were accepted, of clients in turn. Returns the clients. */
  async function queue(count: number, units: bigint, clients = CLIENTS): Promise<string[]> {
    const people = Array.from({ length: clients }, () => newUuid());
    const each = (BigInt(count) * units) / BigInt(clients);
    const effectiveAt = s.clock.now();
    for (const owner of people) await s.book(['deposit.receive', owner, each], ['deposit.release', owner, each]);
    const reserved = people.map((owner): Posting => {
      const side = (kind: 'client.available' | 'client.reserved') => ({ kind, owner, asset: 'ETH' as const });
      const names = { key: newUuid(), kind: 'stake.reserve' as const, reference: newUuid() };
      return { ...names, debit: side('client.available'), credit: side('client.reserved'), amount: amount(each), effectiveAt };
    });
    const orders = Array.from({ length: count }, (_, i) => ({
      ...{ id: newUuid(), clientId: people[i % clients] ?? '', type: 'stake' as const, productId: 'eth-payout', poolId: POOL },
      ...{ state: 'queued' as const, stateSince: effectiveAt, createdAt: effectiveAt, requested: amount(units), accepted: amount(units) },
      ...{ settled: ZERO, unallocated: amount(units), cancelled: ZERO, shares: NO_SHARES, nominal: null, exitPubkey: null, instant: false },
      ...{
        quoteId: null,
        clientRef: null,
        disclosureVersion: null,
        disclosureHash: null,
        reasonCode: null,
        reasonDetail: null,
        version: 1,
      },
    }));
    const staking = await s.database.transactor('staking');
    await staking.run(async (em) => {
      await insertOrders(em, orders);
      await mustPost(em, reserved);
    });
    return people;
  }
  const parts = (): Promise<{ state: string; count: number }[]> =>
    s.query('SELECT state, count(*)::int AS count FROM staking.order_part GROUP BY state ORDER BY state');

  it('fills one validator, and pays those who leave by one report', async () => {
    await s.stake(ada, '32');
    const first = await s.fillValidator();
    await s.report([{ pubkey: first }]);
    await queue(MANY, TINY);
    const second = await s.fillValidator();
    expect(await parts()).toEqual([
      { state: 'activating', count: MANY },
      { state: 'minted', count: 1 },
    ]);
    await s.report([{ pubkey: first }, { pubkey: second }]);
    expect(await parts()).toEqual([{ state: 'minted', count: MANY + 1 }]);
    await s.closes();

    await queue(MANY, TINY);
    await s.unstake(ada, '30');
    await s.report([{ pubkey: first }, { pubkey: second }]);
    expect(
      await s.query(
        `SELECT count(*)::int AS netted FROM staking.order_part p JOIN staking.batch b ON b.id = p.batch_id WHERE b.kind = 'netting'`,
      ),
    ).toEqual([{ netted: (MANY * 30) / 32 }]);
    expect(await s.query(`SELECT count(*)::int AS left FROM staking.orders WHERE unallocated > 0`)).toEqual([{ left: (MANY * 2) / 32 }]);
    await s.closes();
  }, 240_000);

  it('is read no further than what a batch needs, and over those who are held', async () => {
    const people = await queue(2_000, ETH / 10n, 4);
    const staking = await s.database.transactor('staking');
    const compliance = await s.database.transactor('compliance');
    const holdId = newUuid();
    const hold = { holdId, owner: people[0] ?? '', scopes: ['stake'] as const, reason: 'check', legalBasis: 'policy', placedBy: 'officer' };
    await compliance.run((em) => placeHold(em, hold));
    const places = await s.query<{ id: string }>('SELECT id FROM staking.orders WHERE client_id <> $1 ORDER BY place', [people[0]]);
    const read: number[] = [];
    const taken = await staking.run((em) => {
      const query = em.query.bind(em);
      em.query = async <T>(sql: string, parameters?: unknown[]): Promise<T> => {
        const rows = await query<T>(sql, parameters);
        if (sql.includes('ORDER BY o.place') && Array.isArray(rows)) read.push(rows.length);
        return rows;
      };
      return waitingOf(em, POOL, amount(32n * ETH));
    });
    expect(taken.map((stake) => stake.orderId)).toEqual(places.slice(0, 320).map((row) => row.id));
    expect(read).toEqual([64, 256, 1_024]);
    const few = await staking.run((em) => waitingOf(em, POOL, amount(32n * ETH), 7));
    expect(few).toHaveLength(7);
  }, 60_000);
});
