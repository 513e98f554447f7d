import 'reflect-metadata';
import { randomBytes } from 'node:crypto';
import type { Transactor } from '#database';
import { openRoom, type OpenRoom, type StaffRole } from '#http';
import { amount, newUuid, publicId, uuid5, type Amount } from '#kernel';
import { balanceOf, mustPost, type AccountKindName, type Posting, type TransferKindName } from '#ledger';
import { messageType } from '#messages';
import { createTestDatabase, FakeClock, newClient, newStaff, OpenedRoom, type Called, type Person, type TestDatabase } from '#testing';
import { BatchesProcessor } from './batches/batches.processor.js';
import { FakeEthereum } from './fake-ethereum.spec-support.js';
import { expectClosed } from './pools/closed.spec-support.js';
import { reportMessage, type Seen } from './pools/report-message.spec-support.js';
import { ReportsProcessor } from './pools/reports.processor.js';
import { VaultProcessor } from './pools/vault.processor.js';
import { ChainSchedules } from './schedules/chain.schedule.js';
import { SettlementProcessor } from './settlement/settlement.processor.js';
import { StandingProcessor } from './standing/standing.processor.js';
import { stakingRoom } from './room.js';
import { TransactionsProcessor } from './transactions/transactions.processor.js';

export const ETH = 10n ** 18n;
export const POOL = 'eth-payout-1';
export const VAULT = `0x${'fa'.repeat(20)}`;
export const CREDENTIALS = `0x01${'0'.repeat(22)}${'fa'.repeat(20)}`;
const WALLET = uuid5('wallet', 'omnibus');
export const DISCLOSURE = { productId: 'eth-payout', version: 1, hash: `0x${'d1'.repeat(32)}` };
const hex = (bytes: number): string => `0x${randomBytes(bytes).toString('hex')}`;

/** Money of several sorts crosses to and from the outside: what custody books, by the kinds it books with. */
const outside: Partial<Record<TransferKindName, readonly [AccountKindName, string | null, AccountKindName, string | null]>> = {
  'deposit.receive': ['trust.wallet', WALLET, 'client.suspense', null],
  'deposit.release': ['client.suspense', null, 'client.available', null],
  'stake.send': ['pool.bonding', POOL, 'trust.wallet', WALLET],
  'execution.receive': ['trust.wallet', WALLET, 'pool.execution_reward', POOL],
  'gas.top_up': ['trust.wallet', WALLET, 'trust.gas_float', 'ethereum'],
  'protocol.withdraw': ['trust.wallet', WALLET, 'pool.protocol_withdrawal', POOL],
  'deposit.unattributed': ['trust.wallet', WALLET, 'trust.unattributed', 'ethereum'],
  'unattributed.to_recovery': ['trust.unattributed', 'ethereum', 'pool.recovery', null],
  'unattributed.to_operator_bond': ['trust.unattributed', 'ethereum', 'cover.operator_bond', null],
  'unattributed.to_cover_fund': ['trust.unattributed', 'ethereum', 'cover.fund', 'ethereum'],
  'unattributed.to_first_loss': ['trust.unattributed', 'ethereum', 'cover.first_loss', 'ethereum'],
  'unattributed.to_instant_buffer': ['trust.unattributed', 'ethereum', 'pool.instant_buffer', null],
};

export type { Called, Person };
/** The room on a database of its own, its chain and its clock in the test's hands; the other rooms speak through the test. */
export class OpenStaking extends OpenedRoom {
  private slot = 3_200n;
  /** The pool that custody and rewards speak of. */
  poolId: string = POOL;

  private constructor(
    database: TestDatabase,
    readonly room: OpenRoom,
    private readonly custody: Transactor,
    clock: FakeClock,
    readonly chain: FakeEthereum,
  ) {
    super(database, clock);
  }

  static async start(env: Record<string, string> = {}): Promise<OpenStaking> {
    const database = await createTestDatabase();
    const clock = new FakeClock();
    const chain = new FakeEthereum();
    const off = {
      ALLOCATE_EVERY_MS: '0',
      WATCH_EVERY_MS: '0',
      EXIT_EVERY_MS: '0',
      DISTRIBUTE_EVERY_MS: '0',
      SETTLE_EXITS_EVERY_MS: '0',
      FEE_SWEEP_EVERY_MS: '0',
      OPERATORS_EVERY_MS: '0',
      RATE_LIMIT_PER_MINUTE: '100000',
    };
    const room = await openRoom(stakingRoom({ clock, chains: new Map([['ethereum', chain]]) }), {
      DATABASE_URL: database.url('staking'),
      BAILEE_MODE: 'demo',
      BAILEE_NETWORK: 'localnet',
      ETHEREUM_RPC_URL: 'http://127.0.0.1:1',
      ETHEREUM_BEACON_URL: 'http://127.0.0.1:1',
      LOG_LEVEL: 'silent',
      ...off,
      ...env,
    });
    return new OpenStaking(database, room, await database.transactor('custody'), clock, chain);
  }

