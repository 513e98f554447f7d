import 'reflect-metadata';
import { createHash } from 'node:crypto';
import type { EntityManager } from 'typeorm';
import { Transactor } from '#database';
import { openRoom, type OpenRoom } from '#http';
import { accept, amount, assets, newUuid, parseDecimal, publicId, uuidOf } from '#kernel';
import { accountKinds, closePeriod, mustPost, reverse, rollUp, transferKinds, type TransferKindName } from '#ledger';
import { recordQuotes } from '#prices';
import { createTestDatabase, eventually, type TestDatabase } from '#testing';
import { EventsProcessor } from '../events/events.processor.js';
import { reception } from '../room.js';
import { MonthlyService, monthlyId } from './monthly.service.js';
import { monthAt } from './month.js';
import { csvRecords, importTaxFile } from './tax-rules.spec-support.js';

interface Called {
  status: number;
  headers: Record<string, unknown>;
  bytes: Buffer;
  text: string;
  body: any; // eslint-disable-line @typescript-eslint/no-explicit-any -- answers are looked into freely
}
interface Client {
  token: string;
  uuid: string;
}
/** kind, ETH, when; the pool is eth-compound-1 unless named */
type Step = readonly [kind: TransferKindName, eth: string, at: string, pool?: string];

const WALLET = '11111111-1111-4111-8111-111111111111';

