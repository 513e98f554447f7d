/**
 * The exchange as a simulation needs it: custody, signer, staking and rewards on a real PostgreSQL, over a real local chain. Their schedules are
 * off; the simulation runs them, so that a seed tells the same story again. Reception and compliance are people here: who may come in, and
 * which deposits may stay, the simulation says in their name.
 */
import 'reflect-metadata';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { Transactor } from '#database';
import { Delivery } from '#delivery';
import { openRoom, type OpenRoom, type Room, type StaffRole } from '#http';
import { newUuid } from '#kernel';
import { createTestDatabase, newClient, newStaff, type Called, type Person, type TestDatabase } from '#testing';
import { custody } from '../../apps/custody/room.js';
import { rewards } from '../../apps/rewards/room.js';
import { writeSeed } from '../../apps/signer/keyring/seed.store.js';
import { signer } from '../../apps/signer/room.js';
import { staking } from '../../apps/staking/room.js';
import { LocalChain } from './chain.js';
import type { Random } from './random.js';

const PASSPHRASE = 'simulation-only';
const rooms = { custody, staking, rewards, signer } as const;
export type RoomName = keyof typeof rooms;

/** What no simulated day waits for. */
const LEFT_OUT = new Set(['seal', 'ledger-health', 'reconcile']);

const EVERY_SCHEDULE_OFF = [
  ...['FOLLOW_EVERY_MS', 'TRANSACT_EVERY_MS', 'POLICY_EVERY_MS', 'RELEASE_RETRY_EVERY_MS', 'RECONCILE_EVERY_MS', 'SEAL_EVERY_MS'],
  ...['LEDGER_UPKEEP_EVERY_MS', 'LEDGER_HEALTH_EVERY_MS', 'ALLOCATE_EVERY_MS', 'WATCH_EVERY_MS', 'EXIT_EVERY_MS', 'FEE_SWEEP_EVERY_MS'],
  ...['REPORT_EVERY_MS', 'PAYOUT_LOOK_MS', 'PAYOUT_STEP_MS', 'OPERATORS_EVERY_MS', 'REBATE_EVERY_MS', 'SETTLE_EVERY_MS'],
  ...['SETTLE_EXITS_EVERY_MS', 'DISTRIBUTE_EVERY_MS'],
];

export class World {
  private readonly open = new Map<RoomName, OpenRoom>();
  private readonly said = new Map<string, Transactor>();

  private constructor(
    readonly database: TestDatabase,
    readonly chain: LocalChain,
    private readonly folder: string,
    private readonly settings: Readonly<Record<string, string>>,
  ) {}

  static async start(random: Random, settings: Readonly<Record<string, string>> = {}): Promise<World> {
    const folder = mkdtempSync(join(tmpdir(), 'simulation-'));
    mkdirSync(join(folder, 'chain'));
    writeSeed(join(folder, 'keystore.json'), { entropy: random.bytes(32), origin: 'demo' }, PASSPHRASE);
    const world = new World(await createTestDatabase(), await LocalChain.open(join(folder, 'chain')), folder, settings);
    try {
      for (const name of ['signer', 'custody', 'staking', 'rewards'] as const) await world.openRoom(name);
      return world;
    } catch (error) {
      await world.close();
      throw error;
    }
  }

  async close(): Promise<void> {
    for (const name of ['rewards', 'staking', 'custody', 'signer'] as const) await this.closeRoom(name);
    await this.chain.stop();
    await this.database.close();
    rmSync(this.folder, { recursive: true, force: true });
  }

  async openRoom(name: RoomName): Promise<void> {
    this.open.set(name, await openRoom(rooms[name] as Room, this.environment(name)));
  }
  async closeRoom(name: RoomName): Promise<void> {
    await this.open.get(name)?.close();
    this.open.delete(name);
  }
  /** As a failing server would: every connection of a room breaks where it is. */
  async breakConnections(name: RoomName): Promise<number> {
    const [row] = await this.sql<{ n: number }>(
      `SELECT count(pg_terminate_backend(pid))::int AS n FROM pg_stat_activity WHERE datname = current_database() AND usename LIKE $1 AND pid <> pg_backend_pid()`,
      [`%${name}%`],
    );
    return row?.n ?? 0;
  }