  /** Vault, disclosure and network are known: the product is open. */
  static async ready(env: Record<string, string> = {}): Promise<OpenStaking> {
    const s = await OpenStaking.start(env);
    await s.hear(VaultProcessor, 'opened', { walletId: newUuid(), chain: 'ethereum', role: 'vault', address: VAULT, poolId: POOL });
    await s.hear(StandingProcessor, 'published', DISCLOSURE);
    await s.service(ChainSchedules).allocate();
    return s;
  }

  /** What this room said, in order; payloads as they were checked at sending. */
  async said(message: string): Promise<Called['body'][]> {
    const type = messageType(message);
    if (!type) throw new Error(`no such message: ${message}`);
    const rows = await this.query<{ payload: unknown }>(
      'SELECT payload FROM delivery.delivery WHERE message = $1 AND subscriber = $2 ORDER BY created_at, seq',
      [message, type.to[0]],
    );
    return rows.map((row) => row.payload);
  }

  // --- people

  async client(approved = true): Promise<Person> {
    const person = await newClient(this.database);
    if (approved) {
      await this.stands(person, 1, 'approved');
      await this.hear(StandingProcessor, 'acknowledged', { clientId: person.uuid, ...DISCLOSURE });
    }
    return person;
  }
  staff(...roles: StaffRole[]): Promise<Person> {
    return newStaff(this.database, ...roles);
  }
  stands({ uuid }: { uuid: string }, version: number, state: 'applicant' | 'approved' | 'restricted'): Promise<void> {
    const may = state === 'approved';
    return this.hear(StandingProcessor, 'standing', {
      clientId: uuid,
      version,
      state,
      mayDeposit: may,
      mayStake: may,
      mayUnstake: may,
      mayWithdraw: may,
      clientClass: 'retail',
    });
  }
  async funded(units: bigint): Promise<Person> {
    const person = await this.client();
    await this.fund(person, units);
    return person;
  }
  async fund({ uuid }: Person, units: bigint): Promise<void> {
    await this.book(['deposit.receive', uuid, units], ['deposit.release', uuid, units]);
  }

  call(who: Person | null, method: 'GET' | 'POST', url: string, body?: object, key?: string | null): Promise<Called> {
    return this.ask(who, method, url, { body, key });
  }
  stake(who: Person, eth: string, more: object = {}, key?: string): Promise<Called> {
    return this.call(who, 'POST', '/v1/staking/stakes', { asset: 'ETH', amount: eth, ...more }, key);
  }
  unstake(who: Person, eth: string, key?: string): Promise<Called> {
    return this.call(who, 'POST', '/v1/staking/unstakes', { product_id: 'eth-payout', amount: eth }, key);
  }
  async operation(who: Person, id: string): Promise<Called['body']> {
    return (await this.call(who, 'GET', `/v1/staking/operations/${id}`)).body;
  }

  // --- the other rooms

  /** Books as custody. */
  async book(...entries: [TransferKindName, string | null, bigint][]): Promise<void> {
    const effectiveAt = this.clock.now();
    await this.custody.run((em) =>
      mustPost(
        em,
        entries.map(([kind, owner, units]): Posting => {
          const sides = outside[kind];
          if (!sides) throw new Error(`custody does not book ${kind} here`);
          const [debit, debitOwner, credit, creditOwner] = sides;
          const ownerOf = (fixed: string | null): string => (fixed === POOL ? this.poolId : (fixed ?? owner ?? ''));
          return {
            key: newUuid(),
            kind,
            debit: { kind: debit, owner: ownerOf(debitOwner), asset: 'ETH' },
            credit: { kind: credit, owner: ownerOf(creditOwner), asset: 'ETH' },
            amount: amount(units),
            effectiveAt,
            reference: newUuid(),
          };
        }),
      ),
    );
  }
  balance(kind: AccountKindName, owner: string, asset: 'ETH' | 'ETH-PAYOUT-1' = 'ETH'): Promise<bigint> {
    return this.run((em) => balanceOf(em, { kind, owner, asset }));
  }
  schedules(): ChainSchedules {
    return this.service(ChainSchedules);
  }

  /** The signer answers every request for a deposit message that has no answer yet. */
  async signKeys(): Promise<string[]> {
    const asked = await this.query<{ request: string }>(
      `SELECT CASE state WHEN 'key_requested' THEN key_request_id ELSE top_up_key_request_id END AS request FROM staking.batch
        WHERE state IN ('key_requested', 'rest_data_requested') ORDER BY created_at`,
    );
    const requests = await this.said('deposit_data.request@1');
    const keys: string[] = [];
    for (const { request } of asked) {
      const { amountGwei, withdrawalCredentials, pubkey = hex(48) } = requests.find((r) => r.requestId === request) ?? {};
      keys.push(pubkey);
      await this.hear(BatchesProcessor, 'signed', depositData(request, pubkey, amountGwei, withdrawalCredentials));
    }
    return keys;
  }
  async requested(purpose: string): Promise<Called['body'][]> {
    return (await this.said('transaction.request@1')).filter((p) => (p as { purpose: string }).purpose === purpose);
  }
  async sign(requestId: string, purpose: string): Promise<string> {
    const transactionHash = hex(32);
    await this.hear(TransactionsProcessor, 'signed', { requestId, transactionId: uuid5('tx', requestId), purpose, transactionHash });
    return transactionHash;
  }
  async finalise(requestId: string, purpose: string, transactionHash: string, succeeded = true): Promise<void> {
    const { amount: sent } = (await this.requested(purpose)).find((r) => r.requestId === requestId) ?? {};
    if (succeeded && purpose.startsWith('stake_')) await this.book(['stake.send', null, BigInt(sent)]);
    await this.hear(TransactionsProcessor, 'finalised', {
      requestId,
      transactionId: uuid5('tx', requestId),
      purpose,
      transactionHash,
      blockNumber: '1',
      succeeded,
    });
  }

