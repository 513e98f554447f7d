import { Transactor } from '#database';
import { migrateQueues } from '#delivery';
import { openRoom, type OpenRoom } from '#http';
import { Fault, newUuid, publicId, uuid5 } from '#kernel';
import { placeHold } from '#ledger';
import { createTestDatabase, newClient as openClient, newStaff, type TestDatabase } from '#testing';
import type { DestinationPage, DestinationView } from './address-book/destinations.dto.js';
import type { AccountList, EntryPage } from './books/ledger.dto.js';
import { FakeChain } from './chain/fake-chain.spec-support.js';
import { custodyModule } from './custody.module.js';
import { ETH, keyrings, OUTSIDER, POOL } from './custody.spec-support.js';
import type { DepositPage } from './deposits/deposits.dto.js';
import { DepositsService } from './deposits/deposits.service.js';
import { FollowerService } from './follower/follower.service.js';
import type { ReconciliationView } from './reconciliation/reconciliations.dto.js';
import { custody } from './room.js';
import { StandingProcessor } from './standing/standing.processor.js';
import type { CustodyStatusView } from './status/status.dto.js';
import type { TransactionPage } from './transactions/transactions.dto.js';
import type { AddressView } from './wallets/addresses.dto.js';
import { WalletsProcessor } from './wallets/wallets.processor.js';
import type { WithdrawalPage, WithdrawalView } from './withdrawals/withdrawals.dto.js';

interface Called<B = Record<string, unknown>> {
  status: number;
  headers: Record<string, unknown>;
  body: B;
}