  private environment(name: RoomName): Record<string, string> {
    return {
      ...Object.fromEntries(EVERY_SCHEDULE_OFF.map((setting) => [setting, '0'])),
      DATABASE_URL: this.database.url(name),
      BAILEE_MODE: 'demo',
      BAILEE_NETWORK: 'localnet',
      ETHEREUM_RPC_URL: this.chain.executionUrl,
      ETHEREUM_BEACON_URL: this.chain.beaconUrl,
      OPERATOR_BEACON_URL: this.chain.beaconUrl,
      LOG_LEVEL: 'silent',
      RATE_LIMIT_PER_MINUTE: '1000000',
      RETRY_AFTER_MS: '0',
      REPORT_MIN_EPOCHS: '1',
      REPORT_LATE_AFTER_MS: '2678400000',
      // people plan the runs here
      PAYOUT_CRON: '0 0 1 1 *',
      FEE_SWEEP_MIN: '10000000000000',
      COOL_DOWN_MS: '0',
      INSTANT_EXIT: 'on',
      BUNKER_LOSS_BPS: '20',
      SWEEP_MIN: '300000000000000000',
      KEYSTORE_PATH: join(this.folder, 'keystore.json'),
      KEYSTORE_PASSPHRASE: PASSPHRASE,
      ETHEREUM_CHAIN_ID: '31337',
      ETHEREUM_GENESIS_FORK_VERSION: '0x10000031',
      DEPOSIT_CONTRACT: '0x00000000219ab540356cbb839cbe05303d7705fa',
      ...this.settings,
    };
  }

  sql<T>(text: string, values: readonly unknown[] = []): Promise<T[]> {
    return this.database.admin.query(text, [...values]);
  }
  /** A transaction in the name of a room that is not there. */
  async speakFor(room: 'compliance' | 'reception', work: Parameters<Transactor['run']>[0]): Promise<void> {
    const known = this.said.get(room) ?? (await this.database.transactor(room));
    this.said.set(room, known);
    await known.run(work);
  }

  client(): Promise<Person> {
    return newClient(this.database);
  }
  staff(...roles: StaffRole[]): Promise<Person> {
    return newStaff(this.database, ...roles);
  }
  async ask(room: RoomName, who: Person, method: 'GET' | 'POST' | 'PUT', url: string, body?: object): Promise<Called> {
    const app = this.open.get(room)?.app;
    if (!app) throw new Error(`${room} is not open`);
    const headers = { authorization: `Bearer ${who.token}`, ...(method === 'GET' ? {} : { 'idempotency-key': newUuid() }) };
    const reply = await app.inject({ method, url, headers, ...(body === undefined ? {} : { payload: body }) });
    return { status: reply.statusCode, headers: reply.headers, text: reply.body, body: JSON.parse(reply.body || '{}') as unknown };
  }

  /** Runs every schedule of every room, and waits for their messages, until nothing more comes of it. */
  async settle(most = 8): Promise<void> {
    let before = await this.mark();
    for (let round = 0; round < most; round++) {
      for (const name of ['custody', 'staking', 'rewards'] as const) {
        await this.schedules(name);
        await this.delivered();
      }
      const after = await this.mark();
      if (after === before) return;
      before = after;
    }
  }
  private async schedules(name: RoomName): Promise<void> {
    const delivery = this.open.get(name)?.app.get(Delivery, { strict: false });
    for (const schedule of delivery?.scheduleNames() ?? []) if (!LEFT_OUT.has(schedule)) await delivery?.runSchedule(schedule);
  }
  private async mark(): Promise<string> {
    const [row] = await this.sql<{ mark: string }>(
      `SELECT (SELECT count(*) FROM ledger.decision) || ' ' || (SELECT count(*) FROM delivery.delivery) || ' '
         || (SELECT count(*) FROM staking.history) || ' ' || (SELECT count(*) FROM rewards.history) AS mark`,
    );
    return row?.mark ?? '';
  }
  /** Until every message to a room that is open has had its effect; some may wait for what schedules do. */
  private async delivered(withinMs = 3_000): Promise<void> {
    const deadline = performance.now() + withinMs;
    for (;;) {
      const [row] = await this.sql<{ n: number }>(
        `SELECT count(*)::int AS n FROM delivery.delivery WHERE done_at IS NULL AND dead_at IS NULL AND subscriber = ANY ($1)`,
        [[...this.open.keys()]],
      );
      if (row?.n === 0 || performance.now() > deadline) return;
      await pause(3);
    }
  }
}
