/** What may befall a room's delivery while messages come in. Each is survived by itself; the storm throws all of them at once. */
import { setTimeout as pause } from 'node:timers/promises';
import { Fault } from '#kernel';
import { createLogger } from '#runtime';
import { eventually } from '#testing';
import { behaviour, openSubscriber, World, type Behaviour } from '../../libs/delivery/delivery.spec-support.js';
import { openQueues } from '../../libs/delivery/open-queues.js';
import { endSessions, type TestQueues } from '../../libs/delivery/queues.spec-support.js';

export const LEASE_MS = 600;
const OPTIONS = { leaseMs: LEASE_MS, pollMs: 100, firstDelayMs: 5, longestDelayMs: 200, maxAttempts: 3 };
const JOBS = 'rewards';

/** Numbers from 0 to `below`, the same for the same seed (mulberry32). */
export function seeded(seed: number): (below: number) => number {
  let state = seed >>> 0;
  return (below) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) % below;
  };
}

type Room = Awaited<ReturnType<typeof openSubscriber>>;

/** Several instances of a subscriber, the queues between, and a hand that reaches into all of it. */
export class Sea {
  private readonly rooms: Room[] = [];
  private readonly cleanUps: (() => Promise<void>)[] = [];
  readonly how: Behaviour = behaviour();

  private constructor(
    readonly world: World,
    readonly queues: TestQueues,
  ) {}

  static async open(backend: (db: World['db']) => Promise<TestQueues>): Promise<Sea> {
    const world = await World.create();
    return new Sea(world, await backend(world.db));
  }

  async instances(count: number): Promise<void> {
    while (this.rooms.length < count)
      this.rooms.push(await openSubscriber(this.world.db.url('rewards'), this.how, OPTIONS, 0, this.queues.redisUrl));
    await Promise.all(this.rooms.splice(count).map((room) => room.close()));
  }

  async close(): Promise<void> {
    await this.instances(0);
    for (const cleanUp of this.cleanUps) await cleanUp();
    await this.queues.close();
    await this.world.db.close();
  }

  openIds(order: string): Promise<{ id: string }[]> {
    return this.world.db.admin.query(`SELECT id FROM delivery.delivery WHERE done_at IS NULL ORDER BY ${order} LIMIT 50`);
  }

  /** Puts jobs of our own into the queue, in this order. */
  async queueUp(ids: readonly { id: string }[], name: string): Promise<void> {
    const redis = this.queues.redisUrl === undefined ? {} : { REDIS_URL: this.queues.redisUrl };
    const connection = { DATABASE_URL: this.world.db.url('rewards'), ...redis };
    const backend = await openQueues(connection, await this.world.db.transactor('rewards'), createLogger('spec', 'silent'));
    const queue = backend.queue<{ id: string }>(JOBS);
    await queue.add(ids.map(({ id }, i) => ({ id: `${name}-${i}`, data: { id } }))).catch(() => undefined);
    await queue.close().catch(() => undefined);
    await backend.close();
  }

  /** An instance that took rows and died before it queued them. */
  async deadRelay(): Promise<void> {
    const rewards = await this.world.db.transactor('rewards');
    await rewards.run((em) => em.query('SELECT * FROM delivery.claim(5, $1)', [LEASE_MS])).catch(() => undefined);
  }

  /** A worker that took a job and was killed. */
  async deadWorker(): Promise<void> {
    const [first] = await this.openIds('random()');
    if (first) this.cleanUps.push(await this.queues.abandon(first.id).catch(() => () => Promise.resolve()));
  }

  replayDead(): Promise<unknown> {
    return this.world.db.admin.query(
      `SELECT delivery.replay(id, 'storm', 'the poison is gone') FROM delivery.delivery WHERE dead_at IS NOT NULL`,
    );
  }

  /** Every message had its effect once, and those of one aggregate in order. Throws what is wrong. */
  async settles(timeoutMs: number): Promise<number> {
    const { world } = this;
    await eventually(async () => (await world.count('done_at IS NULL')) === 0, { timeoutMs, everyMs: 100 }).catch(async () => {
      const left = await world.db.admin.query(
        'SELECT aggregate, seq, attempts, last_error, dead_at, lease_until FROM delivery.delivery WHERE done_at IS NULL LIMIT 5',
      );
      throw new Error(`not all done: ${JSON.stringify(left)}`);
    });
    const sent = await world.db.admin.query<{ aggregate: string; seq: string }[]>('SELECT aggregate, seq FROM delivery.delivery');
    const effects = await world.effects();
    if (effects.length !== sent.length) throw new Error(`${sent.length} messages had ${effects.length} effects`);
    const next = new Map<string, number>();
    for (const { aggregate, seq } of effects) {
      const due = (next.get(aggregate) ?? 0) + 1;
      if (Number(seq) !== due) throw new Error(`${aggregate}: message ${seq} was handled when ${due} was due`);
      next.set(aggregate, due);
    }
    return sent.length;
  }
}

export interface Storm {
  readonly seed: number;
  readonly steps: number;
  readonly backend: (db: World['db']) => Promise<TestQueues>;
}

/** Messages come in while everything goes wrong, one thing after the other as the seed says; then calm, and the books are looked at. */
export async function storm({ seed, steps, backend }: Storm): Promise<{ messages: number; faults: Record<string, number> }> {
  const sea = await Sea.open(backend);
  const random = seeded(seed);
  const faults = faultsOf(sea, random);
  const count: Record<string, number> = {};
  try {
    await sea.instances(2);
    for (let step = 0; step < steps; step++) {
      for (let n = random(4); n >= 0; n--) await sea.world.send(`a${random(6)}`, 1 + random(4)).catch(() => undefined);
      const names = Object.keys(faults);
      const name = names[step < names.length ? step : random(names.length)] ?? '';
      count[name] = (count[name] ?? 0) + 1;
      await faults[name]?.();
      await pause(random(80));
    }
    sea.how.onPool = () => Promise.resolve();
    await sea.instances(2);
    await sea.replayDead();
    return { messages: await sea.settles(60_000), faults: count };
  } catch (cause) {
    throw new Error(`storm with seed ${seed}, ${steps} steps: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
  } finally {
    await sea.close();
  }
}

function faultsOf(sea: Sea, random: (below: number) => number): Readonly<Record<string, () => Promise<void>>> {
  let job = 0;
  const handler = (trouble: () => Promise<void>, times: number): Promise<void> => {
    let left = times;
    sea.how.onPool = () => (left-- > 0 ? trouble() : Promise.resolve());
    return Promise.resolve();
  };
  return {
    'queue emptied': () => sea.queues.empty().catch(() => undefined),
    'duplicated jobs': async () => sea.queueUp([...(await sea.openIds('position')), ...(await sea.openIds('position'))], `twice${job++}`),
    'slow handler': () => handler(() => pause(LEASE_MS + 200), 2),
    'reordered jobs': async () => sea.queueUp(await sea.openIds('position DESC'), `back${job++}`),
    'sessions ended': () => endSessions(sea.world.db),
    'queue away': async () => {
      await sea.queues.takeAway();
      await pause(random(300));
      await sea.queues.bringBack();
    },
    'retryable fault': () => handler(() => Promise.reject(new Fault('node.away', 'no answer', true)), 5),
    'dead worker': () => sea.deadWorker(),
    poison: () => handler(() => Promise.reject(new Error('poison')), 6),
    'dead relay': () => sea.deadRelay(),
    'queue server killed': () => sea.queues.crash(),
    'dead replayed': () => sea.replayDead().then(() => undefined),
    'instances come and go': () => sea.instances(1 + random(3)),
  };
}
