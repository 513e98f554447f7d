import { Test, type TestingModule } from '@nestjs/testing';
import { HDKey } from '@scure/bip32';
import { mnemonicToSeedSync } from '@scure/bip39';
import { plainToInstance } from 'class-transformer';
import { Transactor } from '#database';
import { Readiness } from '#http';
import { amount, newUuid, uuid5 } from '#kernel';
import { balanceOf, post, type AccountKindName, type Posting } from '#ledger';
import type { SignatureRequestV1, WalletRole } from '#messages';
import { createLogger, createMetrics } from '#runtime';
import { createTestDatabase, FakeClock, type TestDatabase } from '#testing';
import { CHAINS } from './chain/chains.js';
import { FakeChain, fakeSign } from './chain/fake-chain.spec-support.js';
import { CustodyConfig } from './config.js';
import { custodyEntities, custodyProviders } from './custody.module.js';
import { DepositsService } from './deposits/deposits.service.js';
import { FollowerService } from './follower/follower.service.js';
import { PoliciesService } from './policies/policies.service.js';
import { ReconciliationService } from './reconciliation/reconciliation.service.js';
import type { ReconciliationEntity } from './reconciliation/reconciliation.entity.js';
import { StandingProcessor } from './standing/standing.processor.js';
import { CustodyMetrics } from './status/metrics.js';
import { CLOCK, CONFIG, LOGGER } from './tokens.js';
import { BroadcasterService } from './transactions/broadcaster.service.js';
import { BuilderService } from './transactions/builder.service.js';
import { RequestsProcessor } from './transactions/requests.processor.js';
import { SignaturesProcessor } from './transactions/signatures.processor.js';
import type { TransactionEntity } from './transactions/transaction.entity.js';
import { WalletsProcessor } from './wallets/wallets.processor.js';
import { WalletsService } from './wallets/wallets.service.js';
import type { WalletEntity } from './wallets/wallet.entity.js';
import { WithdrawalsService } from './withdrawals/withdrawals.service.js';

export const POOL = 'eth-payout-1';
export const OUTSIDER = `0x${'c1'.repeat(20)}`;
export const ETH = 10n ** 18n;

const roles: readonly WalletRole[] = ['deposit', 'omnibus', 'vault', 'treasury'];
const root = HDKey.fromMasterSeed(mnemonicToSeedSync('test test test test test test test test test test test junk'));
export const keyrings = roles.map((role, i) => ({
  chain: 'ethereum',
  role,
  path: `m/44'/60'/${i}'`,
  xpub: root.derive(`m/44'/60'/${i}'`).publicExtendedKey,
}));

/** Limits small enough for coins to be counted by hand. */
export const testConfig = (change: Partial<CustodyConfig> = {}): CustodyConfig =>
  Object.assign(plainToInstance(CustodyConfig, {}, { exposeDefaultValues: true }), {
    BAILEE_MODE: 'demo',
    BAILEE_NETWORK: 'localnet',
    SIGNATURE_WAIT_MS: 0,
    RECONCILE_WAIT_MS: 0,
    MIN_WITHDRAWAL: '1000',
    GAS_FLOAT_LOW: ETH.toString(),
    GAS_FLOAT_TARGET: (2n * ETH).toString(),
    ...change,
  });

/** Custody whole on a real PostgreSQL, with the world outside (chain, signer, the other rooms) played by the test. */
export class CustodyWorld {
  private readonly handled = new Set<string>();

  private constructor(
    readonly db: TestDatabase,
    readonly transactor: Transactor,
    readonly module: TestingModule,
    readonly chain: FakeChain,
    readonly clock: FakeClock,
  ) {}

