import 'reflect-metadata';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { randomBytes } from 'node:crypto';
import type { EntityManager } from 'typeorm';
import { Transactor } from '#database';
import { describeRoom, listProblems, openRoom, type OpenRoom } from '#http';
import { newUuid, parseDecimal, assets, uuidOf, accept } from '#kernel';
import { type AccountKindName, mustPost, type Posting, type TransferKindName } from '#ledger';
import { createTestDatabase, eventually, type TestDatabase } from '#testing';
import { EventsProcessor } from './events/events.processor.js';
import { PoolFiguresProcessor } from './pools/pool-figures.processor.js';
import { reception } from './room.js';
import { seedStaff } from './seed.js';
import { StandingProcessor } from './standing/standing.processor.js';

interface Called {
  status: number;
  headers: Record<string, unknown>;
  text: string;
  body: Record<string, unknown>;
}
interface SignedUp {
  id: string;
  uuid: string;
  token: string;
  keyId: string;
}

const hash = `0x${'ab'.repeat(32)}`;
const envelope = () => ({ deliveryId: newUuid(), message: 'm', aggregate: 'a', seq: 1n, producer: 'custody' });

describe('reception', () => {
  let database: TestDatabase;
  let open: OpenRoom;
  const folder = mkdtempSync(join(tmpdir(), 'reception-'));
  const files = { OPENAPI_PATH: join(folder, 'openapi.json'), PROBLEMS_PATH: join(folder, 'problems.json') };

  const call = async (
    method: 'GET' | 'POST' | 'DELETE',
    url: string,
    options: { token?: string; key?: string; body?: object; accept?: string } = {},
  ): Promise<Called> => {
    const reply = await open.app.inject({
      method,
      url,
      headers: {
        ...(options.token ? { authorization: `Bearer ${options.token}` } : {}),
        ...(options.key ? { 'idempotency-key': options.key } : {}),
        ...(options.accept ? { accept: options.accept } : {}),
      },
      ...(options.body ? { payload: options.body } : {}),
    });
    const json = String(reply.headers['content-type']).includes('json');
    return {
      status: reply.statusCode,
      headers: reply.headers,
      text: reply.body,
      body: json ? (JSON.parse(reply.body) as Record<string, unknown>) : {},
    };
  };
  const signUp = async (): Promise<SignedUp> => {
    const { body } = await call('POST', '/v1/clients', { key: newUuid(), body: {} });
    const id = body['id'] as string;
    return { id, uuid: uuidOf('client', id) ?? '', token: body['api_key'] as string, keyId: body['key_id'] as string };
  };
  const deliver = (work: (em: EntityManager) => Promise<void>): Promise<void> => open.app.get(Transactor, { strict: false }).run(work);
  const processor = <T>(type: new (...args: never[]) => T): T => open.app.get<T>(type, { strict: false });

  beforeAll(async () => {
    database = await createTestDatabase();
    open = await openRoom(reception, { DATABASE_URL: database.url('reception'), BAILEE_MODE: 'demo', LOG_LEVEL: 'silent', ...files });
  });
  afterAll(async () => {
    await open.close();
    await database.close();
    rmSync(folder, { recursive: true });
  });

  describe('sign-up', () => {
    it('makes a client that is told to compliance, and shows its key once', async () => {
      const key = newUuid();
      const first = await call('POST', '/v1/clients', { key, body: { reference: 'desk-7' } });
      expect(first.status).toBe(201);
      expect(first.body).toMatchObject({
        id: expect.stringMatching(/^cli_/),
        reference: 'desk-7',
        api_key: expect.stringMatching(/^bk_[A-Za-z0-9_-]{43}$/),
      });
      const again = await call('POST', '/v1/clients', { key, body: { reference: 'desk-7' } });
      expect([again.status, again.headers['idempotent-replayed']]).toEqual([201, 'true']);
      expect(again.body).toEqual({ ...first.body, api_key: null });
      const told = await database.admin.query<{ payload: object }[]>(
        `SELECT payload FROM delivery.delivery WHERE message = 'client.registered@1'`,
      );
      expect(told.map((t) => t.payload)).toContainEqual({ clientId: uuidOf('client', first.body['id'] as string) });
    });
    it('keeps the key nowhere but as a hash', async () => {
      const { token } = await signUp();
      for (const table of ['api_key', 'request', 'event', 'client', 'api_key_history']) {
        const rows = await database.admin.query<{ t: string }[]>(`SELECT x::text AS t FROM reception.${table} x`);
        expect(rows.some((r) => r.t.includes(token.slice(10)))).toBe(false);
      }
    });
    it('has one effect for 50 parallel requests with one key', async () => {
      const key = newUuid();
      const replies = await Promise.all(Array.from({ length: 50 }, () => call('POST', '/v1/clients', { key, body: {} })));
      expect(new Set(replies.map((r) => `${r.status} ${String(r.body['id'])}`)).size).toBe(1);
      expect(replies.filter((r) => r.body['api_key'] !== null)).toHaveLength(1);
    });
    it('refuses a bad reference, another field and another body for a used key', async () => {
      for (const body of [
        { reference: '' },
        { reference: 'x'.repeat(65) },
        { reference: 'a\u0007b' },
        { reference: 5 },
        { name: 'Jane' },
      ]) {
        expect((await call('POST', '/v1/clients', { key: newUuid(), body })).body['code']).toBe('validation.failed');
      }
      const key = newUuid();
      await call('POST', '/v1/clients', { key, body: {} });
      expect((await call('POST', '/v1/clients', { key, body: { reference: 'x' } })).body).toMatchObject({
        status: 422,
        code: 'idempotency.key_reused',
      });
      expect((await call('POST', '/v1/clients', { body: {} })).body['code']).toBe('idempotency.key_missing');
    });
    it('leaves an audit trail in the name of the client', async () => {
      const { id, uuid, token, keyId } = await signUp();
      const { id: second } = (await call('POST', '/v1/keys', { token, key: newUuid(), body: {} })).body;
      await call('DELETE', `/v1/keys/${keyId}`, { token });
      const rows = await database.admin.query<{ action: string; resource: string }[]>(
        'SELECT action, resource FROM audit.event WHERE actor_id = $1 ORDER BY seq',
        [uuid],
      );
      expect(rows.map((r) => [r.action, r.resource])).toEqual([
        ['client.register', id],
        ['key.create', keyId],
        ['key.create', second],
        ['key.revoke', keyId],
      ]);
      expect(id).toBe(`cli_${uuid}`);
    });
  });

  describe('keys', () => {
    it('are created, listed and revoked, which binds at once', async () => {
      const { token, keyId } = await signUp();
      const created = await call('POST', '/v1/keys', { token, key: newUuid(), body: { label: 'server' } });
      const second = created.body['api_key'] as string;
      expect([created.status, created.body['label']]).toEqual([201, 'server']);
      const gone = await call('DELETE', `/v1/keys/${keyId}`, { token: second });
      expect(gone.body).toMatchObject({ id: keyId, state: 'revoked' });
      expect((await call('GET', '/v1/me', { token })).body['code']).toBe('auth.invalid');
      const me = await call('GET', '/v1/me', { token: second });
      expect((me.body['keys'] as { state: string }[]).map((k) => k.state)).toEqual(['revoked', 'active']);
      expect((await call('GET', '/v1/keys', { token: second })).body['data']).toEqual(me.body['keys']);
      expect((await call('DELETE', `/v1/keys/${keyId}`, { token: second })).body['code']).toBe('key.already_revoked');
    });
    it('are shown once, and the replay says so', async () => {
      const { token } = await signUp();
      const key = newUuid();
      const first = await call('POST', '/v1/keys', { token, key, body: {} });
      const again = await call('POST', '/v1/keys', { token, key, body: {} });
      expect([first.body['api_key'] === null, again.body['api_key'], again.body['id']]).toEqual([false, null, first.body['id']]);
    });
    it('cannot all go, not even when two are revoked at once', async () => {
      const { token, keyId } = await signUp();
      expect((await call('DELETE', `/v1/keys/${keyId}`, { token })).body).toMatchObject({ status: 409, code: 'key.last' });
      const other = (await call('POST', '/v1/keys', { token, key: newUuid(), body: {} })).body;
      const replies = await Promise.all([keyId, other['id'] as string].map((id) => call('DELETE', `/v1/keys/${id}`, { token })));
      expect(replies.map((r) => r.status).filter((s) => s === 200)).toHaveLength(1);
    });
    it('of another client do not exist', async () => {
      const [mine, theirs] = [await signUp(), await signUp()];
      for (const id of [theirs.keyId, `key_${newUuid()}`, 'nonsense']) {
        expect((await call('DELETE', `/v1/keys/${id}`, { token: mine.token })).body).toMatchObject({ status: 404, code: 'not_found' });
      }
    });
    it('are limited in number', async () => {
      const { token } = await signUp();
      const codes: unknown[] = [];
      for (let i = 0; i < 20; i++) codes.push((await call('POST', '/v1/keys', { token, key: newUuid(), body: {} })).body['code']);
      expect(codes.filter((c) => c === 'key.too_many')).toHaveLength(1);
    });
  });

  describe('what other rooms say', () => {
    const standing = (clientId: string, version: number, mayStake: boolean) =>
      ({
        clientId,
        version,
        state: 'approved',
        mayDeposit: true,
        mayStake,
        mayUnstake: true,
        mayWithdraw: true,
        clientClass: 'retail',
      }) as const;

    it('is denied by default, then shown, newest word only', async () => {
      const { token, uuid } = await signUp();
      expect((await call('GET', '/v1/me', { token })).body['standing']).toMatchObject({ state: 'applicant', version: 0, may_stake: false });
      const standings = processor(StandingProcessor);
      await deliver((em) => standings.standingChanged(em, standing(uuid, 2, true), envelope()));
      await deliver((em) => standings.standingChanged(em, standing(uuid, 1, false), envelope()));
      expect((await call('GET', '/v1/me', { token })).body['standing']).toMatchObject({
        state: 'approved',
        version: 2,
        may_stake: true,
        client_class: 'retail',
      });
      const events = (await call('GET', '/v1/events', { token })).body['data'] as { type: string }[];
      expect(events.filter((e) => e.type === 'standing.changed')).toHaveLength(1);
    });
    it('becomes the client’s own event log, in order and without gaps', async () => {
      const [{ token, uuid }, other] = [await signUp(), await signUp()];
      const events = processor(EventsProcessor);
      const money = { asset: 'ETH', amount: '5000000000000000000' };
      const depositId = newUuid();
      await deliver((em) => events.depositCredited(em, { depositId, clientId: uuid, ...money, transactionHash: hash }, envelope()));
      await deliver((em) =>
        events.operationStateChanged(
          em,
          { operationId: newUuid(), clientId: uuid, type: 'stake', state: 'accepted', productId: 'eth-payout', ...money },
          envelope(),
        ),
      );
      await Promise.all(
        Array.from({ length: 20 }, (_, i) =>
          deliver((em) =>
            events.withdrawalStateChanged(em, { operationId: newUuid(), clientId: uuid, state: `s${i}`, ...money }, envelope()),
          ),
        ),
      );
      const seen: { seq: number; type: string; resource: string; data: object }[] = [];
      for (let after = '0', more = true; more;) {
        const { body } = await call('GET', `/v1/events?limit=7&after=${after}`, { token });
        seen.push(...(body['data'] as typeof seen));
        const page = body['page'] as { next_after: string; has_more: boolean };
        [after, more] = [page.next_after, page.has_more];
      }
      expect(seen.map((e) => e.seq)).toEqual(Array.from({ length: 24 }, (_, i) => i + 1));
      expect(seen.slice(0, 4).map((e) => e.type)).toEqual([
        'client.registered',
        'key.created',
        'deposit.credited',
        'staking.operation.state_changed',
      ]);
      expect(seen[2]).toMatchObject({
        resource: `dep_${depositId}`,
        data: { asset: 'ETH', amount: '5', amount_atomic: money.amount, tx_hash: hash },
      });
      expect((await call('GET', '/v1/events', { token: other.token })).body['data']).toHaveLength(2);
      expect((await call('GET', '/v1/events?after=-1', { token })).body['code']).toBe('validation.failed');
    });
    it('is refused twice over by its id', async () => {
      const { uuid } = await signUp();
      const same = envelope();
      const credited = { depositId: newUuid(), clientId: uuid, asset: 'ETH', amount: '1', transactionHash: hash };
      await deliver((em) => processor(EventsProcessor).depositCredited(em, credited, same));
      await expect(deliver((em) => processor(EventsProcessor).depositCredited(em, credited, same))).rejects.toThrow('event_id_key');
    });
    it('arrives through the delivery', async () => {
      const { token, uuid } = await signUp();
      const custody = await database.transactor('custody');
      const { emit } = await import('#delivery');
      const { DepositCredited } = await import('#messages');
      await custody.run((em) =>
        emit(em, DepositCredited, {
          aggregate: uuid,
          payload: { depositId: newUuid(), clientId: uuid, asset: 'ETH', amount: '1', transactionHash: hash },
        }),
      );
      await eventually(async () =>
        ((await call('GET', '/v1/events', { token })).body['data'] as { type: string }[]).some((e) => e.type === 'deposit.credited'),
      );
    });
  });

  describe('money', () => {
    const post = async (
      room: 'custody' | 'staking',
      client: string,
      steps: [TransferKindName, AccountKindName, AccountKindName, string, string, string?][],
    ): Promise<void> => {
      const transactor = await database.transactor(room);
      const owner = (kind: AccountKindName): string =>
        kind.startsWith('client.') ? client : kind.startsWith('pool.') ? 'eth-payout-1' : '11111111-1111-4111-8111-111111111111';
      await transactor.run((em) =>
        mustPost(
          em,
          steps.map(([kind, debit, credit, eth, at, asset = 'ETH']): Posting => {
            const ref = (account: AccountKindName) => ({ kind: account, owner: owner(account), asset: asset as 'ETH' });
            return {
              key: newUuid(),
              kind,
              debit: ref(debit),
              credit: ref(credit),
              amount: accept(parseDecimal(assets.ETH, eth)),
              effectiveAt: new Date(at),
              reference: newUuid(),
            };
          }),
        ),
      );
    };
    const fund = (client: string): Promise<void> =>
      post('custody', client, [
        ['deposit.receive', 'trust.wallet', 'client.suspense', '10', '2026-01-01T10:00:00Z'],
        ['deposit.release', 'client.suspense', 'client.available', '9.5', '2026-01-02T10:00:00Z'],
      ]);
    const stake = async (client: string): Promise<void> => {
      await post('staking', client, [['stake.reserve', 'client.available', 'client.reserved', '5', '2026-01-03T10:00:00Z']]);
      await post('staking', client, [['stake.submit', 'client.reserved', 'client.staking', '4', '2026-01-04T10:00:00Z']]);
      await post('staking', client, [['stake.mint', 'client.staking', 'pool.staked', '3', '2026-01-05T10:00:00Z']]);
      await post('staking', client, [['share.mint', 'pool.share_issue', 'client.shares', '3', '2026-01-05T10:00:00Z', 'ETH-PAYOUT-1']]);
    };

    it('is shown by what it is doing', async () => {
      const { token, uuid, id } = await signUp();
      await fund(uuid);
      await stake(uuid);
      const before = await call('GET', '/v1/overview', { token });
      expect(before.body).toMatchObject({ client_id: id, standing: { state: 'applicant' }, last_payout_at: null });
      expect(before.body['assets']).toEqual([
        expect.objectContaining({
          asset: 'ETH',
          available: '4.5',
          reserved: '1',
          activating: '1',
          active: '3',
          exiting: '0',
          in_review: '0.5',
          total: '10',
          total_atomic: '10000000000000000000',
        }),
      ]);
      const report = {
        reportId: newUuid(),
        poolId: 'eth-payout-1',
        number: 1,
        poolAssets: '99',
        poolShares: '100',
        rewardIndex: '0',
        reward: '-1',
        commission: '0',
      };
      await deliver((em) => processor(PoolFiguresProcessor).reportApplied(em, report, envelope()));
      await deliver((em) => processor(PoolFiguresProcessor).reportApplied(em, { ...report, number: 0, poolAssets: '1' }, envelope()));
      await deliver((em) =>
        processor(PoolFiguresProcessor).payoutRunPosted(em, { runId: newUuid(), poolId: 'eth-payout-1', total: '1', lines: 1 }, envelope()),
      );
      const after = await call('GET', '/v1/overview', { token });
      expect((after.body['assets'] as object[])[0]).toMatchObject({ active: '2.97', total: '9.97' });
      expect(after.body['last_payout_at']).toEqual(expect.any(String));
    });

    it('adds up on a statement: opening + lines = closing = the ledger', async () => {
      const { token, uuid } = await signUp();
      await fund(uuid);
      await stake(uuid);
      type Line = { type: string; account: string; asset: string; change_atomic: string };
      type Account = { account: string; asset: string; opening_atomic: string; change_atomic: string; closing_atomic: string };
      type Made = { lines: Line[]; accounts: Account[] };
      const make = async (body: object): Promise<string> =>
        (await call('POST', '/v1/statements', { token, key: newUuid(), body })).body['id'] as string;
      const id = await make({});
      const whole = (await call('GET', `/v1/statements/${id}`, { token })).body as unknown as Made;
      expect(whole.lines.map((l) => `${l.type} ${l.account}`)).toEqual([
        'deposit suspense',
        'deposit_release suspense',
        'deposit_release available',
        'stake_reserve available',
        'stake_reserve reserved',
        'stake_submit reserved',
        'stake_submit staking',
        'stake_transfer staking',
        'shares_issued shares',
      ]);
      const balances = await database.admin.query<{ balance: string }[]>(
        'SELECT balance FROM ledger.owner_balances($1) WHERE balance <> 0',
        [uuid],
      );
      expect(
        whole.accounts
          .map((a) => a.closing_atomic)
          .filter((b) => b !== '0')
          .sort(),
      ).toEqual(balances.map((b) => b.balance).sort());

      const partId = await make({ from: '2026-01-02', to: '2026-01-04' });
      const part = (await call('GET', `/v1/statements/${partId}`, { token })).body as unknown as Made;
      expect(part.accounts.find((a) => a.account === 'suspense')).toMatchObject({
        opening_atomic: '10000000000000000000',
        closing_atomic: '500000000000000000',
      });
      for (const made of [whole, part]) {
        for (const account of made.accounts) {
          const lines = made.lines.filter((l) => l.account === account.account && l.asset === account.asset);
          const sum = lines.reduce((total, line) => total + BigInt(line.change_atomic), BigInt(account.opening_atomic));
          expect(sum).toBe(BigInt(account.closing_atomic));
        }
      }
      const csv = await call('GET', `/v1/statements/${id}?format=csv`, { token });
      expect(csv.headers['content-type']).toContain('text/csv');
      expect(csv.headers['content-disposition']).toContain('bailee-statement-beginning-');
      const rows = csv.text
        .trimEnd()
        .split('\r\n')
        .map((r) => r.split(','));
      const available = rows.filter((r) => r[3] === 'available');
      expect(available.map((r) => r[1])).toEqual(['opening_balance', 'deposit_release', 'stake_reserve', 'closing_balance']);
      expect(available.at(-1)?.[5]).toBe('4.5');
    });

    it('is stated for sane periods only', async () => {
      const { token } = await signUp();
      expect((await call('GET', '/v1/statements', { token })).body).toMatchObject({ data: [] });
      const code = async (body: object) => (await call('POST', '/v1/statements', { token, key: newUuid(), body })).body['code'];
      expect(await code({ from: '2026-02-01', to: '2026-01-01' })).toBe('statement.period_invalid');
      expect(await code({ from: '2026-13-77' })).toBe('statement.period_invalid');
      expect(await code({ from: 'yesterday' })).toBe('validation.failed');
      expect((await call('GET', '/v1/statements')).body['code']).toBe('auth.missing');
    });
  });

  it('seeds staff once, and changes who is seeded differently', async () => {
    const transactor = await database.transactor('reception');
    const token = `bs_${randomBytes(32).toString('base64url')}`;
    const seed = (roles: ('officer' | 'auditor')[], secret = token): Promise<void> =>
      transactor.run((em) => seedStaff(em, [{ name: 'Olive', roles, token: secret }]));
    await seed(['officer']);
    await seed(['officer']);
    await seed(['auditor', 'officer']);
    const rows = await database.admin.query<object[]>(
      'SELECT s.roles, s.version, (SELECT count(*)::int FROM reception.staff_history) AS history FROM reception.staff s',
    );
    expect(rows).toEqual([{ roles: ['auditor', 'officer'], version: 2, history: 2 }]);
    expect((await call('GET', '/v1/me', { token })).body).toMatchObject({ status: 403, code: 'auth.forbidden' });
    await expect(seed(['officer'], 'weak')).rejects.toThrow('staff.token_malformed');
  });

  it('is asked who is calling by every room with a door, and by no other', async () => {
    for (const room of ['reception', 'compliance', 'custody', 'staking', 'rewards']) {
      const source = await database.dataSource(room);
      expect(await source.query('SELECT * FROM reception.authenticate($1)', [randomBytes(32)])).toEqual([]);
      if (room !== 'reception') await expect(source.query('SELECT * FROM reception.api_key')).rejects.toThrow('permission denied');
    }
    const signer = await database.dataSource('signer');
    await expect(signer.query('SELECT * FROM reception.authenticate($1)', [randomBytes(32)])).rejects.toThrow('permission denied');
  });

  describe('the front', () => {
    it('says when the build has not written what it serves', async () => {
      expect((await call('GET', '/openapi.json')).body).toMatchObject({ status: 503, code: 'openapi.not_built' });
      expect((await call('GET', '/problems')).body).toMatchObject({ status: 503, code: 'problems.not_built' });
    });
    it('serves the description and the problems, to programs and to people', async () => {
      writeFileSync(files.OPENAPI_PATH, JSON.stringify(await describeRoom(reception)));
      writeFileSync(files.PROBLEMS_PATH, JSON.stringify(listProblems([reception])));
      expect((await call('GET', '/openapi.json')).body).toMatchObject({ openapi: '3.1.0', info: { title: 'Bailee API' } });
      expect((await call('GET', '/problems/key-last')).body).toMatchObject({ code: 'key.last', status: 409, room: 'reception' });
      const html = await call('GET', '/problems', { accept: 'text/html' });
      expect([html.headers['content-type'], html.text.includes('/problems/auth-missing')]).toEqual(['text/html; charset=utf-8', true]);
      expect((await call('GET', '/problems/key-last', { accept: 'text/html' })).text).toContain('key.last');
      expect((await call('GET', '/problems/%3Cscript%3E')).body['code']).toBe('not_found');
    });
    it('shows the documentation from its own address alone', async () => {
      const docs = await call('GET', '/docs', { accept: 'text/html' });
      expect(docs.text).toContain('<title>Bailee API</title>');
      expect(docs.text.match(/https?:\/\//g)).toBeNull();
      for (const [, path = ''] of docs.text.matchAll(/(?:src|href)="(\/docs\/[^"]+)"/g)) {
        const asset = await call('GET', path);
        expect([path, asset.status, asset.text.length > 100]).toEqual([path, 200, true]);
      }
      for (const name of ['package.json', '..%2Fpackage.json', 'constructor'])
        expect((await call('GET', `/docs/${name}`)).status).toBe(404);
    });
    it('welcomes', async () => {
      expect((await call('GET', '/')).body).toMatchObject({ name: 'Bailee', links: { documentation: '/docs' } });
      expect((await call('GET', '/', { accept: 'text/html,*/*' })).text).toContain('<h1>Bailee</h1>');
      expect((await call('GET', '/v2')).body['code']).toBe('route.unknown');
    });
  });
});
