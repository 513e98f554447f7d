import type { BeforeApplicationShutdown, OnApplicationBootstrap } from '@nestjs/common';
import type { Transactor } from '#database';
import { invariant } from '#kernel';
import type { RoomName } from '#messages';
import type { Logger } from '#runtime';
import { Consumer, type ConsumerSettings } from './consumer.js';
import { deliveryLag, type DeliveryLag } from './delivery.store.js';
import type { Doors } from './discovery.js';
import { Listener } from './listener.js';
import { deliveryQueue } from './migrate-queues.js';
import { unmeasured, type Meter } from './metrics.js';
import { openQueues } from './open-queues.js';
import type { QueueBackend, QueueConnection } from './queue-backend.js';
import { Purge } from './purge.js';
import { Relay, type DeliveryJob, type RelaySettings } from './relay.js';
import { Schedules } from './schedules.js';

export interface Retention {
  /** How long a done delivery is kept; 30 unless set. */
  readonly DELIVERY_RETENTION_DAYS?: number;
}

export interface DeliverySettings extends RelaySettings, ConsumerSettings {
  /** Deliveries handled at once by one instance. */
  readonly concurrency: number;
  /** How often it is looked whether done deliveries have become too old to keep. */
  readonly purgeEveryMs: number;
}

export const defaultSettings: DeliverySettings = {
  batch: 200,
  leaseMs: 30_000,
  pollMs: 1_000,
  highWater: 2_000,
  maxAttempts: 10,
  firstDelayMs: 100,
  longestDelayMs: 30_000,
  runLength: 100,
  concurrency: 4,
  purgeEveryMs: 3_600_000,
};

/** The delivery of one room: its relay, its queue, its worker and its schedules. Starts with the application, drains when it stops. */
export class Delivery implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly listener: Listener;
  private readonly closing: (() => Promise<void>)[] = [];

  constructor(
    private readonly room: RoomName,
    private readonly connection: QueueConnection & Retention,
    private readonly transactor: Transactor,
    private readonly findDoors: () => Doors,
    private readonly settings: DeliverySettings,
    private readonly log: Logger,
  ) {
    this.listener = new Listener(connection.DATABASE_URL, `delivery_${room}`, () => this.wake(), log);
  }

  private wake = (): void => undefined;
  private meter: Meter = unmeasured;

  /** Before it starts. */
  measuredBy(meter: Meter): void {
    this.meter = meter;
  }

  /** Also checks the handlers: throws DoorsInvalid. */
  async onApplicationBootstrap(): Promise<void> {
    const doors = this.findDoors();
    const backend = await openQueues(this.connection, this.transactor, this.log);
    this.closing.push(() => backend.close());
    await this.listener.start();
    this.closing.push(() => this.listener.stop());
    const relay = this.startRelay(backend);
    this.startWorker(backend, relay, doors);
    this.startSchedules(doors);
    this.startPurge();
  }

  /** While the database is still connected: takes nothing new, waits for what is in hand. */
  async beforeApplicationShutdown(): Promise<void> {
    for (const close of this.closing.reverse()) {
      await close().catch((error: unknown) => this.log.warn({ err: error }, 'delivery did not close cleanly'));
    }
    this.closing.length = 0;
  }

  lag(): Promise<DeliveryLag> {
    return this.transactor.run(deliveryLag);
  }

  /** Of this room, those that are off too. */
  scheduleNames(): readonly string[] {
    return this.findDoors().schedules.map(({ name }) => name);
  }

  /** Does the work of a schedule once, now, on this instance, whatever its time: for a simulation, which owns time. It throws what the work throws. */
  async runSchedule(name: string): Promise<void> {
    const scheduled = this.findDoors().schedules.find((schedule) => schedule.name === name);
    invariant(scheduled !== undefined, 'schedule.unknown', { room: this.room, name });
    await scheduled.work();
  }

  private startRelay(backend: QueueBackend): Relay {
    const queue = backend.queue<DeliveryJob>(deliveryQueue(this.room));
    const relay = new Relay(queue, this.transactor, this.settings, this.log, this.meter);
    this.wake = relay.wake;
    relay.start();
    this.closing.push(
      () => queue.close(),
      () => relay.stop(),
    );
    return relay;
  }

  private startWorker(backend: QueueBackend, relay: Relay, doors: Doors): void {
    const consumer = new Consumer(doors.handlers, this.transactor, this.settings, this.log, (ms) => relay.wakeIn(ms), this.meter);
    const worker = backend.worker(deliveryQueue(this.room), (job) => consumer.consume((job as DeliveryJob).id), this.settings.concurrency);
    this.closing.push(() => {
      consumer.stop();
      return within(worker.close());
    });
  }

  private startPurge(): void {
    const purge = new Purge(
      this.transactor,
      this.connection.DELIVERY_RETENTION_DAYS ?? RETENTION_DAYS,
      this.settings.purgeEveryMs,
      this.log,
    );
    purge.start();
    this.closing.push(() => purge.stop());
  }

  private startSchedules(doors: Doors): void {
    const schedules = new Schedules(
      this.room,
      doors.schedules.filter(({ everyMs }) => everyMs > 0),
      this.listener,
      this.log,
    );
    schedules.start();
    this.closing.push(() => within(schedules.stop()));
  }
}

/** Of deliveries that are done; the longest that a person should need to look into what was said. */
const RETENTION_DAYS = 30;
const CLOSE_WITHIN_MS = 10_000;

/** Waits for what is in hand, but not for ever: what is cut off is handed over again. */
async function within(ending: Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<void>((resolve) => (timer = setTimeout(resolve, CLOSE_WITHIN_MS)));
  await Promise.race([ending, late]);
  clearTimeout(timer);
}