describe('statements', () => {
  let database: TestDatabase;
  let open: OpenRoom;
  beforeAll(async () => {
    database = await createTestDatabase();
    const env = {
      DATABASE_URL: database.url('reception'),
      BAILEE_MODE: 'demo',
      LOG_LEVEL: 'silent',
      STATEMENTS_EVERY_MS: '0',
      PRICE_EVERY_MS: '0',
    };
    open = await openRoom(reception, env);
    await price('HKD', '20000', '2025-01-01', 31);
    await price('HKD', '25000', '2025-02-01', 28);
    await price('USD', '3000', '2025-01-01', 10);
  });
  afterAll(async () => {
    await open.close();
    await database.close();
  });

  const run = <T>(work: (em: EntityManager) => Promise<T>): Promise<T> => open.app.get(Transactor, { strict: false }).run(work);
  const monthly = (): MonthlyService => open.app.get(MonthlyService, { strict: false });
  const price = async (currency: string, value: string, from: string, days: number): Promise<void> => {
    const start = new Date(from).getTime();
    const quotes = Array.from({ length: days }, (_, day) => ({
      asset: 'ETH',
      currency,
      price: value,
      asOf: new Date(start + day * 86_400_000),
    }));
    await recordQuotes(run, 'file:test', quotes, { now: new Date('2025-06-01'), mostJumpBps: 9_000, dwellMs: 600_000 });
  };
  const call = async (
    who: Client | null,
    method: 'GET' | 'POST' | 'PUT',
    url: string,
    options: { body?: object; headers?: object; key?: string } = {},
  ): Promise<Called> => {
    const reply = await open.app.inject({
      method,
      url,
      headers: {
        ...(who ? { authorization: `Bearer ${who.token}` } : {}),
        ...(method === 'GET' ? {} : { 'idempotency-key': options.key ?? newUuid() }),
        ...options.headers,
      },
      ...(options.body ? { payload: options.body } : {}),
    });
    const json = String(reply.headers['content-type']).includes('json');
    return {
      status: reply.statusCode,
      headers: reply.headers,
      bytes: reply.rawPayload,
      text: reply.body,
      body: json ? (JSON.parse(reply.body) as unknown) : {},
    };
  };
  /** Signed up before the first month of the stories. */
  const signUp = async (): Promise<Client> => {
    const { body } = await call(null, 'POST', '/v1/clients', { body: {} });
    const uuid = uuidOf('client', body.id as string) ?? '';
    await database.admin.query(`UPDATE reception.client SET created_at = '2025-01-01' WHERE id = $1`, [uuid]);
    return { token: body.api_key as string, uuid };
  };
  /** Posts steps of one decision. */
  const post = async (client: string, ...steps: Step[]): Promise<string[]> => {
    const room = transferKinds[steps[0]?.[0] ?? 'deposit.receive'].role;
    const keys = steps.map(() => newUuid());
    const reference = newUuid();
    await (
      await rooms(room)
    ).run((em) =>
      mustPost(
        em,
        steps.map(([kind, eth, at, pool = 'eth-compound-1'], index) => {
          const { debit, credit } = transferKinds[kind];
          const ref = (account: typeof debit) => {
            const { owner, asset } = accountKinds[account];
            const whose = owner === 'client' ? client : owner === 'pool' ? pool : owner === 'wallet' ? WALLET : 'ethereum';
            return { kind: account, owner: whose, asset: asset === 'share' ? (pool.toUpperCase() as 'ETH-COMPOUND-1') : ('ETH' as const) };
          };
          return {
            key: keys[index] ?? '',
            kind,
            debit: ref(debit),
            credit: ref(credit),
            amount: accept(parseDecimal(assets.ETH, eth)),
            effectiveAt: new Date(at),
            reference,
          };
        }),
      ),
    );
    return [...keys, reference];
  };
  const opened = new Map<string, Transactor>();
  const rooms = async (room: string): Promise<Transactor> => {
    const known = opened.get(room) ?? (await database.transactor(room));
    opened.set(room, known);
    return known;
  };
  const close = async (through: string): Promise<void> => {
    const custody = await rooms('custody');
    await eventually(
      async () => {
        await custody.run((em) => rollUp(em));
        const outcome = await custody.run((em) => closePeriod(em, { entity: 'client_trust', through, closedBy: 'stf_finance' }));
        return outcome.status === 'closed' || (outcome.reason !== 'unsettled' && outcome.reason) ? true : null;
      },
      { timeoutMs: 30_000 },
    );
  };
  const make = async (who: Client, body: object = {}): Promise<any> => (await call(who, 'POST', '/v1/statements', { body })).body; // eslint-disable-line @typescript-eslint/no-explicit-any
  const read = (who: Client, id: string, format: string, more = ''): Promise<Called> =>
    call(who, 'GET', `/v1/statements/${id}?format=${format}${more}`);

  /** 10 ETH come; 6 are staked for 5 shares; a reward of 0.5; half the shares leave for 3.5; 2 are withdrawn in February. */
  const live = async (who: Client): Promise<void> => {
    await post(who.uuid, ['deposit.receive', '10', '2025-01-02T10:00:00Z']);
    await post(who.uuid, ['deposit.release', '10', '2025-01-02T11:00:00Z']);
    await post(who.uuid, ['stake.reserve', '6', '2025-01-03T10:00:00Z']);
    await post(who.uuid, ['stake.net', '6', '2025-01-04T10:00:00Z'], ['share.mint', '5', '2025-01-04T10:00:00Z']);
    await fundPool('eth-payout-1');
    await post(who.uuid, ['reward.settle', '0.5', '2025-01-10T10:00:00Z', 'eth-payout-1']);
    await post(who.uuid, ['share.lock', '2.5', '2025-01-20T10:00:00Z']);
    await post(who.uuid, ['exit.set_aside', '3.5', '2025-02-03T10:00:00Z']);
    await post(who.uuid, ['share.burn', '2.5', '2025-02-03T10:00:01Z'], ['exit.pay', '3.5', '2025-02-03T10:00:01Z']);
    await post(who.uuid, ['withdrawal.reserve', '2', '2025-02-05T10:00:00Z']);
    await post(who.uuid, ['withdrawal.settle', '2', '2025-02-05T11:00:00Z']);
  };
  /** Rewards of a pool, from what arrived at its vault. */
  const fundPool = async (pool: string): Promise<void> => {
    await post('', ['execution.receive', '1', '2025-01-09T10:00:00Z', pool]);
    await post('', ['execution.accrue', '1', '2025-01-09T10:00:00Z', pool]);
    await post('', ['execution.receive', '1', '2025-01-09T10:00:00Z']);
    await post('', ['execution.compound', '1', '2025-01-09T10:00:00Z']);
  };

  describe('on demand', () => {
    it('hold every entry, its value and its lots, and sum to the ledger', async () => {
      const who = await signUp();
      await live(who);
      const head = await make(who);
      expect(head).toMatchObject({
        kind: 'on_demand',
        month: null,
        from: null,
        currency: 'HKD',
        provisional: true,
        line_count: 15,
        unpriced_count: 0,
      });
      const { body } = await read(who, head.id, 'json');
      for (const account of body.accounts) {
        const lines = body.lines.filter((l: any) => l.asset === account.asset && l.account === account.account); // eslint-disable-line @typescript-eslint/no-explicit-any
        const sum = lines.reduce((s: bigint, l: { change_atomic: string }) => s + BigInt(l.change_atomic), 0n) as bigint;
        expect(sum + BigInt(account.opening_atomic as string)).toBe(BigInt(account.closing_atomic as string));
      }
      const balances = await database.admin.query<{ balance: string }[]>(
        'SELECT balance FROM ledger.owner_balances($1) WHERE balance <> 0',
        [who.uuid],
      );
      const closing = body.accounts.map((a: { closing_atomic: string }) => a.closing_atomic).filter((b: string) => b !== '0');
      expect(closing.sort()).toEqual(balances.map((b) => b.balance).sort());

      const of = (type: string, account?: string) =>
        body.lines.find((l: { type: string; account: string }) => l.type === type && (account === undefined || l.account === account));
      expect(of('deposit')).toMatchObject({ value: { amount: '200000', currency: 'HKD', price: '20000', source: 'file:test' } });
      expect(of('staking_reward')).toMatchObject({ change: '0.5', pool_id: 'eth-payout-1', value: { amount: '10000' } });
      expect(of('stake_transfer')).toMatchObject({ lots: [{ lot_id: of('deposit').lot_id, quantity: '6', cost_basis: '120000' }] });
      expect(of('stake_transfer').value).toBeUndefined();
      expect(of('unstake_transfer')).toMatchObject({
        change: '3.5',
        lots: [{ lot_id: of('deposit').lot_id, quantity: '3', cost_basis: '60000' }],
        gain: { type: 'staking_reward', quantity: '0.5', value: { amount: '12500', price: '25000' } },
      });
      expect(of('withdrawal')).toMatchObject({
        value: { amount: '-50000' },
        lots: [{ lot_id: of('deposit').lot_id, quantity: '2', acquired_at: '2025-01-02T10:00:00.000Z', cost_basis: '40000' }],
      });
    });
    it('are the same bytes whenever they are read, in every format', async () => {
      const who = await signUp();
      await live(who);
      const head = await make(who);
      for (const [format, type] of [
        ['json', 'application/json'],
        ['csv', 'text/csv'],
        ['pdf', 'application/pdf'],
        ['tax', 'text/csv'],
      ] as const) {
        const first = await read(who, head.id, format);
        await post(who.uuid, ['deposit.receive', '1', '2025-01-05T10:00:00Z']);
        const second = await read(who, head.id, format);
        expect(first.status).toBe(200);
        expect(first.headers['content-type']).toContain(type);
        expect(second.bytes.equals(first.bytes)).toBe(true);
        expect(second.headers['etag']).toBe(`"${createHash('sha256').update(first.bytes).digest('hex')}"`);
        expect(Number(second.headers['content-length'])).toBe(first.bytes.length);
      }
      const accepted = await call(who, 'GET', `/v1/statements/${head.id}`, { headers: { accept: 'application/pdf, */*' } });
      expect(accepted.bytes.subarray(0, 5).toString()).toBe('%PDF-');
      const csv = csvRecords((await read(who, head.id, 'csv')).text);
      expect(new Set(csv.map((r) => r.length))).toEqual(new Set([24]));
      expect(csv.filter((r) => r[3] === 'available').map((r) => r[1])).toEqual([
        'opening_balance',
        'deposit_release',
        'stake_reserve',
        'unstake_transfer',
        'withdrawal_reserve',
        'closing_balance',
      ]);
    });
    it('go on where a period begins, lots included', async () => {
      const who = await signUp();
      await live(who);
      const head = await make(who, { from: '2025-02-01', to: '2025-03-01' });
      const { body } = await read(who, head.id, 'json');
      expect(body.accounts.find((a: { account: string }) => a.account === 'available')).toMatchObject({ opening: '4', closing: '5.5' });
      expect(body.lines.find((l: { type: string }) => l.type === 'unstake_transfer')).toMatchObject({
        lots: [{ quantity: '3', cost_basis: '60000' }],
      });
    });
    it('never change, not even by their owner in the database', async () => {
      const who = await signUp();
      await make(who);
      for (const sql of [
        'UPDATE reception.statement SET lines = 0',
        'DELETE FROM reception.statement_part',
        'TRUNCATE reception.statement_file_part',
        "UPDATE reception.statement_file SET format = 'x'",
      ])
        await expect(database.admin.query(sql)).rejects.toMatchObject({ driverError: { code: '23001' } });
    });
    it('show what takes back what, and the transaction that brought it', async () => {
      const who = await signUp();
      const [key = '', deposit = ''] = await post(who.uuid, ['deposit.receive', '3', '2025-01-02T10:00:00Z']);
      const told = { clientId: who.uuid, depositId: deposit, asset: 'ETH', amount: '3', transactionHash: `0x${'ab'.repeat(32)}` };
      const envelope = { deliveryId: newUuid(), message: 'm', aggregate: 'a', seq: 1n, producer: 'custody' };
      await run((em) => open.app.get(EventsProcessor, { strict: false }).depositCredited(em, told as never, envelope as never));
      await (
        await rooms('custody')
      ).run((em) =>
        reverse(em, { key: newUuid(), original: key, effectiveAt: new Date('2025-01-03'), reference: newUuid(), reason: 'not theirs' }),
      );
      const { body } = await read(who, (await make(who)).id, 'json');
      expect(body.lines).toHaveLength(2);
      expect(body.lines[0]).toMatchObject({ type: 'deposit', tx_hash: `0x${'ab'.repeat(32)}` });
      expect(body.lines[1]).toMatchObject({
        change: '-3',
        reverses: body.lines[0].entry_id,
        lots: [{ lot_id: body.lines[0].lot_id, quantity: '3' }],
      });
    });
    it('are one for one key', async () => {
      const who = await signUp();
      const key = newUuid();
      const replies = await Promise.all(Array.from({ length: 8 }, () => call(who, 'POST', '/v1/statements', { key, body: {} })));
      expect(new Set(replies.map((r) => `${r.status} ${r.body.id}`)).size).toBe(1);
      expect((await call(who, 'POST', '/v1/statements', { key, body: { from: '2025-01-01' } })).body.code).toBe('idempotency.key_reused');
      const { body } = await call(who, 'GET', '/v1/statements');
      expect(body.data).toHaveLength(1);
    });
    it('with lines too are one for one key, and for null as for nothing there is a plain refusal', async () => {
      const who = await signUp();
      await live(who);
      const key = newUuid();
      const replies = await Promise.all(Array.from({ length: 6 }, () => call(who, 'POST', '/v1/statements', { key, body: {} })));
      expect(replies.map((r) => r.status)).toEqual(Array(6).fill(201));
      expect(new Set(replies.map((r) => r.body.id as string)).size).toBe(1);
      for (const field of ['month', 'from', 'to', 'currency'])
        expect(await call(who, 'POST', '/v1/statements', { body: { [field]: null } })).toMatchObject({ status: 400 });
    });
    it('are made once as long as nothing is recorded, and twenty a day', async () => {
      const who = await signUp();
      await post(who.uuid, ['deposit.receive', '1', '2025-01-05T10:00:00Z']);
      const first = await make(who);
      expect((await make(who)).id).toBe(first.id);
      expect((await make(who, { currency: 'USD' })).id).not.toBe(first.id);
      await post(who.uuid, ['deposit.receive', '1', '2025-01-06T10:00:00Z']);
      expect((await make(who)).id).not.toBe(first.id);
      for (let day = 1; day <= 17; day++) expect((await make(who, { from: `2025-01-${String(day).padStart(2, '0')}` })).id).toBeDefined();
      const over = await call(who, 'POST', '/v1/statements', { body: { from: '2024-01-01' } });
      expect(over).toMatchObject({ status: 429, body: { code: 'statement.too_many', retryable: true } });
      expect((await make(who, { from: '2025-01-01' })).id).toBeDefined();
      expect((await call(who, 'GET', '/v1/statements?limit=200')).body.data).toHaveLength(20);
    });
    it('are not made by a key that may only read', async () => {
      const who = await signUp();
      const { body } = await call(who, 'POST', '/v1/keys', { body: { label: 'reader', scopes: ['read'] } });
      const reader = { ...who, token: body.api_key as string };
      expect(await call(reader, 'POST', '/v1/statements', { body: {} })).toMatchObject({ status: 403 });
      expect(await call(reader, 'GET', '/v1/statements')).toMatchObject({ status: 200 });
    });
    it('come in long pieces of bounded size', async () => {
      const who = await signUp();
      for (let i = 0; i < 6; i++)
        await post(who.uuid, ...Array.from({ length: 1_000 }, (): Step => ['deposit.receive', '0.001', `2025-01-0${i + 1}T10:00:00Z`]));
      const custody = await rooms('custody');
      await eventually(async () => ((await custody.run((em) => rollUp(em))) > 0 ? true : null), { timeoutMs: 20_000 });
      const head = await make(who);
      expect(head.line_count).toBe(6_000);
      const parts = await database.admin.query<{ n: string }[]>(
        'SELECT count(*) AS n FROM reception.statement_part WHERE statement_id = $1',
        [uuidOf('statement', head.id)],
      );
      expect(Number(parts[0]?.n)).toBe(3);
      const { body } = await read(who, head.id, 'json');
      expect(new Set(body.lines.map((l: { entry_id: string }) => l.entry_id)).size).toBe(6_000);
      expect((await read(who, head.id, 'pdf')).bytes.length).toBeGreaterThan(10_000);
    });
  });

  describe('for tax tools', () => {
    it('are a file that an importer takes: what came, went, was earned; no stake is a sale', async () => {
      const who = await signUp();
      await live(who);
      const tax = await read(who, (await make(who)).id, 'tax');
      const rows = importTaxFile(tax.text);
      expect(rows.map((r) => `${r.sent && '-'}${r.sent || r.received} ${r.currency} ${r.label} ${r.worth} ${r.worthCurrency}`)).toEqual([
        '10 ETH  200000 HKD',
        '0.5 ETH reward 10000 HKD',
        '0.5 ETH reward 12500 HKD',
        '-2 ETH  50000 HKD',
      ]);
      expect(rows[0]?.at).toEqual(new Date('2025-01-02T10:00:00Z'));
    });
    it('are refused without prices, unless that is asked for', async () => {
      const who = await signUp();
      await post(who.uuid, ['deposit.receive', '1', '2025-04-02T10:00:00Z']);
      const head = await make(who);
      expect(head.unpriced_count).toBe(1);
      expect(await read(who, head.id, 'tax')).toMatchObject({ status: 422, body: { code: 'price.stale' } });
      const optional = await read(who, head.id, 'tax', '&prices=optional');
      expect(importTaxFile(optional.text)).toMatchObject([{ received: '1', worth: '' }]);
      const early = await make(who, { currency: 'EUR' });
      expect(await read(who, early.id, 'tax')).toMatchObject({ status: 422, body: { code: 'price.absent' } });
      const { body } = await read(who, early.id, 'json');
      expect(body.lines[0]).toMatchObject({ value: null, no_price: 'price.absent' });
    });
  });

  describe('of a month', () => {
    it('are refused for months that are none, have not begun or are not over', async () => {
      const who = await signUp();
      const code = async (month: string): Promise<string> => (await make(who, { month })).code as string;
      expect(await code('2025-13')).toBe('statement.month_unknown');
      expect(await code('january')).toBe('statement.month_unknown');
      expect(await code('1999-01')).toBe('statement.month_unknown');
      expect(await code('2999-01')).toBe('statement.month_future');
      const now = monthAt(new Date());
      expect(await code(now.name)).toBe('statement.month_not_over');
      expect((await make(who, { month: '2025-01', from: '2025-01-01' })).code).toBe('statement.period_invalid');
      expect((await make(who, { from: '2025-02-30' })).code).toBe('statement.period_invalid');
      expect((await make(who, { to: '2999-01-01' })).code).toBe('statement.period_invalid');
      expect((await make(who, { currency: 'XXX' })).code).toBe('price.currency_unknown');
      await expect(monthly().makeMonthly('2024-12')).rejects.toThrow('statement.month_open');
    });

    it('are provisional until the books are closed, then made once for everybody, page after page, and agree with the trial balance', async () => {
      const who = await signUp();
      const idle = await signUp();
      const euro = await signUp();
      expect((await call(euro, 'PUT', '/v1/statements/preferences', { body: { currency: 'USD' } })).body).toEqual({
        currency: 'USD',
        version: 1,
      });
      await live(who);
      await live(euro);
      const early = await make(who, { month: '2025-01' });
      expect(early).toMatchObject({ kind: 'on_demand', month: '2025-01', provisional: true });
      await close('2025-01-31');
      const asked = await make(who, { month: '2025-01' });
      expect(asked).toMatchObject({
        kind: 'monthly',
        month: '2025-01',
        provisional: false,
        id: publicId('statement', monthlyId(who.uuid, '2025-01')),
      });

      const made = await monthly().makeMonthly('2025-01');
      expect(made).toMatchObject({ state: 'done' });
      expect(await monthly().makeMonthly('2025-01')).toEqual(made);
      expect((await make(who, { month: '2025-01' })).id).toBe(asked.id);
      expect((await call(idle, 'GET', '/v1/statements')).body.data).toEqual([]);
      const mine = (await call(euro, 'GET', '/v1/statements')).body.data;
      expect(mine).toMatchObject([{ kind: 'monthly', month: '2025-01', currency: 'USD' }]);
      const { body: events } = await call(euro, 'GET', '/v1/events?limit=200');
      expect(events.data.map((e: { type: string }) => e.type)).toContain('statement.ready');

      // what is recorded late counts in the first open day, and the month stays as it is
      await post(who.uuid, ['deposit.receive', '1', '2025-01-15T10:00:00Z']);
      await close('2025-02-28');
      expect(await monthly().makeMonthly('2025-02')).toMatchObject({ state: 'done' });
      const february = await make(who, { month: '2025-02' });
      const { body } = await read(who, february.id, 'json');
      const january = (await read(who, asked.id, 'json')).body;
      const closingOf = (statement: any) => Object.fromEntries(statement.accounts.map((a: any) => [`${a.account} ${a.asset}`, a.closing])); // eslint-disable-line @typescript-eslint/no-explicit-any
      const openingOf = (statement: any) => Object.fromEntries(statement.accounts.map((a: any) => [`${a.account} ${a.asset}`, a.opening])); // eslint-disable-line @typescript-eslint/no-explicit-any
      expect(openingOf(body)).toEqual(closingOf(january));
      expect(body.lines[0]).toMatchObject({ type: 'deposit', at: '2025-01-15T10:00:00.000Z', counted_at: '2025-02-01T00:00:00.000Z' });
      expect(body.lines.find((l: { type: string }) => l.type === 'unstake_transfer')).toMatchObject({
        lots: [{ quantity: '3', cost_basis: '60000' }],
      });
      expect(amount(BigInt(body.accounts.find((a: { account: string }) => a.account === 'available').closing_atomic))).toBe(
        55n * 10n ** 17n,
      );
    });

    it('are one when clients ask for them while they are made for everybody', async () => {
      const clients = [];
      for (let i = 0; i < 4; i++) {
        const who = await signUp();
        await post(who.uuid, ['deposit.receive', '1', '2025-03-05T10:00:00Z']);
        clients.push(who);
      }
      await close('2025-03-31');
      const [made, ...asked] = await Promise.all([
        monthly().makeMonthly('2025-03'),
        ...clients.flatMap((who) => [1, 2].map(() => call(who, 'POST', '/v1/statements', { body: { month: '2025-03' } }))),
      ]);
      expect(made).toMatchObject({ state: 'done' });
      expect(asked.map((r) => r.status)).toEqual(Array(8).fill(201));
      for (const [index, reply] of asked.entries())
        expect(reply.body.id).toBe(publicId('statement', monthlyId(clients[index >> 1]?.uuid ?? '', '2025-03')));
    });

    it('resume where they stopped', async () => {
      await database.admin.query(
        `INSERT INTO reception.client (id, created_at) SELECT gen_random_uuid(), '2025-01-01' FROM generate_series(1, 600)`,
      );
      await close('2025-04-30');
      expect(await monthly().makeMonthly('2025-04', 1)).toMatchObject({ state: 'running', clients: 250 });
      expect(await monthly().makeMonthly('2025-04', 1)).toMatchObject({ state: 'running', clients: 500 });
      expect(await monthly().makeMonthly('2025-04')).toMatchObject({ state: 'done' });
    });
  });

  it('belong to their client alone', async () => {
    const [who, other] = [await signUp(), await signUp()];
    const head = await make(who);
    for (const format of ['json', 'csv', 'pdf', 'tax'])
      expect(await read(other, head.id, format)).toMatchObject({ status: 404, body: { code: 'not_found' } });
    expect((await call(other, 'GET', '/v1/statements/stm_nothing')).body.code).toBe('not_found');
    expect((await call(null, 'GET', `/v1/statements/${head.id}`)).status).toBe(401);
    expect((await read(who, head.id, 'xml')).body.code).toBe('validation.failed');
    expect((await call(other, 'GET', '/v1/statements')).body.data).toEqual([]);
    expect((await call(who, 'PUT', '/v1/statements/preferences', { body: { currency: 'BTC' } })).body.code).toBe('price.currency_unknown');
    expect((await call(who, 'GET', '/v1/statements/preferences')).body).toEqual({ currency: 'HKD', version: 0 });
  });
});
