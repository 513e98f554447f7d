import { migrateQueues } from '#delivery';
import { Transactor } from '#database';
import { openRoom, type OpenRoom } from '#http';
import { Fault, newUuid, publicId } from '#kernel';
import { createTestDatabase, eventually, newStaff, type TestDatabase } from '#testing';
import { FakeChain } from './chain/fake-chain.spec-support.js';
import { keyrings, POOL } from './custody.spec-support.js';
import { custodyModule } from './custody.module.js';
import { FollowerService } from './follower/follower.service.js';
import { LedgerUpkeepService } from './periods/ledger-upkeep.service.js';
import type { PeriodClosePage, PeriodCloseView, TrialBalanceView } from './periods/periods.dto.js';
import { custody } from './room.js';
import type { UnattributedPage, UnattributedView } from './unattributed/unattributed.dto.js';
import { WalletsProcessor } from './wallets/wallets.processor.js';

interface Called<B> {
  status: number;
  body: B;
}
const SENDER = `0xfa${'11'.repeat(19)}`;

describe('what staff decides over HTTP', () => {
  let db: TestDatabase;
  let room: OpenRoom;
  const chain = new FakeChain();
  const staff = { treasury: '', support: '', senior_officer: '', mlro: '' };

  beforeAll(async () => {
    db = await createTestDatabase();
    await migrateQueues(db.adminUrl);
    for (const role of Object.keys(staff) as (keyof typeof staff)[]) staff[role] = (await newStaff(db, role)).token;
    const schedules = ['FOLLOW', 'TRANSACT', 'POLICY', 'RELEASE_RETRY', 'RECONCILE', 'LEDGER_UPKEEP', 'LEDGER_HEALTH'].map((name) => [
      `${name}_EVERY_MS`,
      '0',
    ]);
    const env = {
      DATABASE_URL: db.url('custody'),
      BAILEE_MODE: 'demo',
      BAILEE_NETWORK: 'localnet',
      ETHEREUM_RPC_URL: 'http://127.0.0.1:1',
      ETHEREUM_BEACON_URL: 'http://127.0.0.1:1',
      LOG_LEVEL: 'silent',
      ...Object.fromEntries(schedules),
    };
    room = await openRoom({ ...custody, module: (config, metrics) => custodyModule(config, metrics, new Map([[chain.name, chain]])) }, env);
    await follow();
    await transactor().run((em) => room.app.get(WalletsProcessor).keyring(em, { keyrings }));
    await transactor().run((em) => room.app.get(WalletsProcessor).open(em, { chain: 'ethereum', role: 'vault', poolId: POOL }));
  });
  afterAll(async () => {
    await room.close();
    await db.close();
  });

  const transactor = (): Transactor => room.app.get(Transactor);
  const follow = (): Promise<void> => room.app.get(FollowerService).run();
  const ask = async <B = Record<string, unknown>>(
    method: 'GET' | 'POST',
    url: string,
    token: string,
    payload?: object,
    key: string = newUuid(),
  ): Promise<Called<B>> => {
    const headers = { authorization: `Bearer ${token}`, 'idempotency-key': key };
    const reply = await room.app.inject({ method, url, headers, ...(payload === undefined ? {} : { payload }) });
    return { status: reply.statusCode, body: JSON.parse(reply.body) as B };
  };

  describe('funds without an owner', () => {
    let item: UnattributedView;
    const at = (step: string): string => `/v1/custody/unattributed/${item.id}/${step}`;

    beforeAll(async () => {
      const [omnibus] = await db.admin.query<[{ address: string }]>(`SELECT address FROM custody.wallet WHERE role = 'omnibus'`);
      chain.send(omnibus.address, 9n, SENDER);
      chain.mineAndFinalise();
      await follow();
      const { body } = await ask<UnattributedPage>('GET', '/v1/custody/unattributed?state=open', staff.treasury);
      item = body.data[0] as UnattributedView;
    });

    it('are listed with what is known of them', () => {
      expect(item).toMatchObject({ state: 'open', cause: 'transfer', role: 'omnibus', amount_atomic: '9', proposal: null });
      expect(item.sender?.toLowerCase()).toBe(SENDER);
    });

    it.each<[string, object, string]>([
      ['lacks something', { to: 'client' }, 'unattributed.incomplete'],
      ['names a client that is none', { to: 'client', client_id: 'cli_x' }, 'unattributed.client_unknown'],
      ['names a client unknown here', { to: 'client', client_id: publicId('client', newUuid()) }, 'unattributed.client_unknown'],
      ['names a pool unknown here', { to: 'pool', pool_id: 'none' }, 'unattributed.pool_unknown'],
      ['names another sender', { to: 'sender', sender: `0x${'22'.repeat(20)}` }, 'unattributed.evidence_differs'],
      ['names no address', { to: 'sender', sender: '0x22' }, 'address.malformed'],
    ])('cannot be attributed by a proposal that %s', async (_name, body, code) => {
      expect(await ask('POST', at('proposals'), staff.treasury, { ...body, reason: 'because' })).toMatchObject({ body: { code } });
    });

    it('need two people, each with a role, and the same request again changes nothing', async () => {
      const body = { to: 'pool', pool_id: POOL, reason: 'the builder says so' };
      expect(await ask('POST', at('proposals'), staff.support, body)).toMatchObject({ status: 403 });
      expect(await ask('POST', at('approval'), staff.mlro, { reason: 'yes', version: 2 })).toMatchObject({
        body: { code: 'unattributed.forbidden_move' },
      });
      const key = newUuid();
      expect(await ask('POST', at('proposals'), staff.senior_officer, body, key)).toMatchObject({
        status: 200,
        body: { state: 'proposed' },
      });
      expect(await ask('POST', at('proposals'), staff.senior_officer, body, key)).toMatchObject({
        status: 200,
        body: { state: 'proposed' },
      });
      expect(await ask('POST', at('approval'), staff.senior_officer, { reason: 'yes', version: 2 })).toMatchObject({
        status: 403,
        body: { code: 'unattributed.maker_is_checker' },
      });
      expect(await ask('POST', at('approval'), staff.treasury, { reason: 'yes', version: 2 })).toMatchObject({ status: 403 });
      expect(await ask('POST', at('approval'), staff.mlro, { reason: 'yes', version: 2 })).toMatchObject({
        status: 200,
        body: { state: 'attributed' },
      });
      const acts = await db.admin.query('SELECT action FROM audit.event WHERE resource = $1 ORDER BY seq', [item.id]);
      expect(acts).toEqual([{ action: 'unattributed.propose' }, { action: 'unattributed.attribute' }]);
    });

    it('that do not exist are not found', async () => {
      for (const id of ['una_x', publicId('unattributed', newUuid())])
        expect(await ask('POST', `/v1/custody/unattributed/${id}/approval`, staff.mlro, { reason: 'yes', version: 1 })).toMatchObject({
          status: 404,
        });
    });
  });

  it('lets an officer acknowledge a contradiction, once', async () => {
    const door = '/v1/custody/chains/ethereum/acknowledgement';
    const reason = { reason: 'the second node was restored from a stale disk' };
    expect(await ask('POST', door, staff.treasury, reason)).toMatchObject({ status: 409, body: { code: 'chain.not_contradicted' } });
    chain.fault = new Fault('chain.contradiction', 'two nodes', false);
    await follow();
    chain.fault = null;
    await follow();
    expect(await ask('GET', '/health/ready', staff.support)).toMatchObject({ status: 503 });
    expect(await ask('POST', door, staff.support, reason)).toMatchObject({ status: 403 });
    expect(await ask('POST', door.replace('ethereum', 'other'), staff.treasury, reason)).toMatchObject({ status: 404 });
    expect(await ask('POST', door, staff.treasury, reason)).toMatchObject({ status: 200, body: { state: 'unavailable' } });
    await follow();
    expect(await ask('GET', '/health/ready', staff.support)).toMatchObject({ status: 200 });
  });

  it('gives up no transaction that may land, and resumes no address that was not stopped', async () => {
    const [omnibus] = await db.admin.query<[{ id: string }]>(`SELECT id FROM custody.wallet WHERE role = 'omnibus'`);
    const reason = { reason: 'looked into it' };
    const gone = `/v1/custody/transactions/${publicId('transaction', newUuid())}/abandonment`;
    expect(await ask('POST', gone, staff.mlro, reason)).toMatchObject({ status: 404 });
    expect(await ask('POST', `/v1/custody/wallets/${publicId('wallet', omnibus.id)}/resumption`, staff.mlro, reason)).toMatchObject({
      status: 409,
      body: { code: 'wallet.not_stopped' },
    });
    expect(await ask('POST', `/v1/custody/wallets/wal_x/resumption`, staff.mlro, reason)).toMatchObject({ status: 404 });
    expect(await ask('POST', gone, staff.treasury, reason)).toMatchObject({ status: 403 });
  });

  describe('periods of the ledger', () => {
    const yesterday = new Date(Date.now() - 86_400_000).toISOString().slice(0, 10);
    const wish = { entity: 'client_trust', through: yesterday, reason: 'month end' };
    const door = '/v1/custody/ledger/periods';
    const upkeep = (): Promise<void> => room.app.get(LedgerUpkeepService).rollUp();

    it('are closed by two people, once, and never before they are over', async () => {
      const today = new Date().toISOString().slice(0, 10);
      expect(await ask('POST', door, staff.treasury, { ...wish, through: today })).toMatchObject({ body: { code: 'period.not_over' } });
      expect(await ask('POST', door, staff.treasury, { ...wish, through: '2026-02-30' })).toMatchObject({ status: 400 });
      expect(await ask('POST', door, staff.support, wish)).toMatchObject({ status: 403 });
      const asked = await ask<PeriodCloseView>('POST', door, staff.treasury, wish);
      expect(asked).toMatchObject({ status: 201, body: { state: 'requested', through: yesterday } });
      expect(await ask('POST', door, staff.treasury, wish)).toMatchObject({ body: { code: 'period.requested_already' } });
      const approval = `${door}/${asked.body.id}/approval`;
      expect(await ask('POST', approval, staff.treasury, { reason: 'yes' })).toMatchObject({
        body: { code: 'period.maker_is_checker' },
      });
      // a transaction of any database of the server can hold the roll-up, and so the close, up for a moment
      const closed = await eventually(
        async () => {
          await upkeep();
          const answer = await ask<PeriodCloseView>('POST', approval, staff.senior_officer, { reason: 'checked' });
          return (answer.body as { code?: string }).code === 'period.unsettled' ? false : answer;
        },
        { timeoutMs: 60_000 },
      );
      expect(closed).toMatchObject({ status: 200, body: { state: 'closed', seq: 1 } });
      expect(closed.body.digest).toMatch(/^[0-9a-f]{64}$/);
      expect(await ask('POST', approval, staff.senior_officer, { reason: 'again' })).toMatchObject({
        body: { code: 'period.forbidden_move' },
      });
      expect((await ask<PeriodClosePage>('GET', door, staff.treasury)).body.data).toMatchObject([{ state: 'closed', through: yesterday }]);
    });

    it('show a trial balance by either clock, which sums to zero', async () => {
      const now = new Date().toISOString();
      for (const query of ['', `?effective_at=${now}`, `?recorded_at=${now}`]) {
        const { body } = await ask<TrialBalanceView>('GET', `/v1/custody/ledger/trial-balance${query}`, staff.treasury);
        expect(body.lines.reduce((sum, line) => sum + BigInt(line.balance_atomic), 0n)).toBe(0n);
      }
      const both = `/v1/custody/ledger/trial-balance?effective_at=${now}&recorded_at=${now}`;
      expect(await ask('GET', both, staff.treasury)).toMatchObject({ status: 400, body: { code: 'period.two_clocks' } });
    });
  });
});
