import type { EntityManager } from 'typeorm';
import { Transactor } from '#database';
import type { OpenRoom } from '#http';
import { newUuid } from '#kernel';
import type { FakeClock } from './fake-clock.js';
import type { Person } from './people.js';
import type { TestDatabase } from './test-database.js';

export interface Called {
  readonly status: number;
  readonly headers: Record<string, unknown>;
  readonly text: string;
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- answers are looked into freely
  readonly body: any;
}
export interface Asked {
  readonly body?: object | undefined;
  /** Of what is no GET. Made up for each call when it is left out; null: none is sent. */
  readonly key?: string | null | undefined;
  readonly headers?: Readonly<Record<string, string>>;
}

/** A room on a database of its own, with a clock in the test's hands; each room's spec support adds its own world to it. */
export abstract class OpenedRoom {
  constructor(
    readonly database: TestDatabase,
    readonly clock: FakeClock,
  ) {}

  abstract get room(): OpenRoom;

  async close(): Promise<void> {
    await this.room.close();
    await this.database.close();
  }
  service<T>(type: new (...args: never[]) => T): T {
    return this.room.app.get<T>(type, { strict: false });
  }
  run<T>(work: (em: EntityManager) => Promise<T>): Promise<T> {
    return this.service(Transactor).run(work);
  }
  /** As the owner of the database, behind the doors. */
  query<T>(sql: string, parameters: unknown[] = []): Promise<T[]> {
    return this.database.admin.query(sql, parameters);
  }

  /** Gives a message to its handler, as the delivery would: in one transaction. */
  async hear<T extends object>(processor: new (...args: never[]) => T, handler: keyof T, payload: object): Promise<void> {
    const method = this.service(processor)[handler] as (em: EntityManager, payload: object) => Promise<void>;
    await this.run((em) => method.call(this.service(processor), em, payload));
  }

  /** Over HTTP. The clock goes on, so that what happens one after the other is also dated so. */
  async ask(
    who: Person | null,
    method: 'GET' | 'POST' | 'PUT',
    url: string,
    { body, key = newUuid(), headers }: Asked = {},
  ): Promise<Called> {
    this.clock.advance(1);
    const reply = await this.room.app.inject({
      method,
      url,
      headers: {
        ...(who ? { authorization: `Bearer ${who.token}` } : {}),
        ...(method !== 'GET' && key !== null ? { 'idempotency-key': key } : {}),
        ...headers,
      },
      ...(body === undefined ? {} : { payload: body }),
    });
    return { status: reply.statusCode, headers: reply.headers, text: reply.body, body: JSON.parse(reply.body || '{}') as unknown };
  }

  /** What the audit trail says a person did, in order. */
  acts(who: Person): Promise<{ action: string; resource: string; details: Record<string, unknown> }[]> {
    return this.query('SELECT action, resource, details FROM audit.event WHERE actor_id = $1 ORDER BY seq', [who.uuid]);
  }
}