  static async open(change: Partial<CustodyConfig> = {}): Promise<CustodyWorld> {
    const db = await createTestDatabase();
    const transactor = await db.transactor('custody', custodyEntities);
    const chain = new FakeChain();
    const clock = new FakeClock();
    const module = await Test.createTestingModule({
      providers: [
        { provide: Transactor, useValue: transactor },
        { provide: Readiness, useValue: new Readiness() },
        { provide: CONFIG, useValue: testConfig(change) },
        { provide: CLOCK, useValue: clock },
        { provide: LOGGER, useValue: createLogger('custody', 'silent') },
        { provide: CustodyMetrics, useValue: new CustodyMetrics(createMetrics('custody')) },
        { provide: CHAINS, useValue: new Map([[chain.name, chain]]) },
        ...custodyProviders,
      ],
    }).compile();
    const world = new CustodyWorld(db, transactor, module, chain, clock);
    await world.follow();
    await world.handle(WalletsProcessor, (p, em) => p.keyring(em, { keyrings }));
    await world.handle(WalletsProcessor, (p, em) => p.open(em, { chain: 'ethereum', role: 'vault', poolId: POOL }));
    return world;
  }

  async close(): Promise<void> {
    await this.module.close();
    await this.db.close();
  }

  get<T>(type: new (...args: never[]) => T): T {
    return this.module.get(type);
  }

  /** A message delivered: the handler in a transaction of its own. */
  handle<P, T>(
    processor: new (...args: never[]) => P,
    work: (processor: P, em: Parameters<Parameters<Transactor['run']>[0]>[0]) => Promise<T>,
  ): Promise<T> {
    return this.transactor.run((em) => work(this.get(processor), em));
  }

  // what the schedules do

  follow = (): Promise<void> => this.get(FollowerService).run();
  build = (): Promise<void> => this.get(BuilderService).run();
  broadcast = (): Promise<void> => this.get(BroadcasterService).run();
  decide = (): Promise<void> => this.get(PoliciesService).run();

  /** One of everything, in the order in which money flows, and a final block. */
  async round(times = 1): Promise<void> {
    for (let i = 0; i < times; i++) {
      this.clock.advance(1_000);
      await this.follow();
      await this.decide();
      await this.build();
      await this.sign();
      await this.broadcast();
      this.chain.mineAndFinalise();
    }
    await this.follow();
  }

  // the signer

  async signatureRequests(): Promise<SignatureRequestV1[]> {
    const all = await this.messages<SignatureRequestV1>('signature.request@1');
    return all.filter((r) => !this.handled.has(r.signatureId));
  }

  async sign(): Promise<void> {
    for (const request of await this.signatureRequests()) await this.signOne(request);
  }

  async signOne(request: SignatureRequestV1, change: Parameters<typeof fakeSign>[2] = {}): Promise<void> {
    const { signed, hash } = fakeSign(request.unsigned, request.intent.from, change);
    const made = { signatureId: request.signatureId, transactionId: request.transactionId, signed, transactionHash: hash };
    await this.handle(SignaturesProcessor, (p, em) => p.made(em, made));
    this.handled.add(request.signatureId);
  }

  async refuse(request: SignatureRequestV1): Promise<void> {
    const { signatureId, transactionId } = request;
    await this.handle(SignaturesProcessor, (p, em) => p.refused(em, { signatureId, transactionId, code: 'policy.denied', detail: 'no' }));
    this.handled.add(signatureId);
  }

  // the other rooms

  private version = 0;
  standing(clientId: string, may: { deposit?: boolean; withdraw?: boolean }): Promise<void> {
    const flags = { mayDeposit: may.deposit ?? false, mayStake: false, mayUnstake: false, mayWithdraw: may.withdraw ?? false };
    const payload = { clientId, version: ++this.version, state: 'approved' as const, clientClass: 'retail' as const, ...flags };
    return this.handle(StandingProcessor, (p, em) => p.keep(em, payload));
  }

  release(depositId: string): Promise<void> {
    return this.handle(DepositsService, (s, em) => s.release(em, { depositId, basis: 'rule', reference: 'deposit.known_sender' }));
  }

  /** Houses money: the treasury is funded and has filled the gas float. */
  async fundHouse(units = 100n * ETH): Promise<void> {
    this.chain.send((await this.wallet('treasury')).address, units);
    this.chain.mineAndFinalise();
    await this.round(2);
  }

  /** An approved client with its deposit address. */
  async client(): Promise<{ clientId: string; wallet: WalletEntity }> {
    const clientId = newUuid();
    await this.standing(clientId, { deposit: true, withdraw: true });
    const opened = await this.handle(WalletsService, (s, em) => s.depositAddress(em, 'ethereum', clientId));
    if (!opened.ok) throw new Error(opened.refusal.code);
    return { clientId, wallet: opened.value.wallet };
  }

