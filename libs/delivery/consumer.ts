import { randomInt } from 'node:crypto';
import type { EntityManager } from 'typeorm';
import type { Transactor } from '#database';
import { Fault, invariant } from '#kernel';
import { messageType } from '#messages';
import { withCorrelation, type Logger } from '#runtime';
import { fail, finish, successor, take, type Taken } from './delivery.store.js';
import type { HandlerMethod } from './doors.js';
import type { Meter } from './metrics.js';
import { checked } from './payload.js';
import { verdict, type Patience } from './verdict.js';

export interface ConsumerSettings extends Patience {
  /** How many of one stream are handled in a row before others get their turn. */
  readonly runLength: number;
}

export type Handlers = ReadonlyMap<string, HandlerMethod<object>>;
type Yours = Extract<Taken, { state: 'yours' }>;

/** Handles deliveries by id: inbox, effect and acknowledgement in one transaction. */
export class Consumer {
  private stopping = false;

  constructor(
    private readonly handlers: Handlers,
    private readonly transactor: Transactor,
    private readonly settings: ConsumerSettings,
    private readonly log: Logger,
    /** Asks for another hand-over after so many ms. */
    private readonly wakeIn: (ms: number) => void,
    private readonly meter: Meter,
  ) {}

  /** From here on a run ends after the delivery in hand. */
  stop(): void {
    this.stopping = true;
  }

  /** Handles one delivery, and while they follow at once, the next ones of its stream. Never throws for what a handler does. */
  async consume(first: string): Promise<void> {
    let id: string | null = first;
    for (let handled = 0; id !== null; handled++) {
      if (handled > 0 && (this.stopping || handled >= this.settings.runLength)) return this.wakeIn(0);
      if (!(await this.handle(id))) return;
      id = await this.transactor.run((em) => successor(em, id as string));
    }
  }

  /** True when it was handled now. */
  private async handle(id: string): Promise<boolean> {
    let taken: Taken | undefined;
    try {
      await this.transactor.run(async (em) => {
        taken = await take(em, id);
        if (taken.state !== 'yours') return;
        await this.apply(em, id, taken);
        await finish(em, id);
      });
      if (taken?.state !== 'yours') return false;
      this.meter.handled(taken.message, taken.ageSeconds);
      return true;
    } catch (error) {
      await this.failed(id, taken?.state === 'yours' ? taken : undefined, error);
      return false;
    }
  }

  private async apply(em: EntityManager, id: string, taken: Yours): Promise<void> {
    const type = messageType(taken.message);
    const handler = this.handlers.get(taken.message);
    if (type === undefined || handler === undefined) {
      throw new Fault('delivery.unknown_message', `${taken.message} is not known to this version`, true); // a newer one may be on its way
    }
    invariant(type.from === taken.producer, 'delivery.wrong_producer', { message: taken.message, producer: taken.producer });
    const payload = checked(type, taken.payload);
    const { message, aggregate, seq, producer } = taken;
    const correlation = taken.correlation ?? id;
    await withCorrelation(correlation, () => handler(em, payload, { deliveryId: id, message, aggregate, seq, producer, correlation }));
  }

  private async failed(id: string, taken: Yours | undefined, error: unknown): Promise<void> {
    const facts = { delivery: id, message: taken?.message, aggregate: taken?.aggregate, err: error };
    if (taken === undefined) return this.log.warn(facts, 'delivery not reached; it is handed over again when its lease ends');
    const { dead, delayMs, error: text } = verdict(error, taken.attempts, this.settings, randomInt(1_000) / 1_000);
    this.meter.failed(taken.message, dead);
    if (dead) this.log.error({ ...facts, alarm: true }, 'delivery laid aside: its stream stands still until it is replayed');
    else this.log.warn({ ...facts, attempts: taken.attempts + 1, delayMs }, 'delivery failed; it is tried again');
    try {
      await this.transactor.run((em) => fail(em, id, { error: text, delayMs, dead }));
      if (!dead) this.wakeIn(delayMs);
    } catch (cause) {
      this.log.warn({ delivery: id, err: cause }, 'failure not recorded; the delivery is handed over again when its lease ends');
    }
  }
}
