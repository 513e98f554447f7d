import { setTimeout as pause } from 'node:timers/promises';
import type { DataSource, EntityManager } from 'typeorm';
import { afterCommit } from '#database';

/** One announcement tells of everything that was committed in so many ms. */
const EVERY_MS = 2;

/**
 * Wakes the rooms that were written to, once what was written is there. Outside of the emitter's transaction, because a NOTIFY in it would
 * make commits wait for each other; what is not announced, because the process died or the connection broke, is found by polling.
 */
export function announceAfterCommit(em: EntityManager, rooms: readonly string[]): void {
  afterCommit(em, () => announcerOf(em.dataSource).tell(rooms));
}

const announcers = new WeakMap<DataSource, Announcer>();

function announcerOf(dataSource: DataSource): Announcer {
  const known = announcers.get(dataSource) ?? new Announcer(dataSource);
  announcers.set(dataSource, known);
  return known;
}

class Announcer {
  private readonly rooms = new Set<string>();
  private telling = false;
  constructor(private readonly dataSource: DataSource) {}

  tell(rooms: readonly string[]): void {
    for (const room of rooms) this.rooms.add(room);
    if (!this.telling) void this.run();
  }

  private async run(): Promise<void> {
    this.telling = true;
    while (this.rooms.size > 0) {
      const rooms = [...this.rooms];
      this.rooms.clear();
      await this.dataSource.query('SELECT delivery.announce($1)', [rooms]).catch(() => undefined);
      await pause(EVERY_MS, undefined, { ref: false });
    }
    this.telling = false;
  }
}