  /** The same, with money that has been released. */
  async fundedClient(units: bigint): Promise<{ clientId: string; wallet: WalletEntity }> {
    const client = await this.client();
    const hash = this.chain.send(client.wallet.address, units);
    this.chain.mineAndFinalise();
    await this.follow();
    await this.release(uuid5('deposit', 'ethereum', hash, client.wallet.address));
    return client;
  }

  async destination(clientId: string, address = OUTSIDER): Promise<string> {
    const id = newUuid();
    await this.db.admin.query(`INSERT INTO custody.destination VALUES ($1, $2, 'ethereum', 'ETH', $3, 'mine', 'listed', 1, $4, $4)`, [
      id,
      clientId,
      address,
      this.clock.now(),
    ]);
    return id;
  }

  withdraw(clientId: string, destinationId: string, units: bigint | 'max'): Promise<string> {
    const operationId = newUuid();
    const request = {
      operationId,
      clientId,
      chain: 'ethereum',
      asset: 'ETH' as const,
      destinationId,
      amount: units === 'max' ? units : amount(units),
    };
    return this.handle(WithdrawalsService, async (s, em) => {
      const accepted = await s.accept(em, request);
      if (!accepted.ok) throw new Error(accepted.refusal.code);
      return operationId;
    });
  }

  async stakeDeposit(units: bigint, pubkey = `0x${'ab'.repeat(48)}`, requestId = newUuid()): Promise<string> {
    const deposit = {
      pubkey,
      withdrawalCredentials: `0x${'01'.repeat(32)}`,
      signature: `0x${'55'.repeat(96)}`,
      depositDataRoot: `0x${'66'.repeat(32)}`,
    };
    const request = {
      requestId,
      chain: 'ethereum',
      purpose: 'stake_deposit' as const,
      poolId: POOL,
      asset: 'ETH',
      amount: units.toString(),
      deposit,
    };
    await this.handle(RequestsProcessor, (p, em) => p.requested(em, request));
    return requestId;
  }

  /** Posts as another room would. */
  async postAs(room: string, postings: readonly Omit<Posting, 'key' | 'effectiveAt' | 'reference'>[]): Promise<void> {
    const other = await this.db.transactor(room);
    const full = postings.map((p) => ({ ...p, key: newUuid(), effectiveAt: this.clock.now(), reference: newUuid() }));
    const outcomes = await other.run((em) => post(em, full));
    for (const outcome of outcomes) if (outcome.status === 'refused') throw new Error(`ledger refused: ${outcome.reason}`);
  }

  // looking behind the doors

  balance(kind: AccountKindName, owner: string): Promise<bigint> {
    return this.transactor.read((em) => balanceOf(em, { kind, owner, asset: 'ETH' }));
  }

  async messages<P>(name: string): Promise<P[]> {
    const sql = 'SELECT payload FROM delivery.delivery WHERE message = $1 ORDER BY position';
    const rows = await this.db.admin.query<{ payload: P }[]>(sql, [name]);
    return rows.map((r) => r.payload);
  }

  async wallet(role: WalletRole): Promise<WalletEntity> {
    const [row] = await this.db.admin.query<[WalletEntity]>('SELECT id, role, address FROM custody.wallet WHERE role = $1', [role]);
    return row;
  }

  transactions(
    purpose: string,
  ): Promise<
    (Pick<TransactionEntity, 'id' | 'state' | 'code' | 'hash' | 'signed' | 'attempts'> & { nonce: string | null; value: string | null })[]
  > {
    return this.db.admin.query(
      'SELECT id, state, code, hash, signed, attempts, nonce, value FROM custody.transaction WHERE purpose = $1 ORDER BY sequence',
      [purpose],
    );
  }

  /** Ledger and chain compared to the unit: throws with the findings when they do not agree. */
  async reconcile(): Promise<ReconciliationEntity> {
    await this.follow();
    const row = await this.get(ReconciliationService).compare(this.chain, { kind: 'system', id: 'test' });
    if (row.state !== 'agreed') throw new Error(JSON.stringify(row.report, null, 1));
    return row;
  }
}
