import type { DiscoveryService, MetadataScanner } from '@nestjs/core';
import { messageTypes, type RoomName } from '#messages';
import { messagesOf, scheduleOf, type HandlerMethod } from './doors.js';
import type { ScheduledWork } from './schedules.js';

export interface Doors {
  readonly handlers: ReadonlyMap<string, HandlerMethod<object>>;
  /** Also those that are off: 0 ms. */
  readonly schedules: readonly ScheduledWork[];
}

/** A room whose handlers do not match what is addressed to it does not start. Lists every problem at once. */
export class DoorsInvalid extends Error {
  override readonly name = 'DoorsInvalid';
  constructor(
    readonly room: string,
    readonly problems: readonly string[],
  ) {
    super(`the handlers of ${room} do not match its messages:\n${problems.map((p) => `  - ${p}`).join('\n')}`);
  }
}

/** Finds every @Handles and @Schedule of the application and checks them: exactly one handler for each message to this room, none for others. */
export function findDoors(room: RoomName, config: object, discovery: DiscoveryService, scanner: MetadataScanner): Doors {
  const handlers = new Map<string, HandlerMethod<object>>();
  const schedules = new Map<string, ScheduledWork>();
  const problems: string[] = [];
  for (const { where, instance, method } of methodsOf(discovery, scanner)) {
    for (const type of messagesOf(method)) {
      if (!type.to.includes(room)) problems.push(`${where} handles ${type.name}, which is not addressed to ${room}`);
      else if (handlers.has(type.name)) problems.push(`${type.name} has two handlers, one of them ${where}`);
      else handlers.set(type.name, (em, payload, envelope) => (method as HandlerMethod<object>).call(instance, em, payload, envelope));
    }
    const schedule = scheduleOf(method);
    if (schedule === undefined) continue;
    if (schedules.has(schedule.name)) problems.push(`the schedule ${schedule.name} is declared twice, once by ${where}`);
    schedules.set(schedule.name, {
      name: schedule.name,
      everyMs: schedule.everyMs(config),
      work: () => (method as () => Promise<void>).call(instance),
    });
  }
  for (const type of messageTypes()) {
    if (type.to.includes(room) && !handlers.has(type.name)) problems.push(`${type.name} has no handler`);
  }
  if (problems.length > 0) throw new DoorsInvalid(room, problems);
  return { handlers, schedules: [...schedules.values()] };
}

function* methodsOf(discovery: DiscoveryService, scanner: MetadataScanner): Generator<{ where: string; instance: object; method: object }> {
  const seen = new Set<object>();
  for (const { instance } of discovery.getProviders()) {
    const provider: unknown = instance;
    if (typeof provider !== 'object' || provider === null || seen.has(provider)) continue;
    seen.add(provider);
    const prototype = Object.getPrototypeOf(provider) as Record<string, unknown> | null;
    if (prototype === null || prototype === Object.prototype) continue;
    for (const name of scanner.getAllMethodNames(prototype)) {
      const method = prototype[name];
      if (typeof method === 'function') yield { where: `${prototype.constructor.name}.${name}`, instance: provider, method };
    }
  }
}
