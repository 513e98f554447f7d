import 'reflect-metadata';
import type { EntityManager } from 'typeorm';
import type { MessageType } from '#messages';

/** What is known of a message besides its payload. */
export interface Envelope {
  readonly deliveryId: string;
  readonly message: string;
  readonly aggregate: string;
  /** Rises by one with each message of a producer to this room on this aggregate. */
  readonly seq: bigint;
  readonly producer: string;
  readonly correlation?: string;
}

export type HandlerMethod<P extends object> = (em: EntityManager, payload: P, envelope: Envelope) => Promise<void>;

const HANDLES = Symbol('delivery.handles');
const SCHEDULE = Symbol('delivery.schedule');

/**
 * The one handler of a message in its room. Runs inside the delivery's own transaction, so what it does and that it was done commit together:
 * exactly once in effect, in order on each aggregate. No network call in it. Throw a retryable Fault to be called again later.
 */
export function Handles<P extends object>(type: MessageType<P>) {
  return <M extends HandlerMethod<P>>(_target: object, _name: string | symbol, method: TypedPropertyDescriptor<M>): void => {
    if (!method.value) return;
    const types = (Reflect.getMetadata(HANDLES, method.value) ?? []) as MessageType[];
    Reflect.defineMetadata(HANDLES, [...types, type], method.value);
  };
}

export interface ScheduleOptions<C extends object = never> {
  /** Unique in its room, kebab-case. */
  readonly name: string;
  /** Time from one start to the next, ms; 0 switches it off. */
  readonly everyMs: (config: C) => number;
}

/** Runs again and again, on one instance at a time, never overlapping itself. May do network calls; must be idempotent. */
export function Schedule<C extends object>(options: ScheduleOptions<C>) {
  return (_target: object, _name: string | symbol, method: TypedPropertyDescriptor<() => Promise<void>>): void => {
    if (method.value) Reflect.defineMetadata(SCHEDULE, options, method.value);
  };
}

export const messagesOf = (method: object): readonly MessageType[] => (Reflect.getMetadata(HANDLES, method) ?? []) as MessageType[];
export const scheduleOf = (method: object): ScheduleOptions<object> | undefined =>
  Reflect.getMetadata(SCHEDULE, method) as ScheduleOptions<object> | undefined;