  /** Custody signs and the chain takes what was asked for last. */
  async send(purpose: string, succeeded = true): Promise<void> {
    const request = (await this.requested(purpose)).at(-1);
    if (!request) throw new Error(`${purpose} was not asked for`);
    await this.finalise(request.requestId, purpose, await this.sign(request.requestId, purpose), succeeded);
  }
  /** From a full queue to 1 ETH of a new key that stands in a finalised state, ours or not. Returns the key. */
  async predeposit(credentials?: string): Promise<string> {
    await this.schedules().allocate();
    const [pubkey] = await this.signKeys();
    if (pubkey === undefined) throw new Error('nothing was allocated');
    await this.schedules().allocate();
    await this.send('stake_deposit');
    const { withdrawalCredentials } = (await this.said('deposit_data.request@1')).at(-1);
    this.chain.sees(pubkey, credentials ?? withdrawalCredentials, { status: 'pending', balance: amount(ETH) });
    await this.schedules().watch();
    return pubkey;
  }
  /** The rest of what was proven, up to the chain. */
  async sendRest(): Promise<void> {
    await this.schedules().allocate();
    await this.signKeys();
    await this.schedules().allocate();
    await this.send('stake_top_up');
  }
  /** From a full queue to an active validator. Returns its key. */
  async fillValidator(): Promise<string> {
    const pubkey = await this.predeposit();
    const [batch] = await this.query<{ state: string }>('SELECT state FROM staking.batch WHERE pubkey = $1', [pubkey]);
    if (batch?.state === 'proven') await this.sendRest();
    this.chain.sees(pubkey, CREDENTIALS, { status: 'active', balance: amount(32n * ETH) });
    await this.schedules().watch();
    return pubkey;
  }

  /** A report of these rewards; custody has booked what was withdrawn unless told otherwise. */
  async report(
    validators: readonly Seen[],
    options: { booked?: boolean; watched?: boolean; fees?: bigint; mev?: bigint } = {},
  ): Promise<object> {
    const message = await this.reportMessage(validators, options);
    if (options.booked !== false) {
      const withdrawn = validators.reduce((sum, v) => sum + (v.withdrawn ?? 0n), 0n);
      if (withdrawn > 0n) await this.book(['protocol.withdraw', null, withdrawn]);
      const executed = (options.fees ?? 0n) + (options.mev ?? 0n);
      if (executed > 0n) await this.book(['execution.receive', null, executed]);
    }
    if (options.watched !== false) await this.query('UPDATE staking.pool SET watched_epoch = 1000000'); // the watch is ahead of reports
    await this.hear(ReportsProcessor, 'apply', message);
    return message;
  }
  async reportMessage(validators: readonly Seen[], extra: { fees?: bigint; mev?: bigint } = {}): Promise<object> {
    const rows = await this.query<{ pubkey: string; booked: string }>('SELECT pubkey, booked::text FROM staking.validator');
    const [pool] = await this.query<{ number: number }>('SELECT report_number AS number FROM staking.pool WHERE id = $1', [this.poolId]);
    const fromSlot = this.slot;
    this.slot += 32n;
    const place = { poolId: this.poolId, number: (pool?.number ?? 0) + 1, fromSlot, toSlot: this.slot };
    return reportMessage(place, new Map(rows.map((row) => [row.pubkey, BigInt(row.booked)])), validators, extra);
  }
  settle(runId: string = newUuid()): Promise<void> {
    return this.hear(SettlementProcessor, 'settle', { runId, poolId: this.poolId });
  }

  /** Every law of the books. */
  closes(): Promise<void> {
    return expectClosed(this.run.bind(this), this.poolId);
  }
}

const depositData = (requestId: string, pubkey: string, amountGwei: string, withdrawalCredentials: string) => ({
  requestId,
  pubkey,
  withdrawalCredentials,
  amountGwei,
  signature: hex(96),
  depositDataRoot: hex(32),
  keyPath: 'm/12381/3600/0/0/0',
});

export const units = (value: { amount_atomic: string }): Amount => amount(BigInt(value.amount_atomic));
export const operationId = (called: Called): string => called.body.id as string;
export const clientIdOf = (person: Person): string => publicId('client', person.uuid);