describe('custody over HTTP', () => {
  let db: TestDatabase;
  let room: OpenRoom;
  const chain = new FakeChain();
  const staff = { treasury: '', support: '' };

  beforeAll(async () => {
    db = await createTestDatabase();
    await migrateQueues(db.adminUrl);
    for (const role of ['treasury', 'support'] as const) staff[role] = (await newStaff(db, role)).token;
    const schedules = ['FOLLOW', 'TRANSACT', 'POLICY', 'RELEASE_RETRY', 'RECONCILE'].map((name) => [`${name}_EVERY_MS`, '0']);
    const env = {
      DATABASE_URL: db.url('custody'),
      BAILEE_MODE: 'demo',
      BAILEE_NETWORK: 'localnet',
      ETHEREUM_RPC_URL: 'http://127.0.0.1:1',
      ETHEREUM_BEACON_URL: 'http://127.0.0.1:1',
      LOG_LEVEL: 'silent',
      RECONCILE_WAIT_MS: '5000',
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

  /** What the audit trail says was done in somebody's name, in order. */
  const acts = (actorId: string): Promise<{ action: string; resource: string; details: object }[]> =>
    db.admin.query(`SELECT action, resource, details - 'correlation' AS details FROM audit.event WHERE actor_id = $1 ORDER BY seq`, [
      actorId,
    ]);

  async function call<B = Record<string, unknown>>(
    method: 'GET' | 'POST' | 'DELETE',
    url: string,
    token: string | null,
    body?: object,
    key?: string,
  ): Promise<Called<B>> {
    const headers = {
      ...(token === null ? {} : { authorization: `Bearer ${token}` }),
      ...(key === undefined ? {} : { 'idempotency-key': key }),
    };
    const reply = await room.app.inject({ method, url, headers, ...(body === undefined ? {} : { payload: body }) });
    return { status: reply.statusCode, headers: reply.headers, body: (reply.body === '' ? {} : JSON.parse(reply.body)) as B };
  }

  async function newClient(may: { deposit: boolean; withdraw: boolean } | null): Promise<{ id: string; token: string }> {
    const { uuid: id, token } = await openClient(db);
    if (may) await standing(id, may);
    return { id, token };
  }
  let version = 0;
  const standing = (clientId: string, may: { deposit: boolean; withdraw: boolean }): Promise<void> => {
    const flags = { mayDeposit: may.deposit, mayWithdraw: may.withdraw, mayStake: false, mayUnstake: false };
    return transactor().run((em) =>
      room.app.get(StandingProcessor).keep(em, { clientId, version: ++version, state: 'approved', clientClass: 'retail', ...flags }),
    );
  };
  async function fund(client: { id: string; token: string }, units: bigint): Promise<void> {
    const { body } = await call<AddressView>('POST', '/v1/custody/addresses', client.token, { asset: 'ETH' });
    const address = body.address.toLowerCase();
    const hash = chain.send(address, units);
    chain.mineAndFinalise();
    await follow();
    const depositId = uuid5('deposit', 'ethereum', hash, address);
    await transactor().run((em) => room.app.get(DepositsService).release(em, { depositId, basis: 'rule', reference: 'test' }));
  }
  const listed = async (client: { token: string }, address = OUTSIDER): Promise<string> =>
    (await call<DestinationView>('POST', '/v1/custody/address-book', client.token, { asset: 'ETH', address, label: 'mine' })).body.id;
  const withdraw = (client: { token: string }, body: object, key = newUuid()): Promise<Called<WithdrawalView>> =>
    call('POST', '/v1/custody/withdrawals', client.token, { asset: 'ETH', ...body }, key);

  describe('deposit addresses', () => {
    it('are for approved clients: one a chain, with a checksum', async () => {
      const client = await newClient(null);
      expect(await call('POST', '/v1/custody/addresses', client.token, { asset: 'ETH' })).toMatchObject({
        status: 403,
        body: { code: 'custody.not_approved' },
      });
      await standing(client.id, { deposit: true, withdraw: false });
      const first = await call<AddressView>('POST', '/v1/custody/addresses', client.token, { asset: 'ETH' });
      expect(first).toMatchObject({ status: 201, body: { asset: 'ETH', chain: 'ethereum' } });
      expect(first.body.address).toMatch(/^0x[0-9A-F]{40}$/); // the fake chain's way of a checksum
      expect(await call('POST', '/v1/custody/addresses', client.token, { asset: 'ETH' })).toMatchObject({ status: 200, body: first.body });
      expect((await call('GET', '/v1/custody/addresses', client.token)).body).toEqual({ data: [first.body] });
      expect(await acts(client.id)).toEqual([{ action: 'address.open', resource: first.body.id, details: { chain: 'ethereum' } }]);
    });

    it('refuses an unknown asset, a body that is none, strangers and staff', async () => {
      const client = await newClient({ deposit: true, withdraw: true });
      expect(await call('POST', '/v1/custody/addresses', client.token, { asset: 'DOGE' })).toMatchObject({
        status: 400,
        body: { code: 'asset.unknown' },
      });
      expect(await call('POST', '/v1/custody/addresses', client.token, { asset: 7, more: 1 })).toMatchObject({
        status: 400,
        body: { code: 'validation.failed' },
      });
      expect(await call('GET', '/v1/custody/addresses', null)).toMatchObject({ status: 401, body: { code: 'auth.missing' } });
      expect(await call('GET', '/v1/custody/addresses', `bk_${'A'.repeat(43)}`)).toMatchObject({
        status: 401,
        body: { code: 'auth.invalid' },
      });
      expect(await call('GET', '/v1/custody/addresses', staff.treasury)).toMatchObject({ status: 403, body: { code: 'auth.forbidden' } });
    });
  });

  describe('the address book', () => {
    it('lists, finds and removes', async () => {
      const client = await newClient(null);
      const added = await call<DestinationView>('POST', '/v1/custody/address-book', client.token, {
        asset: 'ETH',
        address: OUTSIDER,
        label: 'mine',
      });
      expect(added).toMatchObject({ status: 201, body: { label: 'mine', usable: true } });
      expect(
        await call('POST', '/v1/custody/address-book', client.token, { asset: 'ETH', address: OUTSIDER, label: 'again' }),
      ).toMatchObject({ status: 200, body: { id: added.body.id } });
      expect((await call<DestinationPage>('GET', '/v1/custody/address-book', client.token)).body.data).toHaveLength(1);
      expect(await call('DELETE', `/v1/custody/address-book/${added.body.id}`, client.token)).toMatchObject({ status: 204 });
      expect(await call('DELETE', `/v1/custody/address-book/${added.body.id}`, client.token)).toMatchObject({ status: 404 });
      expect((await call<DestinationPage>('GET', '/v1/custody/address-book', client.token)).body.data).toEqual([]);
      expect((await acts(client.id)).map(({ action, resource }) => [action, resource])).toEqual([
        ['destination.add', added.body.id],
        ['destination.remove', added.body.id],
      ]);
    });

    it('refuses a wrong checksum, what is no address, and our own addresses', async () => {
      const client = await newClient({ deposit: true, withdraw: true });
      const add = (address: string): Promise<Called> =>
        call('POST', '/v1/custody/address-book', client.token, { asset: 'ETH', address, label: 'x' });
      expect(await add(`0x${'Ab'.repeat(20)}`)).toMatchObject({ status: 400, body: { code: 'address.checksum' } });
      expect(await add('0x12')).toMatchObject({ status: 400, body: { code: 'address.malformed' } });
      const own = (await call<AddressView>('POST', '/v1/custody/addresses', client.token, { asset: 'ETH' })).body.address;
      expect(await add(own)).toMatchObject({ status: 422, body: { code: 'address.own' } });
    });

    it('is nobody else’s', async () => {
      const [mine, other] = [await newClient(null), await newClient(null)];
      const id = await listed(mine);
      expect(await call('GET', `/v1/custody/address-book/${id}`, other.token)).toMatchObject({ status: 404, body: { code: 'not_found' } });
      expect(await call('DELETE', `/v1/custody/address-book/${id}`, other.token)).toMatchObject({ status: 404 });
    });
  });

  describe('deposits', () => {
    it('are shown to their client alone', async () => {
      const [client, other] = [await newClient({ deposit: true, withdraw: true }), await newClient(null)];
      await fund(client, 2n * ETH);
      const { body } = await call<DepositPage>('GET', '/v1/custody/deposits', client.token);
      const [deposit] = body.data;
      expect(body).toMatchObject({
        data: [{ state: 'credited', amount: '2', amount_atomic: (2n * ETH).toString(), final: true }],
        page: { has_more: false },
      });
      expect(deposit?.steps.map((step) => step.state)).toEqual(['suspense', 'credited']);
      expect((await call('GET', `/v1/custody/deposits/${deposit?.id}`, client.token)).status).toBe(200);
      expect((await call('GET', `/v1/custody/deposits/${deposit?.id}`, other.token)).status).toBe(404);
    });
  });

  describe('withdrawals', () => {
    it('are accepted once a key, however often they are asked for', async () => {
      const client = await newClient({ deposit: true, withdraw: true });
      await fund(client, 2n * ETH);
      const destination_id = await listed(client);
      const key = newUuid();
      const [first, second] = await Promise.all([
        withdraw(client, { amount: '0.5', destination_id }, key),
        withdraw(client, { amount: '0.5', destination_id }, key),
      ]);
      expect(first).toMatchObject({
        status: 202,
        body: { type: 'withdrawal', state: 'accepted', amount: '0.5', steps: [{ name: 'accepted', state: 'current' }] },
      });
      expect(second.body).toEqual(first.body);
      const details = { asset: 'ETH', amount_atomic: (ETH / 2n).toString(), destination: destination_id };
      expect((await acts(client.id)).filter((act) => act.action.startsWith('withdrawal.'))).toEqual([
        { action: 'withdrawal.request', resource: first.body.id, details },
      ]);
      expect(first.headers['location']).toBe(`/v1/custody/withdrawals/${first.body.id}`);
      expect(await withdraw(client, { amount: '0.6', destination_id }, key)).toMatchObject({
        status: 422,
        body: { code: 'idempotency.key_reused' },
      });
      const accounts = (await call<AccountList>('GET', '/v1/ledger/accounts', client.token)).body.data;
      expect(Object.fromEntries(accounts.map((a) => [a.account, a.balance]))).toMatchObject({
        'client.available': '1.5',
        'client.reserved': '0.5',
      });
      expect(await call('GET', `/v1/custody/withdrawals/${first.body.id}`, client.token)).toMatchObject({
        status: 200,
        body: { state: 'accepted' },
      });
      const other = await newClient(null);
      expect((await call('GET', `/v1/custody/withdrawals/${first.body.id}`, other.token)).status).toBe(404);
    });

    it('are refused, and nothing moves', async () => {
      const client = await newClient({ deposit: true, withdraw: true });
      await fund(client, ETH);
      const destination_id = await listed(client);
      const foreign = await listed(await newClient(null));
      const cases: [object, number, string][] = [
        [{ amount: '2', destination_id }, 422, 'withdrawal.insufficient_balance'],
        [{ amount: '0', destination_id }, 422, 'withdrawal.below_minimum'],
        [{ amount: '0.00000001', destination_id }, 422, 'withdrawal.below_minimum'],
        [{ amount: '-1', destination_id }, 400, 'amount.malformed'],
        [{ amount: '1e3', destination_id }, 400, 'amount.malformed'],
        [{ amount: '0.1234567890123456789', destination_id }, 400, 'amount.precision_exceeded'],
        [{ amount: '0.5', destination_id: foreign }, 403, 'withdrawal.destination_not_allowed'],
        [{ amount: '0.5', destination_id: publicId('destination', newUuid()) }, 403, 'withdrawal.destination_not_allowed'],
        [{ amount: '0.5', destination_id: 'nonsense' }, 403, 'withdrawal.destination_not_allowed'],
        [{ amount: '0.5' }, 400, 'validation.failed'],
        [{ amount: '0.5', destination_id, asset: 'XYZ' }, 400, 'asset.unknown'],
      ];
      for (const [body, status, code] of cases) expect(await withdraw(client, body)).toMatchObject({ status, body: { code } });
      expect(await call('POST', '/v1/custody/withdrawals', client.token, { asset: 'ETH', amount: '0.5', destination_id })).toMatchObject({
        status: 400,
        body: { code: 'idempotency.key_missing' },
      });
      const accounts = (await call<AccountList>('GET', '/v1/ledger/accounts', client.token)).body.data;
      expect(accounts.find((a) => a.account === 'client.available')?.balance).toBe('1');
      expect((await call<WithdrawalPage>('GET', '/v1/custody/withdrawals', client.token)).body.data).toEqual([]);
    });

    it('need standing, and stop at a hold with words that say nothing', async () => {
      const client = await newClient({ deposit: true, withdraw: false });
      await fund(client, ETH);
      const destination_id = await listed(client);
      expect(await withdraw(client, { amount: '0.5', destination_id })).toMatchObject({
        status: 403,
        body: { code: 'custody.not_approved' },
      });
      await standing(client.id, { deposit: true, withdraw: true });
      const compliance = await db.transactor('compliance');
      await compliance.run((em) =>
        placeHold(em, {
          holdId: newUuid(),
          owner: client.id,
          scopes: ['withdraw'],
          reason: 'secret',
          legalBasis: 'test',
          placedBy: newUuid(),
        }),
      );
      const held = await withdraw(client, { amount: '0.5', destination_id });
      expect(held).toMatchObject({ status: 423, body: { code: 'withdrawal.under_review', retryable: true } });
      expect(JSON.stringify(held.body)).not.toContain('secret');
    });
  });

  describe('the books', () => {
    it('show a client its whole history, page by page', async () => {
      const client = await newClient({ deposit: true, withdraw: true });
      for (let i = 0; i < 3; i++) await fund(client, ETH);
      const seen: string[] = [];
      let cursor = '';
      do {
        const { body } = await call<EntryPage>('GET', `/v1/ledger/entries?limit=2&account=client.available${cursor}`, client.token);
        seen.push(...body.data.map((entry) => entry.balance));
        cursor = body.page.next_cursor ? `&cursor=${body.page.next_cursor}` : '';
      } while (cursor);
      expect(seen).toEqual(['3', '2', '1']);
      expect(await call('GET', '/v1/ledger/entries?cursor=xxx', client.token)).toMatchObject({
        status: 400,
        body: { code: 'cursor.malformed' },
      });
      expect(await call('GET', '/v1/ledger/entries?account=trust.wallet', client.token)).toMatchObject({
        status: 400,
        body: { code: 'validation.failed' },
      });
    });

    it('tell anybody what a pool is made of', async () => {
      expect(await call('GET', `/v1/transparency/${POOL}`, null)).toMatchObject({
        status: 200,
        body: { pool: POOL, asset: 'ETH', network: 'localnet', validators: [] },
      });
      expect(await call('GET', '/v1/transparency/none', null)).toMatchObject({ status: 404, body: { code: 'not_found' } });
    });

    it('tell nobody of the pool of one client', async () => {
      const own = { chain: 'ethereum', role: 'vault', poolId: 'eth-dedicated-1', dedicated: true } as const;
      for (let i = 0; i < 2; i++) await transactor().run((em) => room.app.get(WalletsProcessor).open(em, own));
      for (const who of [null, staff.treasury, (await newClient(null)).token])
        expect(await call('GET', '/v1/transparency/eth-dedicated-1', who)).toMatchObject({ status: 404, body: { code: 'not_found' } });
      expect(await call('GET', `/v1/transparency/${POOL}`, null)).toMatchObject({ status: 200 });
      const vaults = await db.admin.query(`SELECT pool_id, dedicated FROM custody.wallet WHERE role = 'vault' ORDER BY pool_id`);
      expect(vaults).toEqual([
        { pool_id: 'eth-dedicated-1', dedicated: true },
        { pool_id: POOL, dedicated: false },
      ]);
    });

    it('are reconciled on demand, by those whose work it is', async () => {
      await follow();
      expect(await call('POST', '/v1/custody/reconciliations', staff.support, {})).toMatchObject({
        status: 403,
        body: { code: 'auth.forbidden' },
      });
      const run = await call<ReconciliationView>('POST', '/v1/custody/reconciliations', staff.treasury, {});
      expect(run).toMatchObject({ status: 201, body: { state: 'agreed', report: { unexplained: '0', difference: '0' } } });
      const ran = await db.admin.query(
        `SELECT a.actor_kind, s.roles FROM audit.event a JOIN reception.staff s ON s.id::text = a.actor_id WHERE a.resource = $1`,
        [run.body.id],
      );
      expect(ran).toEqual([{ actor_kind: 'staff', roles: ['treasury'] }]);
      expect(run.body.report.entities.every((e) => e.sum_atomic === '0')).toBe(true);
      expect((await call<ReconciliationView>('GET', '/v1/custody/reconciliations/latest', staff.treasury)).body.id).toBe(run.body.id);
      chain.mineAndFinalise(2); // the books are behind, and catch up for the purpose
      const later = await call<ReconciliationView>('POST', '/v1/custody/reconciliations', staff.treasury, {});
      expect(later).toMatchObject({ status: 201, body: { state: 'agreed', block_number: String(BigInt(run.body.block_number) + 2n) } });
      chain.mineAndFinalise();
      chain.fault = new Fault('chain.syncing', 'the node is syncing', true);
      expect(await call('POST', '/v1/custody/reconciliations', staff.treasury, {})).toMatchObject({
        status: 503,
        body: { code: 'chain.syncing', retryable: true },
      });
      chain.fault = null;
      await follow();
    });

    it('break when a coin moves that is in no book', async () => {
      const omnibus = (
        await db.admin.query<[{ id: string; address: string }]>(`SELECT id, address FROM custody.wallet WHERE role = 'omnibus'`)
      )[0];
      chain.send(omnibus.address, 3n);
      chain.mineAndFinalise();
      await follow();
      chain.conjure(omnibus.address, -1n); // nothing on any chain takes a coin without its key
      chain.mineAndFinalise();
      await follow();
      const run = await call<ReconciliationView>('POST', '/v1/custody/reconciliations', staff.treasury, {});
      expect(run.body).toMatchObject({
        state: 'broken',
        report: { unexplained_atomic: '-1', items: [{ kind: 'wallet', amount_atomic: '-1' }] },
      });
      expect(await room.metrics()).toContain('bailee_custody_reconciliation_drift{chain="ethereum",asset="ETH",room="custody"} 1');
      chain.conjure(omnibus.address, 1n);
      chain.mineAndFinalise();
      await follow();
    });
  });

  describe('the state of the chain', () => {
    it('is visible to staff and to whoever asks whether the room is ready', async () => {
      expect(await call('GET', '/health/ready', null)).toMatchObject({ status: 200, body: { parts: { 'chain ethereum': 'ok' } } });
      chain.fault = new Fault('chain.stalled', 'the head does not move', true);
      await follow();
      expect(await call('GET', '/health/ready', null)).toMatchObject({ status: 503, body: { parts: { 'chain ethereum': 'failing' } } });
      expect((await call<CustodyStatusView>('GET', '/v1/custody/status', staff.support)).body.chains).toMatchObject([
        { state: 'unavailable', code: 'chain.stalled' },
      ]);
      chain.fault = null;
      await follow();
      expect(await call('GET', '/health/ready', null)).toMatchObject({ status: 200 });
    });

    it('lists transactions to staff', async () => {
      const { status, body } = await call<TransactionPage>('GET', '/v1/custody/transactions?purpose=withdrawal', staff.treasury);
      expect(status).toBe(200);
      expect(body.data[0]).toMatchObject({ purpose: 'withdrawal', state: 'requested', tx_hash: null });
      expect(await call('GET', '/v1/custody/transactions', staff.support)).toMatchObject({ status: 403 });
    });
  });
});
