/** For the specs of this folder: a subscriber room with a handler for each of its messages, whose behaviour a test can change. */
import { Injectable, type DynamicModule } from '@nestjs/common';
import { Test, type TestingModule } from '@nestjs/testing';
import type { EntityManager } from 'typeorm';
import { databaseModule, type Transactor } from '#database';
import { messageTypes, PoolOpened, PoolOpenedV1 } from '#messages';
import { createTestDatabase, eventually, type TestDatabase } from '#testing';
import { emitMany } from './emit.js';
import { deliveryModule, type DeliveryOptions } from './delivery.module.js';
import { Handles, Schedule, type Envelope } from './doors.js';

export interface Seen {
  readonly aggregate: string;
  readonly seq: bigint;
  readonly payload: PoolOpenedV1;
  readonly envelope: Envelope;
}

/** What the handler of pool.opened@1 does besides noting what it saw. */
export interface Behaviour {
  onPool: (em: EntityManager, payload: PoolOpenedV1, envelope: Envelope) => Promise<void>;
  onTick: () => Promise<void>;
  readonly seen: Seen[];
}

export const behaviour = (): Behaviour => ({ onPool: () => Promise.resolve(), onTick: () => Promise.resolve(), seen: [] });

/** The table `public.effect` stands for what handlers write: one row an effect, so that repeats and losses show. */
export const EFFECT_TABLE = `CREATE TABLE public.effect (delivery uuid NOT NULL, aggregate text NOT NULL, seq bigint NOT NULL, at bigint GENERATED ALWAYS AS IDENTITY);
GRANT SELECT, INSERT ON public.effect TO bailee_room`;

export async function openSubscriber(url: string, how: Behaviour, options: DeliveryOptions = {}, tickMs = 0, redisUrl?: string) {
  @Injectable()
  class PoolProcessor {
    @Handles(PoolOpened)
    async opened(em: EntityManager, payload: PoolOpenedV1, envelope: Envelope): Promise<void> {
      await em.query('INSERT INTO public.effect (delivery, aggregate, seq) VALUES ($1, $2, $3)', [
        envelope.deliveryId,
        envelope.aggregate,
        envelope.seq.toString(),
      ]);
      await how.onPool(em, payload, envelope);
      how.seen.push({ aggregate: envelope.aggregate, seq: envelope.seq, payload, envelope });
    }
    async other(): Promise<void> {}
    @Schedule<{ TICK_MS: number }>({ name: 'tick', everyMs: (config) => config.TICK_MS })
    tick(): Promise<void> {
      return how.onTick();
    }
  }
  const other = Object.getOwnPropertyDescriptor(PoolProcessor.prototype, 'other') ?? {};
  for (const type of messageTypes())
    if (type.to.includes('rewards') && type.name !== PoolOpened.name) Handles(type)(PoolProcessor.prototype, 'other', other);
  const config = {
    DATABASE_URL: url,
    DATABASE_POOL: 6,
    LOG_LEVEL: 'silent',
    TICK_MS: tickMs,
    ...(redisUrl === undefined ? {} : { REDIS_URL: redisUrl }),
  };
  const room = await openRoom(
    [databaseModule('rewards', config, []), deliveryModule('rewards', config, { pollMs: 200, leaseMs: 1_000, ...options })],
    [PoolProcessor],
  );
  return room.init().catch(async (error: unknown) => {
    await room.close();
    throw error;
  });
}

/** Not started yet: `init()` does. */
export const openRoom = (imports: DynamicModule[], providers: (new () => object)[]): Promise<TestingModule> =>
  Test.createTestingModule({ imports, providers }).compile();

export const pool = (poolId: string, commissionBps = 1_000): PoolOpenedV1 => ({
  poolId,
  productId: 'eth-payout',
  chain: 'ethereum',
  asset: 'ETH',
  shareAsset: 'ETH-PAYOUT-1',
  commissionBps,
});

/** A database of its own, staking that emits, and rooms that subscribe. */
export class World {
  private readonly open: TestingModule[] = [];
  private constructor(
    readonly db: TestDatabase,
    readonly staking: Transactor,
  ) {}

  static async create(): Promise<World> {
    const db = await createTestDatabase();
    await db.admin.query(EFFECT_TABLE);
    return new World(db, await db.transactor('staking'));
  }

  async subscriber(how: Behaviour, options: DeliveryOptions = {}, redisUrl?: string): Promise<void> {
    this.open.push(await openSubscriber(this.db.url('rewards'), how, options, 0, redisUrl));
  }

  send(aggregate: string, times = 1): Promise<void> {
    const emission = { aggregate, payload: pool(aggregate) };
    return this.staking.run((em) => emitMany(em, PoolOpened, new Array<typeof emission>(times).fill(emission)));
  }

  effects(): Promise<{ aggregate: string; seq: string }[]> {
    return this.db.admin.query('SELECT aggregate, seq FROM public.effect ORDER BY at');
  }

  async count(where: string): Promise<number> {
    return (await this.db.admin.query<[{ n: number }]>(`SELECT count(*)::int AS n FROM delivery.delivery WHERE ${where}`))[0].n;
  }

  allDone(total: number): Promise<boolean> {
    return eventually(async () => (await this.count('done_at IS NOT NULL')) === total, { timeoutMs: 30_000 });
  }

  async close(): Promise<void> {
    await Promise.all(this.open.splice(0).map((room) => room.close()));
  }

  /** Closes the rooms and forgets what was delivered. */
  async clear(): Promise<void> {
    await this.close();
    await this.db.admin.query('TRUNCATE public.effect, delivery.delivery, delivery.stream');
  }
}
