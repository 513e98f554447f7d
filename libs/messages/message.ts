// Decorated payload classes need it before they are defined.
import 'reflect-metadata';

/** What a message is: a command has exactly one handling room, an event any number of subscribers; both are checked at boot. */

export const rooms = ['reception', 'compliance', 'custody', 'signer', 'staking', 'rewards'] as const;
export type RoomName = (typeof rooms)[number];

export interface MessageType<P extends object = object> {
  /** `noun.verb@version`: commands imperative (`transaction.request@1`), events past tense (`deposit.credited@1`). */
  readonly name: string;
  readonly kind: 'command' | 'event';
  readonly from: RoomName;
  readonly to: readonly RoomName[];
  /** The class-validator class of the payload; complete, and without personal data. */
  readonly payload: new () => P;
}

const registry = new Map<string, MessageType>();

function register<P extends object>(type: MessageType<P>): MessageType<P> {
  if (registry.has(type.name)) throw new Error(`message ${type.name} is declared twice`);
  registry.set(type.name, type);
  return type;
}

export const command = <P extends object>(from: RoomName, to: RoomName, name: string, payload: new () => P): MessageType<P> =>
  register({ name, kind: 'command', from, to: [to], payload });

export const event = <P extends object>(from: RoomName, to: readonly RoomName[], name: string, payload: new () => P): MessageType<P> =>
  register({ name, kind: 'event', from, to, payload });

export const messageTypes = (): readonly MessageType[] => [...registry.values()];
export const messageType = (name: string): MessageType | undefined => registry.get(name);
